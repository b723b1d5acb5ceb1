#!/usr/bin/env bash
# One command starts a cluster, a second finds every file again, two of them do not meet.
. "$(dirname "$0")/../lib/cluster.sh"

began=$(date +%s%N)
start_cluster --workers 3
took_ms=$((($(date +%s%N) - began) / 1000000))
echo "cluster start took $took_ms ms"
# 2 s is what we promise on a quiet machine; a test machine may be busy.
[ "$took_ms" -lt $((6000 * slowdown)) ] || fail "cluster start took $took_ms ms"

expect_contains "$(tusk cluster status --dir "$cluster")" namenode
head -c 300000 /dev/urandom >"$scratch/file"
tusk dfs -mkdir -p /a/b
tusk dfs -put "$scratch/file" /a/b/file
checksum=$(tusk dfs -checksum /a/b/file)

start_cluster --workers 1
expect_failure tusk dfs -ls /a
expect_contains "$failure" "No such file or directory"
tusk dfs -touchz /only-here
second=$cluster

cluster=${cluster_dirs[0]}
export HADOOP_CONF_DIR=$cluster/conf
expect_failure tusk dfs -ls /only-here

pids=$(cut -d ' ' -f 1 "$cluster"/run/*.pid)
tusk cluster stop --dir "$cluster"
for pid in $pids; do
  if alive "$pid"; then fail "process $pid lives on after stop"; fi
done
if pgrep -f -- "$cluster/" >/dev/null; then fail "a process of $cluster lives on: $(pgrep -af -- "$cluster/")"; fi

tusk cluster start --dir "$cluster" >/dev/null
expect_equal "$(tusk dfs -checksum /a/b/file)" "$checksum" "checksum after a restart"
tusk dfs -get /a/b/file "$scratch/back"
cmp "$scratch/file" "$scratch/back"

# What has died is started again, what runs is left alone.
namenode=$(pid_of namenode)
worker=$(pid_of datanode-1)
kill_hard "$worker"
tusk cluster start --dir "$cluster" >/dev/null
expect_equal "$(pid_of namenode)" "$namenode" "the NameNode was left alone"
[ "$(pid_of datanode-1)" != "$worker" ] || fail "the DataNode was not started again"
tusk dfs -cat /a/b/file | cmp - "$scratch/file"
HADOOP_CONF_DIR=$second/conf tusk dfs -test -e /only-here
