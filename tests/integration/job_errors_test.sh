#!/usr/bin/env bash
# What a job gets for bad input: Hadoop's message where it has one, else one line with what is wrong,
# where, and what to do; a non-zero exit code; nothing half-written.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/jobs.sh"
start_cluster --workers 2 -D dfs.replication=1
failing_job=$TUSK_BIN/../tests/failing_job
printf 'one\nbad\n' >"$scratch/text"
tusk dfs -put "$scratch/text" /text
tusk dfs -mkdir -p /exists /nested/folder

# refused PART COMMAND...: fails, says PART in one line (and what else it says), leaves no /out.
refused() {
  local part=$1; shift
  if "$@" >"$scratch/said" 2>&1; then cat "$scratch/said"; fail "should have failed: $*"; fi
  grep -qF -- "$part" "$scratch/said" || { cat "$scratch/said"; fail "'$part' is not told by: $*"; }
  [ "$(grep -cF -- "$part" "$scratch/said")" = 1 ] || { cat "$scratch/said"; fail "'$part' is told twice"; }
  ! tusk dfs -test -e /out || fail "/out is there after: $*"
}
# The same, before anything is submitted.
refused_at_once() {
  refused "$@"
  ! grep -q '^submitted ' "$scratch/said" || { cat "$scratch/said"; fail "was submitted"; }
}

run="tusk job run"
# Programs that cannot run.
refused_at_once "program $scratch/none does not exist" $run "$scratch/none" /text /out
refused_at_once "program $scratch/text is not executable: chmod +x it" $run "$scratch/text" /text /out
refused_at_once "program $scratch is not a file" $run "$scratch" /text /out
refused_at_once "program /bin/true is not linked to libtusk" $run /bin/true /text /out
printf '#!/bin/sh\n' >"$scratch/script" && chmod +x "$scratch/script"
refused_at_once "is a script: run it with tusk mapred streaming" $run "$scratch/script" /text /out
sed 's/tusk-program-interface:[0-9]*;/tusk-program-interface:0;/' "$TUSK_BIN/examples/wordcount" >"$scratch/old"
chmod +x "$scratch/old"
refused_at_once "program $scratch/old was built against another version of Tusk (interface 0, this is " \
  $run "$scratch/old" /text /out

# Programs that fail: in a mapper, and in main.
refused "failed 4 times; the last time on 127.0.10." $run "$failing_job" map-segfault /text /out
expect_contains "$(cat "$scratch/said")" "its runner was lost: it was killed by signal 11 (Segmentation fault); see yarn logs -containerId container_"
refused "exception in user code: this record is not a number" $run "$failing_job" map-throw /text /out
refused "its runner was lost: it ended with exit code 7" $run --mode memory "$failing_job" map-exit /text /out
refused "failed 2 times due to AM Container for appattempt_" $run "$failing_job" main-segfault /text /out
expect_contains "$(cat "$scratch/said")" "exitCode: 139"
expect_contains "$(cat "$scratch/said")" "the driver is started again"
refused "failed 2 times due to AM Container for appattempt_" $run "$failing_job" main-throw /text /out
expect_contains "$(cat "$scratch/said")" "what():  this record is not a number"
refused "Program::Open or Session::Open must be the first statement of main" $run "$failing_job" no-open /text /out

# Input and output.
fs=$(conf_value fs.defaultFS)
refused "Output directory $fs/exists already exists" $run wordcount /text /exists
refused "Input path does not exist: $fs/none" $run wordcount /none /out
refused "Input Pattern $fs/none* matches 0 files" $run wordcount '/none*' /out
refused "Path is not a file: /nested/folder" $run wordcount /nested /out
tusk dfs -mkdir /closed && tusk dfs -chmod 700 /closed
refused 'Permission denied: user=stranger, access=' env HADOOP_USER_NAME=stranger $run wordcount /closed /out
refused 'Permission denied: user=stranger, access=WRITE' env HADOOP_USER_NAME=stranger $run wordcount /text /out

# More than any node has.
refused_at_once "tusk.runner.memory-mb is 99999999, but no node has more than " \
  $run -D tusk.runner.memory-mb=99999999 wordcount /text /out
refused_at_once "tusk.runner.vcores is 99, but no node has more than " $run -D tusk.runner.vcores=99 wordcount /text /out
refused_at_once "Invalid resource request! Cannot allocate containers as requested resource is greater than maximum allowed allocation" \
  $run -D yarn.app.mapreduce.am.resource.mb=99999999 wordcount /text /out

# Options.
refused_at_once "--mode is disk or memory, not quick" $run --mode quick wordcount /text /out
refused_at_once "tusk.job.mode is 'quick': it is either disk or memory" $run -D tusk.job.mode=quick wordcount /text /out
refused_at_once 'mapreduce.task.io.sort.mb = "lots"' $run -D mapreduce.task.io.sort.mb=lots wordcount /text /out
refused_at_once 'mapreduce.job.reduces = "many"' $run -D mapreduce.job.reduces=many wordcount /text /out
refused_at_once "-D nonsense: expected key=value" $run -D nonsense wordcount /text /out
refused_at_once "unknown option --nope" $run --nope wordcount /text /out
refused_at_once "unknown queue: nosuch" $run -D mapreduce.job.queuename=nosuch wordcount /text /out
tusk job run -D tusk.no.such.key=1 wordcount /text /counted >/dev/null 2>"$scratch/said"
expect_equal "$(grep -c 'warning: unknown key tusk.no.such.key' "$scratch/said")" 1 "warnings of an unknown key"
tusk dfs -rm -r /counted >/dev/null

# Streaming.
streaming="mapred streaming -input /text -output /out"
refused "subprocess failed with code 3" $streaming -mapper 'sh -c "echo it is all wrong >&2; exit 3"' -reducer cat
expect_contains "$(cat "$scratch/said")" "it is all wrong"
refused 'Cannot run program "no-such-program"' $streaming -mapper no-such-program -reducer NONE
refused_at_once "File: $scratch/none does not exist" $streaming -mapper cat -reducer cat -file "$scratch/none"
for flag in -inputreader -cacheFile -archives -lazyOutput; do
  refused_at_once "$flag is not supported yet by tusk mapred streaming" $streaming -mapper cat -reducer cat $flag x
done
refused_at_once "-inputformat org.apache.hadoop.mapred.SequenceFileInputFormat is not supported yet" \
  $streaming -mapper cat -inputformat org.apache.hadoop.mapred.SequenceFileInputFormat
refused_at_once "Unrecognized option: -nosuch" $streaming -mapper cat -nosuch x
refused_at_once "Required argument: -output" mapred streaming -input /text -mapper cat
refused "Output directory $fs/exists already exists" mapred streaming -input /text -output /exists -mapper cat -reducer NONE

# Jobs nobody knows.
refused_at_once "JobId string : nonsense is not properly formed" mapred job -status nonsense
refused_at_once "-history is not supported yet" mapred job -history job_1_0001

expect_nothing_left
expect_equal "$(tusk dfs -ls / | sed -n 's|.* /|/|p' | tr '\n' ' ')" "/closed /exists /nested /text /tmp " "what is left in /"
expect_equal "$(tusk dfs -ls -R /exists /nested | wc -l)" 1 "what is left in the folders"
tusk job run wordcount /text /out 2>/dev/null  # and the cluster serves on
