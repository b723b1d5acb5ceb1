#!/usr/bin/env bash
# hdfs-native, the Rust client (its PyPI wheel), against our cluster.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/stock.sh"
need_python_clients
start_cluster --workers 3 -D dfs.blocksize=1m
"$compat_cache/venv/bin/python" "$(dirname "$0")/hdfs_native_client.py" "$(conf_value fs.defaultFS)"
expect_equal "$(tusk dfs -cat /native/renamed | sha256sum)" "$(tusk dfs -cat /native/copy | sha256sum)"
