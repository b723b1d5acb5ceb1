#!/usr/bin/env bash
# Our command line against Hadoop's own NameNode and DataNodes: a file of several blocks there and back.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/stock.sh"
need_java_client
need_java_server
need_python_clients
start_stock_cluster 3

# All that both shells say of the same things is the same.
compare_shells shell_comparison.txt

head -c 3500000 /dev/urandom >"$scratch/file"

# There and back: whole, from a pipe, many at once, in parts.
put() { hdfs dfs -D dfs.blocksize=1m -put "$@"; }
hdfs dfs -mkdir -p /user/me/in
put "$scratch/file" /user/me/in/file
hdfs dfs -get /user/me/in/file "$scratch/back"
cmp "$scratch/file" "$scratch/back" || fail "what -get brought differs from what -put took"
hdfs dfs -cat /user/me/in/file | cmp - "$scratch/file" || fail "-cat"
put - /user/me/piped <"$scratch/file"
hdfs dfs -get /user/me/piped - | cmp - "$scratch/file" || fail "-put from a pipe"
expect_equal "$(hdfs dfs -tail /user/me/in/file | sha256sum)" "$(tail -c 1024 "$scratch/file" | sha256sum)" "-tail"
expect_equal "$(hdfs dfs -head /user/me/in/file | sha256sum)" "$(head -c 1024 "$scratch/file" | sha256sum)" "-head"
mkdir "$scratch/many"
for i in $(seq 1 40); do head -c $((i * 3000)) "$scratch/file" >"$scratch/many/f$i"; done
put -t 4 "$scratch/many" /user/me/many
hdfs dfs -get -t 4 /user/me/many "$scratch/many2"
diff -r "$scratch/many" "$scratch/many2" || fail "a folder of files"
hdfs dfs -getmerge '/user/me/many/f1[01]' "$scratch/merged"
cat "$scratch/many/f10" "$scratch/many/f11" | cmp - "$scratch/merged" || fail "-getmerge of a pattern"

# What it says of the file.
expect_contains "$(hdfs dfs -ls /user/me/in)" " 3500000 "
expect_contains "$(hdfs dfs -ls /user/me/in)" "-rw-r--r--   3 "
expect_equal "$(hdfs dfs -du /user/me/in)" "3500000  10500000  /user/me/in/file" "-du"
expect_equal "$(hdfs dfs -du -s -h /user/me/in)" "3.3 M  10.0 M  /user/me/in" "-du -s -h"
expect_equal "$(hdfs dfs -stat '%b %F %n %o %r' /user/me/in/file)" "3500000 regular file file 1048576 3" "-stat"
expect_equal "$(hdfs dfs -count /user/me/in | tr -s ' ')" " 1 1 3500000 /user/me/in" "-count"
expect_equal "$(hdfs dfs -checksum /user/me/in/file | cut -f 2,3)" "$(hdfs dfs -checksum /user/me/piped | cut -f 2,3)" "-checksum"
expect_equal "$(hdfs dfs -checksum /user/me/in/file)" "$(hadoop_fs -checksum /user/me/in/file)" "the stock client's -checksum"
expect_contains "$(hdfs dfsadmin -report)" "Live datanodes (3):"
expect_contains "$(hdfs dfsadmin -safemode get)" "Safe mode is OFF"
expect_contains "$(hdfs fsck /user/me/in -files -blocks -locations)" "Status: HEALTHY"

# What it changes.
hdfs dfs -setrep -w 2 /user/me/in/file
expect_equal "$(hdfs dfs -stat %r /user/me/in/file)" 2 "-setrep"
hdfs dfs -chmod 640 /user/me/in/file
expect_equal "$(hdfs dfs -stat %A /user/me/in/file)" "rw-r-----" "-chmod"
hdfs dfs -mv /user/me/in/file /user/me/moved
hdfs dfs -test -e /user/me/moved
if hdfs dfs -test -e /user/me/in/file; then fail "-mv left the source"; fi
hdfs dfs -cp /user/me/moved /user/me/copy
hdfs dfs -cat /user/me/copy | cmp - "$scratch/file" || fail "-cp"
expect_failure hdfs dfs -put "$scratch/file" /user/me/copy
expect_contains "$failure" "put: \`/user/me/copy': File exists"
expect_failure hdfs dfs -cat /user/me/nope
expect_contains "$failure" "cat: \`/user/me/nope': No such file or directory"
hdfs dfs -put -f "$scratch/many/f1" /user/me/copy
hdfs dfs -cat /user/me/copy | cmp - "$scratch/many/f1" || fail "-put -f"

# A DataNode is killed while it takes part in a write: the write completes, and all is read from the others.
mkfifo "$scratch/pipe"
put - /user/me/later <"$scratch/pipe" &
writer=$!
exec 5>"$scratch/pipe"
head -c 1500000 "$scratch/file" >&5
writes_a_block() { compgen -G "$stock/data1/current/BP-*/current/rbw/blk_*" >/dev/null; }
eventually 60 writes_a_block
kill_hard "${stock_pids[1]}"
tail -c +1500001 "$scratch/file" >&5
exec 5>&-
wait $writer || fail "-put while a DataNode dies"
hdfs dfs -cat /user/me/later | cmp - "$scratch/file" || fail "-put while a DataNode died"
hdfs dfs -cat /user/me/moved | cmp - "$scratch/file" || fail "-cat with a DataNode gone"

hdfs dfs -rm -r -skipTrash /user/me
if hdfs dfs -test -e /user/me; then fail "-rm -r left the folder"; fi
echo "our command line works with stock daemons"
