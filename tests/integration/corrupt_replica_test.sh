#!/usr/bin/env bash
# Bytes that change on a disk: the reader takes another replica and never shows wrong ones, the
# NameNode learns of it, and a good replica takes the place of the bad one.
. "$(dirname "$0")/../lib/cluster.sh"
start_cluster --workers 4 -D dfs.replication=2 -D dfs.blocksize=1m
data=("$cluster"/workers/*/data)
head -c 2500000 /dev/urandom >"$scratch/file"

replicas_of() { find "${data[@]}" -name "$1" | sort; }
block_names() {  # PATH: of its blocks
  tusk fsck "$1" -files -blocks 2>/dev/null | sed -n 's/^[0-9]*\. .*:\(blk_[0-9]*\)_.*/\1/p'
}
damage() {  # FILE OFFSET: another byte there
  local byte
  byte=$(od -An -tu1 -j "$2" -N 1 "$1")
  printf "\\x$(printf %02x $((byte ^ 255)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
read_right() {  # PATH [options of dfs]: reads it, and what was read is right
  tusk dfs "${@:2}" -cat "$1" 2>/dev/null | cmp -s - "$scratch/file" ||
    fail "a reader of $1 got wrong bytes or none"
}
# Reads until the NameNode has replaced what is damaged: all replicas are equal to the good one.
replaced() {  # PATH BLOCK GOOD [options of dfs]
  read_right "$1" "${@:4}"
  [ "$(replicas_of "$2" | wc -l)" -eq 2 ] || return 1
  local replica
  for replica in $(replicas_of "$2"); do cmp -s "$replica" "$3" || return 1; done
  tusk fsck "$1" -files -blocks 2>/dev/null | grep -q 'Under-replicated blocks:.0 '
}

# Over a socket, as a reader elsewhere: each replica is asked for sooner or later.
tusk dfs -put "$scratch/file" /file
block=$(block_names /file | sed -n 2p)
first=$(replicas_of "$block" | head -n 1)
cp "$first" "$scratch/good"
damage "$first" 500000
eventually 30 replaced /file "$block" "$scratch/good" -D dfs.client.read.shortcircuit=false

# Through a passed descriptor: by the shell, which stands on no worker, and on a worker itself.
first=$(replicas_of "$block" | head -n 1)
damage "$first" 600001
eventually 30 replaced /file "$block" "$scratch/good"
first=$(replicas_of "$block" | head -n 1)
worker=$(sed 's|.*/workers/\([0-9.]*\)/.*|\1|' <<<"$first")
damage "$first" 700001
eventually 30 replaced /file "$block" "$scratch/good" -D "dfs.client.local.interfaces=$worker"

# A checksum file that is damaged, and a block file that is too short, are no better.
first=$(replicas_of "$block" | head -n 1)
damage "$(ls "$first"_*.meta)" 1000
eventually 30 replaced /file "$block" "$scratch/good"
first=$(replicas_of "$block" | head -n 1)
truncate -s 300000 "$first"
eventually 30 replaced /file "$block" "$scratch/good"

# Nor is one that somebody has removed.
first=$(replicas_of "$block" | head -n 1)
rm "$first"
eventually 30 replaced /file "$block" "$scratch/good"

# No good replica left: an error, nothing half-read left behind, and fsck says so.
tusk dfs -D dfs.replication=1 -put "$scratch/file" /single
block=$(block_names /single | sed -n 2p)
damage "$(replicas_of "$block")" 4242
expect_failure tusk dfs -get /single "$scratch/copy"
[ ! -e "$scratch/copy" ] || fail "a half-read file stayed"
says_corrupt() {
  ! tusk fsck /single >"$scratch/fsck" 2>/dev/null &&
    grep -q "^The filesystem under path '/single' is CORRUPT" "$scratch/fsck"
}
eventually 10 says_corrupt
expect_contains "$(cat "$scratch/fsck")" "CORRUPT 1 blocks of total size 1048576 B."
[ -n "$(replicas_of "$block")" ] || fail "the last replica of a block was removed"
expect_contains "$(tusk fsck /file)" "is HEALTHY"
