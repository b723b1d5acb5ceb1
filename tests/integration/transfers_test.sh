#!/usr/bin/env bash
# Long and many transfers: progress on a terminal and none in a pipe, standard input and output, patterns,
# several files at a time, hundreds of small ones, Ctrl-C.
. "$(dirname "$0")/../lib/cluster.sh"
start_cluster --workers 3 -D dfs.blocksize=4m
cd "$scratch"

# On a terminal (script makes one): share, rate and time left of a file, taken away at the end. It shows
# after a second, so the file is made longer until it takes that long.
for megabytes in 500 1000 2000 4000; do
  truncate -s ${megabytes}M long
  script -qefc "hdfs dfs -D dfs.replication=1 -D dfs.blocksize=128m -put -f long /long" terminal >/dev/null
  if grep -q ' left' terminal; then break; fi
done
grep -Eq 'put +[0-9]+ % \[=*>? *\] [0-9.]+ [KMG] of [0-9.]+ [MG], [0-9.]+ [KMG]/s, [0-9]+ s left' terminal ||
  fail "no progress on the terminal: $(head -c 300 terminal)"
expect_equal "$(tr '\r' '\n' <terminal | tail -n +2 | grep -v '^Script' | tail -n 1 | tr -d '\033')" "[K" "the line is taken away"
expect_equal "$(hdfs dfs -stat %b /long)" "$((megabytes << 20))" "length of what was put"
# In a pipe: not a byte.
hdfs dfs -D dfs.replication=1 -D dfs.blocksize=128m -put -f long /long >words 2>&1
expect_equal "$(cat words)" "" "words of -put in a pipe"
hdfs dfs -rm -skipTrash /long >/dev/null
rm long

# Standard input of unknown length shows bytes and rate; it goes on until the line is there.
mkfifo source
(until grep -q '/s' terminal2 2>/dev/null; do head -c 200000 /dev/zero; sleep 0.05; done >source) &
script -qefc "hdfs dfs -put - /piped <source" terminal2 >/dev/null
wait $!
grep -Eq 'put [0-9.]+ [KMG]?.*, [0-9.]+ [KMG]?.*/s' terminal2 || fail "no progress of standard input"
expect_equal "$(hdfs dfs -cat /piped | tr -d '\000' | wc -c)" 0 "bytes of the pipe"

# Hundreds of small files, one after the other and many at a time; patterns on both sides.
mkdir small
for i in $(seq 1 800); do echo "file $i" >small/f$i; done
hdfs dfs -put -t 16 small /small
expect_equal "$(hdfs dfs -count /small | awk '{print $1, $2, $3}')" "1 800 $(cat small/* | wc -c)" "-count of small files"
hdfs dfs -get -t 16 /small back
diff -r small back || fail "small files came back otherwise"
hdfs dfs -mkdir /some
hdfs dfs -put -t 1 'small/f1?' 'small/f2[0-4]' /some
expect_equal "$(hdfs dfs -ls -C '/some/f*' | wc -l)" 15 "files of two local patterns"
hdfs dfs -get '/some/f{11,12}' '/some/f2*' .
expect_equal "$(ls f* | tr '\n' ' ')" "f11 f12 f20 f21 f22 f23 f24 " "files of two DFS patterns"
expect_equal "$(hdfs dfs -cat '/some/f1[0-2]' | tr '\n' ' ')" "file 10 file 11 file 12 " "-cat of a pattern"
expect_equal "$(hdfs dfs -get /some/f10 -)" "file 10" "-get to standard output"

# Ctrl-C in mid-transfer: an error, and nothing half-written stays, under no name.
mkfifo slow
(exec 5>slow; head -c 9000000 /dev/zero >&5; until [ -e ended ]; do sleep 0.05; head -c 1000 /dev/zero >&5 || break; done) 2>/dev/null &
writer=$!
hdfs dfs -put - /broken <slow 2>words &
putter=$!
eventually 30 hdfs dfs -test -e /broken._COPYING_
kill -TERM $putter
if wait $putter; then fail "an interrupted -put exits with 0"; fi
touch ended
wait $writer || true
expect_contains "$(cat words)" "interrupted"
if hdfs dfs -ls -C / | grep -q broken; then fail "an interrupted -put left something: $(hdfs dfs -ls -C /)"; fi
echo "transfers are what they should be"
