#!/usr/bin/env bash
# Every command of the file system shell says what Hadoop's says, in the same place, with the same exit code.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/stock.sh"
need_java_server
need_python_clients
start_cluster --workers 3
compare_shells shell_comparison.txt shell_comparison_tusk.txt
