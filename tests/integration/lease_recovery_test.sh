#!/usr/bin/env bash
# A writer that dies in mid-block: the file is closed with at least what was flushed, when somebody asks
# for it, when another writer wants it after the soft limit, and by itself after the hard limit; also when
# a DataNode of its pipeline or the NameNode die too.
. "$(dirname "$0")/../lib/cluster.sh"
start_cluster --workers 4 -D dfs.replication=3 -D dfs.blocksize=4m \
  -D tusk.namenode.lease.soft-limit=$((1 + slowdown))s -D dfs.namenode.lease-hard-limit-sec=$((10 + 2 * slowdown)) \
  -D dfs.namenode.heartbeat.recheck-interval=1000
open_writer="$TUSK_BIN/../tests/open_writer --conf $HADOOP_CONF_DIR"
head -c 7000000 /dev/urandom >"$scratch/file"

# Starts a writer of PATH that has flushed BYTES bytes; $writer is its pid.
flushed_writer() {  # PATH BYTES
  rm -f "$scratch/go" "$scratch/said"
  mkfifo "$scratch/go"
  $open_writer write "$scratch/file" "$1" "$2" <"$scratch/go" >"$scratch/said" &
  writer=$!
  exec 7>"$scratch/go"
  eventually 20 grep -q flushed "$scratch/said"
}
kill_writer() { kill_hard "$writer"; wait "$writer" 2>/dev/null || true; exec 7>&-; }
# PATH is closed, has at least BYTES bytes and only right ones, each block with equal replicas.
has_flushed() {  # PATH BYTES
  local length
  length=$(tusk dfs -stat %b "$1")
  [ "$length" -ge "$2" ] || fail "$1 has $length bytes, $2 were flushed"
  tusk dfs -cat "$1" | cmp - <(head -c "$length" "$scratch/file") || fail "$1 holds wrong bytes"
  expect_contains "$(tusk fsck "$1" -openforwrite -files 2>/dev/null)" "is HEALTHY"
  ! tusk fsck "$1" -openforwrite -files 2>/dev/null | grep -q OPENFORWRITE || fail "$1 is still open"
}
closed() { ! tusk fsck "$1" -openforwrite -files 2>/dev/null | grep -q OPENFORWRITE; }

# Seen by readers while it is open, then by recoverLease.
flushed_writer /asked 5000001
expect_equal "$(tusk dfs -cat /asked | wc -c)" 5000001 "what readers see of an open file"
tusk dfs -cat /asked | cmp - <(head -c 5000001 "$scratch/file")
kill_writer
expect_equal "$($open_writer recover /asked 30)" 5000001 "length after recoverLease"
has_flushed /asked 5000001

# A living writer whose lease was taken finds out, and changes nothing.
flushed_writer /taken 3000000
$open_writer recover /taken 30 >/dev/null
echo on >&7
if wait "$writer"; then fail "a writer closed a file whose lease it had lost"; fi
exec 7>&-
has_flushed /taken 3000000
expect_equal "$(tusk dfs -stat %b /taken)" 3000000 "length after a fenced writer tried on"

# Nobody asks: the hard limit.
flushed_writer /hard 4500000
kill_writer
eventually 40 closed /hard
has_flushed /hard 4500000

# Nothing but the name was there yet, and nothing of the block.
flushed_writer /empty 0
kill_writer
expect_equal "$($open_writer recover /empty 30)" 0 "length of a file without a byte"

# Another writer is refused, and after the soft limit has the file closed.
flushed_writer /soft 1000000
wants_it() { $open_writer write "$scratch/file" /soft 0 </dev/null; }
expect_contains "$(wants_it || true)" "this file lease is currently owned by"
kill_writer
wanted_and_closed() { wants_it >"$scratch/said" || true; closed /soft; }
eventually 40 wanted_and_closed
grep -q "recovering lease path=/soft .* for=DFSClient" "$cluster/logs/namenode.log" ||
  fail "it was the hard limit that closed the file"
has_flushed /soft 1000000

# A DataNode of the pipeline dies with the writer: the others agree without it.
flushed_writer /node 6000000
node=$(find "$cluster"/workers -path '*/rbw/blk_*' ! -name '*.meta' | shuf -n 1 | sed 's|.*/workers/127.0.10.\([0-9]\)/.*|\1|')
kill_hard "$(pid_of datanode-$node)"
kill_writer
expect_equal "$($open_writer recover /node 60)" 6000000 "length without DataNode $node"
has_flushed /node 6000000
tusk cluster start --dir "$cluster" >/dev/null

# So does the NameNode: it knows the file from its log, and the last block from the DataNodes.
flushed_writer /namenode 6500000
kill_hard "$(pid_of namenode)"
kill_writer
tusk cluster start --dir "$cluster" >/dev/null
expect_equal "$($open_writer recover /namenode 60)" 6500000 "length after the NameNode's restart"
has_flushed /namenode 6500000
well() { tusk fsck / >"$scratch/fsck" 2>/dev/null && grep -q 'Under-replicated blocks:.0 ' "$scratch/fsck"; }
eventually 60 well
nothing_left() { [ -z "$(find "$cluster"/workers -path '*/BP-*/rbw/*')" ]; }
eventually 60 nothing_left
