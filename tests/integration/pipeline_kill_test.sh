#!/usr/bin/env bash
# kill -9 of a DataNode in mid-pipeline: the write completes, reads back right, and the lost replicas
# appear on the fourth node.
. "$(dirname "$0")/../lib/cluster.sh"
start_cluster --workers 4 -D dfs.replication=3 -D dfs.blocksize=8m \
  -D dfs.namenode.heartbeat.recheck-interval=1000
head -c 60000000 /dev/urandom >"$scratch/file"

# Slow enough that the kill falls into the stream.
(head -c 20000000 "$scratch/file"; sleep 1; tail -c +20000001 "$scratch/file") |
  tusk dfs -put - /file &
writer=$!
eventually 10 sh -c "tusk fsck / -files -blocks -locations -openforwrite 2>/dev/null | grep -q blk_"
sleep 0.3
victim=$(($(od -An -N1 -tu1 /dev/urandom) % 4 + 1))
kill_hard "$(pid_of datanode-$victim)"
wait "$writer" || fail "the write did not survive the loss of a DataNode"
tusk dfs -cat /file | cmp - "$scratch/file" || fail "what is read differs from what was written"

# Healed: every block has three live replicas on the nodes that are left.
healed() {
  tusk fsck /file -files -blocks -locations >"$scratch/fsck" 2>/dev/null
  grep -q "HEALTHY" "$scratch/fsck" && ! grep -Eqi "under.?replicated [^:]|Under replicated" "$scratch/fsck" &&
    ! grep -Eq "Live_repl=[12]\b" "$scratch/fsck"
}
eventually 60 healed
tusk dfs -cat /file | cmp - "$scratch/file"
# The node comes back with what it had: what is too much goes.
tusk cluster start --dir "$cluster" >/dev/null
tusk dfs -cat /file | cmp - "$scratch/file"
