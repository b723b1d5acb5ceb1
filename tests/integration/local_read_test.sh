#!/usr/bin/env bash
# The shell reads the DataNodes of its own machine through descriptors: what it reads stays right when
# the replica is appended to or deleted meanwhile, when the DataNode dies, and when the unix socket is
# not there. Whether bytes came through a descriptor or over a socket is what the DataNode counts.
. "$(dirname "$0")/../lib/cluster.sh"
start_cluster --workers 2 -D dfs.replication=1 -D dfs.blocksize=64m
size=$((40000000 + 77))  # one block, and a chunk that is not whole
head -c $size /dev/urandom >"$scratch/file"
head -c 5000 /dev/urandom >"$scratch/more"

bytes_read() {  # URL of a DataNode's metrics
  python3 -c 'import json, sys, urllib.request
beans = json.load(urllib.request.urlopen(sys.argv[1]))["beans"]
print(sum(bean.get("BytesRead", 0) for bean in beans))' "$1"
}
sent() {  # bytes that all DataNodes have sent to readers
  local log worker web bytes=0
  for log in "$cluster"/logs/datanode-*.log; do
    worker=${log##*/datanode-}
    web=$(sed -n 's/.* datanode started .* http=\([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    bytes=$((bytes + $(bytes_read "http://${worker%.log}:$web/jmx")))
  done
  echo "$bytes"
}
reads_right() {  # [options of dfs]
  tusk dfs "$@" -cat /file | cmp - "$scratch/file" || fail "a reader got wrong bytes or none"
}
# Reads /file, and runs a command after the first megabyte; the pipe holds the reader back meanwhile.
reads_right_around() {  # COMMAND...
  tusk dfs -cat /file 2>"$scratch/words" | {
    head -c 1000000 >"$scratch/read"
    "$@" >/dev/null
    cat >>"$scratch/read"
  }
  cmp "$scratch/read" "$scratch/file" || fail "around $*: $(cat "$scratch/words")"
}
put() { tusk dfs -put -f "$scratch/file" /file; }

put
reads_right
expect_equal "$(sent)" 0 "bytes sent to a reader that takes descriptors"
tusk dfs -get /file "$scratch/got"
cmp "$scratch/got" "$scratch/file"
expect_equal "$(sent)" 0 "bytes sent to -get"
reads_right -D dfs.client.read.shortcircuit=false
expect_equal "$(sent)" $size "bytes sent to a reader that takes none"

# An append changes the last chunk of the block and its checksum while a reader is at the first.
reads_right_around tusk dfs -appendToFile "$scratch/more" /file
tusk dfs -cat /file | cmp - <(cat "$scratch/file" "$scratch/more") || fail "what was appended"
expect_contains "$(tusk fsck /file)" "is HEALTHY"

# The file is deleted, and its replica.
put
no_replica() { [ -z "$(find "$cluster"/workers -name 'blk_*')" ]; }
deleted() { tusk dfs -rm -skipTrash /file && eventually 30 no_replica; }
reads_right_around deleted

# The DataNode dies, which both might have been asked.
put
dead() { kill_hard "$(pid_of datanode-1)"; kill_hard "$(pid_of datanode-2)"; }
reads_right_around dead
tusk cluster stop --dir "$cluster" >/dev/null
tusk cluster start --dir "$cluster" >/dev/null

# No unix socket, or nobody who answers on it: over the other one.
reads_right
before=$(sent)
rm "$cluster"/run/dn_*.sock
reads_right
expect_equal $(($(sent) - before)) $size "bytes sent without unix sockets"
echo "local reads are what they should be"
