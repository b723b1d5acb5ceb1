#!/usr/bin/env bash
# What bad input gets: Hadoop's message, a non-zero exit code, nothing half-written, a server that
# serves on.
. "$(dirname "$0")/../lib/cluster.sh"
start_cluster --workers 1 -D dfs.replication=1

expect_failure tusk dfs -ls /none
expect_contains "$failure" "ls: \`/none': No such file or directory"
expect_failure tusk dfs -put "$scratch/none" /x
expect_contains "$failure" "No such file or directory"
echo x >"$scratch/x"
tusk dfs -put "$scratch/x" /x
expect_failure tusk dfs -put "$scratch/x" /x
expect_contains "$failure" "put: \`/x': File exists"
expect_failure tusk dfs -mkdir /x
expect_contains "$failure" "mkdir: \`/x': Is not a directory"
expect_failure tusk dfs -mkdir /x/y
expect_failure tusk dfs -put "$scratch/x" /x/y
expect_failure tusk dfs -touchz /x/y
expect_failure tusk dfs -get /none "$scratch/none"
[ ! -e "$scratch/none" ] || fail "a file that is not there was copied"
mkdir "$scratch/folder"
expect_failure tusk dfs -getmerge / "$scratch/folder"
expect_failure tusk dfs -cat /
expect_contains "$failure" "Is a directory"
expect_failure tusk dfs -rm /none
expect_failure tusk dfs -rmdir /x
expect_failure tusk dfs -nosuch
expect_failure tusk dfs -ls -Z /
tusk dfs -mkdir /private
tusk dfs -chmod 700 /private
expect_failure env HADOOP_USER_NAME=stranger "$TUSK_BIN/tusk" dfs -ls /private
expect_contains "$failure" "Permission denied: user=stranger, access=READ_EXECUTE, inode=\"/private\""
expect_failure tusk dfs -fs hdfs://127.0.0.1:1 -ls /
expect_failure tusk dfs -chmod nonsense /x
tusk dfs -test -e /x && ! tusk dfs -test -d /x && ! tusk dfs -test -e /x._COPYING_

# Garbage, truncated frames and oversized lengths on every port close that connection, with a line in
# the log; the servers serve on. (gRPC closes the connections on its ports without a word.)
pids=$(cut -d ' ' -f 1 "$cluster"/run/*.pid)
# shellcheck disable=SC2086
"$(dirname "$0")/../lib/garbage.py" $pids || fail "garbage was not got rid of"
for daemon in namenode datanode nodemanager resourcemanager; do
  log=$(cat "$cluster"/logs/$daemon*.log)
  expect_contains "$log" 'rpc connection dropped client=127.0.0.1'
  expect_contains "$log" 'http request refused peer=127.0.0.1'
done
expect_contains "$(cat "$cluster"/logs/datanode*.log)" "of the data transfer protocol, expected 28"
expect_equal "$(tusk dfs -cat /x)" x "after garbage on every port"
for pid in $pids; do alive "$pid" || fail "process $pid is gone"; done
