#!/usr/bin/env bash
# Short jobs one after another: none waits for a clock, each says how much memory its runners had at
# most, and nothing of them stays but their reports; also when they fail or are killed.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/jobs.sh"
start_cluster --workers 3

echo "a few words, a few" >"$scratch/words"
tusk dfs -mkdir /in /out
tusk dfs -put "$scratch/words" /in/words

now_ms() { echo $(($(date +%s%N) / 1000000)); }

times=()
for i in $(seq 1 6); do
  for mode in disk memory; do
    began=$(now_ms)
    submit count tusk job run --mode $mode wordcount /in/words /out/$mode-$i
    finished_well count
    times+=($(($(now_ms) - began)))
    peak=$(counter "Tusk Engine" RUNNER_MEMORY_BYTES_PEAK)
    # More than the program's own text, less than its container.
    [ "$peak" -gt 4000000 ] && [ "$peak" -lt $((1000000000 * slowdown)) ] || fail "the runners' memory peak is $peak bytes"
  done
done
median=$(printf '%s\n' "${times[@]}" | sort -n | sed -n 6p)
echo "ms per job: ${times[*]}; median $median"
# 150 to 200 ms on a quiet machine. A wait for a held call or a heartbeat would make each take a second.
[ "$median" -lt $((800 * slowdown)) ] || fail "the median of short jobs is $median ms"

# One that is killed by its driver, one by the ResourceManager, one whose mapper fails.
awk 'BEGIN { for (i = 0; i < 400000; i++) print "word" i % 977, "and another", i }' >"$scratch/text"
tusk dfs -put "$scratch/text" /in/text
splits=mapreduce.input.fileinputformat.split.maxsize=40000
submit killed tusk job run -D $splits wordcount /in/text /out/killed
during "Map word count" 3
mapred job -kill "job${application#application}" >/dev/null
if wait "$submitter"; then fail "a killed job ended well"; fi
submit taken tusk job run -D $splits wordcount /in/text /out/taken
during "Map word count" 3
yarn application -kill "$application" >/dev/null
if wait "$submitter"; then fail "a job whose application was killed ended well"; fi
echo bad >"$scratch/bad"
tusk dfs -put "$scratch/bad" /in/bad
submit failed tusk job run "$TUSK_BIN/../tests/failing_job" map-throw /in/bad /out/failed
if wait "$submitter"; then fail "a failing job ended well"; fi

expect_nothing_left
expect_equal "$(tusk dfs -ls /out | grep -c -e killed -e taken -e failed || true)" 0 "outputs of jobs that did not end well"
only_reports() {
  local staged
  staged=$(tusk dfs -find / -name 'job.xml'; tusk dfs -find / -name 'commit-*'; tusk dfs -find / -name 'report.partial')
  [ -z "$staged" ]
}
eventually 10 only_reports
reports=$(tusk dfs -find / -name report | wc -l)
# The driver of the one that the ResourceManager killed could not write one any more.
[ "$reports" -ge 14 ] || fail "only $reports of 15 reports"
