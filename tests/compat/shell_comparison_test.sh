#!/usr/bin/env bash
# Every command of the file system shell says what Hadoop's says, in the same place, with the same exit code.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/stock.sh"
need_java_server
need_python_clients
start_cluster --workers 3
here=$(cd "$(dirname "$0")" && pwd)
mkdir "$scratch/compare"
"$compat_cache/venv/bin/python" "$here/shell_comparison.py" "$HADOOP_CONF_DIR" "$compat_cache/server" \
  "$TUSK_BIN/hdfs" "$scratch/compare" "$here/shell_comparison.txt" "$@"
