#!/usr/bin/env bash
# Writes go on while DataNodes are restarted one after the other, and survive a stop and start of the
# NameNode; after a stop of the whole cluster in mid-write nothing acknowledged is lost.
. "$(dirname "$0")/../lib/cluster.sh"
start_cluster --workers 4 -D dfs.replication=3 -D dfs.blocksize=2m \
  -D dfs.namenode.heartbeat.recheck-interval=1000
open_writer="$TUSK_BIN/../tests/open_writer --conf $HADOOP_CONF_DIR"
head -c 32000000 /dev/urandom >"$scratch/file"

# The file, 400 KB at a time, until $scratch/quick is there; the rest at once.
slowly() {
  local i
  for i in $(seq 0 79); do
    dd if="$scratch/file" bs=400000 skip="$i" count=1 status=none
    [ -e "$scratch/quick" ] || sleep 0.1
  done
}
# Both writers have got further by a block or two: a block that lives through the restart of every
# DataNode is lost to any HDFS.
newest_block() { find "$cluster"/workers -name 'blk_*' -printf '%f\n' | sed 's/^blk_\([0-9]*\).*/\1/' | sort -n | tail -n 1; }
went_on() { [ "$(newest_block)" -ge $(($1 + 4)) ]; }
stop_softly() {  # PID: SIGTERM, as an administrator does
  kill "$1"
  while alive "$1"; do sleep 0.01; done
}

# A rolling restart of all DataNodes, then of the NameNode, under two writers.
rm -f "$scratch/quick"
slowly | tusk dfs -put - /rolling 2>"$scratch/err1" & first=$!
slowly | tusk dfs -put - /rolling2 2>"$scratch/err2" & second=$!
for worker in 1 2 3 4; do
  stop_softly "$(pid_of datanode-$worker)"
  tusk cluster start --dir "$cluster" >/dev/null
  eventually 30 went_on "$(newest_block)"
done
stop_softly "$(pid_of namenode)"
tusk cluster start --dir "$cluster" >/dev/null
touch "$scratch/quick"
wait "$first" || { cat "$scratch/err1"; fail "a write did not survive the rolling restart"; }
wait "$second" || { cat "$scratch/err2"; fail "a write did not survive the rolling restart"; }
for path in /rolling /rolling2; do
  tusk dfs -cat $path | cmp - "$scratch/file" || fail "$path differs from what was written"
done

# The whole cluster stops in mid-write, once in order and once by a power cut of all processes.
for how in softly hard; do
  rm -f "$scratch/go" "$scratch/said"; mkfifo "$scratch/go"
  $open_writer write "$scratch/file" "/stopped-$how" 7300001 <"$scratch/go" >"$scratch/said" & writer=$!
  exec 7>"$scratch/go"
  eventually 20 grep -q flushed "$scratch/said"
  pids=$(cut -d ' ' -f 1 "$cluster"/run/{namenode,datanode-*}.pid)
  if [ $how = softly ]; then
    tusk cluster stop --dir "$cluster" >/dev/null
  else
    # shellcheck disable=SC2086
    kill -9 $pids
    for pid in $pids; do while alive "$pid"; do sleep 0.01; done; done
  fi
  kill -9 "$writer"; { wait "$writer" || true; } 2>/dev/null; exec 7>&-
  tusk cluster start --dir "$cluster" >/dev/null
  expect_equal "$($open_writer recover "/stopped-$how" 60)" 7300001 "what was flushed before the cluster stopped $how"
  tusk dfs -cat "/stopped-$how" | cmp - <(head -c 7300001 "$scratch/file")
  tusk dfs -cat /rolling | cmp - "$scratch/file"
done

well() {
  tusk fsck / >"$scratch/fsck" 2>/dev/null && grep -q 'Under-replicated blocks:.0 ' "$scratch/fsck" &&
    grep -q 'Over-replicated blocks:.0 ' "$scratch/fsck" && [ -z "$(find "$cluster"/workers -path '*/BP-*/rbw/*')" ]
}
eventually 90 well
