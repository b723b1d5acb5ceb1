#!/usr/bin/env bash
# kill -9 of one DataNode after the other under parallel writers: what was reported complete reads back
# from every replica, no writer fails while two nodes of its pipeline live, replication is restored and
# nothing is left over. TUSK_DEEP=1: 50 kills, 20 writers, files up to 300 MB (two minutes).
. "$(dirname "$0")/../lib/cluster.sh"
if [ "${TUSK_DEEP:-0}" = 1 ]; then
  load=(--kills 50 --writers 20 --megabytes 300)
else
  load=(--kills 4 --writers 8 --megabytes 20)
fi
start_cluster --workers 4 -D dfs.replication=3 -D dfs.blocksize=1m \
  -D dfs.namenode.heartbeat.recheck-interval=1000 -D dfs.heartbeat.interval=500ms
"$TUSK_BIN/../tests/datanode_kill_load" --conf "$HADOOP_CONF_DIR" --cluster "$cluster" "${load[@]}" \
  2>"$scratch/client.log" || { tail -n 60 "$scratch/client.log"; fail "see above"; }
head -n 1 "$scratch/client.log"
expect_contains "$(tusk fsck / 2>/dev/null)" "is HEALTHY"
