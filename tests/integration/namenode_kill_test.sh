#!/usr/bin/env bash
# kill -9 of the NameNode under load, three times: every acknowledged operation is there afterwards.
. "$(dirname "$0")/../lib/cluster.sh"
start_cluster --workers 1
"$TUSK_BIN/../tests/namespace_load" --conf "$HADOOP_CONF_DIR" --threads 4 --seconds 8 >"$scratch/load.log" 2>&1 &
load=$!
for round in 1 2 3; do
  sleep "0.$((RANDOM % 9 + 1))"
  sleep 1
  kill_hard "$(pid_of namenode)"
  tusk cluster start --dir "$cluster" >/dev/null
done
wait "$load" || { cat "$scratch/load.log"; fail "an acknowledged operation is missing"; }
cat "$scratch/load.log"
