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

# Garbage on every port closes that connection; the servers serve on.
for port in $(grep -ho '[0-9.]*:[0-9]\{4,5\}' "$cluster"/conf/*.xml "$cluster"/conf/*/*.xml 2>/dev/null | sort -u); do
  host=${port%:*} number=${port#*:}
  (exec 3<>"/dev/tcp/$host/$number" && head -c 4000 /dev/urandom >&3) 2>/dev/null || true
  (exec 3<>"/dev/tcp/$host/$number" && printf 'hrpc\011\000\000\177\377\377\377' >&3) 2>/dev/null || true
  (exec 3<>"/dev/tcp/$host/$number" && printf '\000\034\121\377\377\377\377\017' >&3) 2>/dev/null || true
done
expect_equal "$(tusk dfs -cat /x)" x "after garbage on every port"
for pid in "$cluster"/run/*.pid; do alive "$(cut -d ' ' -f 1 "$pid")" || fail "${pid##*/} is gone"; done
