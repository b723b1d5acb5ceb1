#!/usr/bin/env bash
# kill -9 of the NameNode under 16 clients, inside checkpoints, inside writes of its log and at random
# moments: what was acknowledged is there, nothing by halves, a repeated call gets its first answer.
#
#   TUSK_KILLS   how many kills; otherwise 5, and 100 with TUSK_DEEP, in the deep check
. "$(dirname "$0")/../lib/cluster.sh"
deep=${TUSK_DEEP:+100}
# The bugs that the power-loss test plants are in no program that ships.
if grep -q 'planted\.' "$TUSK_BIN/tusk-namenode"; then fail "tusk-namenode contains planted bugs"; fi
start_cluster --workers 1 -D dfs.replication=1 -D dfs.namenode.checkpoint.period=1s
kill_hard "$(pid_of namenode)"

kills() {  # PROGRAM KILLS
  "$TUSK_BIN/../tests/namenode_kills" --namenode "$1" --conf "$HADOOP_CONF_DIR" \
    --log "$scratch/namenode.log" --kills "$2" >"$scratch/kills.log" 2>"$scratch/kills.err"
}
kills "$TUSK_BIN/tusk-namenode" "${TUSK_KILLS:-${deep:-5}}" ||
  { tail -n 30 "$scratch/namenode.log"; cat "$scratch/kills.log"; fail "an acknowledged operation is missing"; }
cat "$scratch/kills.log"

# The clients would notice: a NameNode that finds the end of its log cut off. Behind the last frame
# there are zeros, which nobody misses.
if [ -n "$deep" ]; then
  cat >"$scratch/forgetful" <<END
#!/usr/bin/env bash
newest=\$(ls "$(conf_value dfs.namenode.name.dir | sed 's|^file://||')"/current/edits/edits_* | tail -n 1)
last=\$(LC_ALL=C grep -abo TkFr "\$newest" | tail -n 1 | cut -d : -f 1)
[ "\${last:-0}" -lt 4000 ] || truncate -s "\$((last - 3000))" "\$newest"
exec "$TUSK_BIN/tusk-namenode" "\$@"
END
  chmod +x "$scratch/forgetful"
  if kills "$scratch/forgetful" 3; then cat "$scratch/kills.log"; fail "lost edits were not noticed"; fi
  grep -m 1 LOSS "$scratch/kills.log"
fi
