#!/usr/bin/env bash
# The file system shell says what Hadoop's says, on a cluster of ours.
. "$(dirname "$0")/../lib/cluster.sh"
start_cluster --workers 3
"$(dirname "$0")/run" "$HADOOP_CONF_DIR" --program "$TUSK_BIN/tusk dfs"
