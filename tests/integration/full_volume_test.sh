#!/usr/bin/env bash
# Volumes that are full or cannot be written: writes go elsewhere while there is an elsewhere, else fail
# with one clear line and leave nothing behind; what is stored stays readable; the NameNode ends rather
# than acknowledge what it could not log.
. "$(dirname "$0")/../lib/cluster.sh"
mounts=()
finish_unmounted() {
  local code=$? at
  tusk cluster stop --dir "$cluster" >/dev/null 2>&1 || true
  for at in "${mounts[@]}"; do umount -l "$at" 2>/dev/null || true; done
  set +e
  (exit $code)
  finish
}
trap finish_unmounted EXIT

small_volume() {  # DIR SIZE
  mkdir -p "$1"
  mount -t tmpfs -o "size=$2" tusk-test "$1" 2>/dev/null || skip_unless_root
  mounts+=("$1")
}
skip_unless_root() { echo "SKIPPED: mounting a small volume needs root"; exit 77; }
cluster=$scratch/cluster0
for worker in 1 2 3; do small_volume "$cluster/workers/127.0.10.$worker/data" 64m; done
small_volume "$cluster/namenode" 64m
data() { echo "$cluster/workers/127.0.10.$1/data"; }
start_cluster --workers 3 -D dfs.replication=2 -D dfs.blocksize=8m -D dfs.datanode.du.reserved=0 \
  -D dfs.namenode.heartbeat.recheck-interval=1000
fill() { dd if=/dev/zero of="$1/filler" bs=64k 2>/dev/null || true; }

# One volume fills while a block is written to it: the write goes on without that node.
head -c 14000000 /dev/urandom >"$scratch/file"
(head -c 6000000 "$scratch/file"; while [ ! -e "$scratch/go" ]; do sleep 0.05; done; tail -c +6000001 "$scratch/file") |
  tusk dfs -put - /file 2>"$scratch/put.err" &
writer=$!
being_written() { [ "$(find "$cluster"/workers -path '*/rbw/blk_*' ! -name '*.meta' -size +5M | wc -l)" -eq 2 ]; }
eventually 15 being_written
full=$(find "$cluster"/workers -path '*/rbw/blk_*' | head -n 1 | sed 's|.*/workers/127.0.10.\([0-9]\)/.*|\1|')
fill "$(data "$full")"
touch "$scratch/go"
wait "$writer" || { cat "$scratch/put.err"; fail "a write did not survive one full volume"; }
tusk dfs -cat /file | cmp - "$scratch/file" || fail "what is read differs from what was written"
alive "$(pid_of datanode-$full)" || fail "a full volume is no reason to end"
two_of_each() {
  tusk fsck /file >"$scratch/fsck" 2>/dev/null && grep -q 'Average block replication:.2.0$' "$scratch/fsck"
}
eventually 30 two_of_each

# All are full: one line that says so, no file, no debris on the disks.
for worker in 1 2 3; do fill "$(data $worker)"; done
expect_failure tusk dfs -put "$scratch/file" /more
expect_contains "$failure" "could only be written to 0 of the 1 minReplication nodes"
expect_failure tusk dfs -test -e /more
expect_failure tusk dfs -test -e /more._COPYING_
tusk dfs -cat /file | cmp - "$scratch/file" || fail "full volumes cannot be read"
rm "$cluster"/workers/*/data/filler
works_again() { tusk dfs -put -f "$scratch/file" /more; }
eventually 30 works_again
clean() { [ -z "$(find "$cluster"/workers -path '*/BP-*/rbw/*' -o -path '*/BP-*/tmp/*')" ]; }
eventually 30 clean

# A volume that turns read-only: its DataNode ends and says why, its replicas are made anew.
sick=$(( full % 3 + 1 ))
mount --bind "$(data $sick)/current" "$(data $sick)/current"
mounts=("$(data $sick)/current" "${mounts[@]}")
mount -o remount,ro,bind "$(data $sick)/current"
sick_pid=$(pid_of datanode-$sick)
writes_until_noticed() { tusk dfs -put -f "$scratch/file" /third && ! alive "$sick_pid"; }
eventually 30 writes_until_noticed
grep -q "volume failed dir=$(data $sick).*Read-only file system" "$cluster/logs/datanode-127.0.10.$sick.log" ||
  fail "the log does not say why DataNode $sick ended"
tusk dfs -cat /third | cmp - "$scratch/file"
healed() {
  tusk fsck / >"$scratch/fsck" 2>/dev/null && grep -q 'Number of data-nodes:.2$' "$scratch/fsck" &&
    grep -q 'Average block replication:.2.0$' "$scratch/fsck"
}
eventually 40 healed
# It cannot be started on it either, and is when the disk is well again.
expect_failure tusk cluster start --dir "$cluster"
expect_contains "$failure" "Read-only file system"
umount "$(data $sick)/current"
tusk cluster start --dir "$cluster" >/dev/null

# The NameNode's own volume is full: what cannot be logged is not acknowledged, the process ends.
tusk dfs -mkdir /kept
namenode=$(pid_of namenode)
fill "$cluster/namenode"
made=0
long=$(printf 'n%.0s' {1..200})
while alive "$namenode"; do  # 300 folders with long names at a time: some 100 KB of edits
  tusk dfs -D ipc.client.connect.max.retries=0 -mkdir $(seq -f "/d-$made-%g-$long" 300) 2>/dev/null || break
  made=$((made + 1))
  [ $made -lt 100 ] || fail "the edit log goes on on a full volume"
done
gone() { ! alive "$namenode"; }
eventually 10 gone
grep -q "No space left on device" "$cluster/logs/namenode.log" || fail "the log does not say why the NameNode ended"
rm "$cluster/namenode/filler"
tusk cluster start --dir "$cluster" >/dev/null
tusk dfs -test -d /kept
found=$(tusk dfs -ls -C / | sed -n 's/^\/d-\([0-9]*\)-.*/\1/p' | sort -n | uniq -c)
for ((i = 0; i < made; i++)); do
  expect_contains "$found" "300 $i" "acknowledged folders of batch $i"
done
tusk dfs -cat /file | cmp - "$scratch/file"
