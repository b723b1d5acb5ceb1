#!/usr/bin/env bash
# kill -9 of writers at random bytes: the lease is recovered on request, by another writer, by itself; the
# file is closed with at least what was flushed, all its replicas are equal and nothing is left over.
# TUSK_DEEP=1: 50 writers (half a minute).
. "$(dirname "$0")/../lib/cluster.sh"
if [ "${TUSK_DEEP:-0}" = 1 ]; then load=(--writers 50 --parallel 4); else load=(--writers 6 --parallel 6); fi
start_cluster --workers 4 -D dfs.replication=3 -D dfs.blocksize=1m \
  -D tusk.namenode.lease.soft-limit=1s -D dfs.namenode.lease-hard-limit-sec=3
"$TUSK_BIN/../tests/writer_kill_load" --conf "$HADOOP_CONF_DIR" --cluster "$cluster" "${load[@]}" \
  2>"$scratch/client.log" || { tail -n 60 "$scratch/client.log"; fail "see above"; }
grep TUSK_TEST_SEED "$scratch/client.log"
expect_contains "$(tusk fsck / -openforwrite 2>/dev/null)" "is HEALTHY"
