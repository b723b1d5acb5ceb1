#!/usr/bin/env bash
# kill -9 of a DataNode in mid-pipeline: the write completes, reads back right, and the lost replicas
# appear on the fourth node. When the killed node comes back, what is too much goes, and nothing of
# the broken pipeline stays behind.
. "$(dirname "$0")/../lib/cluster.sh"
start_cluster --workers 4 -D dfs.replication=3 -D dfs.blocksize=8m \
  -D dfs.namenode.heartbeat.recheck-interval=1000 -D dfs.heartbeat.interval=500ms
head -c 60000000 /dev/urandom >"$scratch/file"
data=("$cluster"/workers/*/data)

# Slow enough that the kill falls into the stream.
(head -c 20000000 "$scratch/file"; sleep 1; tail -c +20000001 "$scratch/file") |
  tusk dfs -put - /file &
writer=$!
# The third block (8 MB each) is being written on three of the four nodes: one of these is killed.
replicas_in() { find "${data[@]}" -path "*/$1/*blk_*" ! -name '*.meta' -size +1M | wc -l; }  # FOLDER
third_block_begun() { [ "$(replicas_in finalized)" -eq 6 ] && [ "$(replicas_in rbw)" -eq 3 ]; }
eventually 10 third_block_begun
victim=$(find "${data[@]}" -path '*/rbw/blk_*' ! -name '*.meta' | shuf -n 1 | sed 's|.*/workers/127.0.10.\([0-9]\)/.*|\1|')
echo "victim: DataNode $victim"
kill_hard "$(pid_of datanode-$victim)"
wait "$writer" || fail "the write did not survive the loss of a DataNode"
tusk dfs -cat /file | cmp - "$scratch/file" || fail "what is read differs from what was written"

# Every block has exactly three live replicas, and NODES of them hold what there is.
replicas_are_three() {
  tusk fsck /file -files -blocks -locations >"$scratch/fsck" 2>/dev/null || return 1
  ! grep -q 'Under replicated' "$scratch/fsck" &&
    [ "$(grep -c 'Live_repl=3 ' "$scratch/fsck")" -eq 8 ] &&
    grep -q 'Over-replicated blocks:.0 ' "$scratch/fsck" &&
    grep -q 'Under-replicated blocks:.0 ' "$scratch/fsck" &&
    grep -q 'Average block replication:.3.0$' "$scratch/fsck" &&
    grep -q "Number of data-nodes:.$1\$" "$scratch/fsck"
}
eventually 60 replicas_are_three 3
tusk dfs -cat /file | cmp - "$scratch/file"

# The node comes back with what it had: what is too much goes, from the disks too.
three_of_each_on_disk() {
  replicas_are_three 4 || return 1
  find "${data[@]}" -name 'blk_*' ! -name '*.meta' -printf '%f\n' | sort | uniq -c >"$scratch/replicas"
  [ "$(wc -l <"$scratch/replicas")" -eq 8 ] && ! grep -qv '^ *3 ' "$scratch/replicas" &&
    [ "$(find "${data[@]}" -name 'blk_*.meta' | wc -l)" -eq 24 ]
}
tusk cluster start --dir "$cluster" >/dev/null
eventually 60 three_of_each_on_disk
left=$(find "${data[@]}" -path '*/BP-*/rbw/*' -o -path '*/BP-*/tmp/*')
expect_equal "$left" "" "left behind by the broken pipeline"
tusk dfs -cat /file | cmp - "$scratch/file"
# Not only what a reader happens to pick is right: every replica of block N is the file's Nth 8 MB.
split -b 8388608 -d -a 1 "$scratch/file" "$scratch/part"
while read -r number name; do
  while read -r replica; do
    cmp "$replica" "$scratch/part$number" || fail "a replica of block $number is wrong"
  done < <(find "${data[@]}" -name "$name")
done < <(sed -n 's/^\([0-9]\)\..*:\(blk_[0-9]*\)_.*/\1 \2/p' "$scratch/fsck")
