#!/usr/bin/env bash
# The scheduler from the command line: lists, status, logs, kill; a container over its memory; a
# ResourceManager that is started again. No process outlives what ended it.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/jobs.sh"
start_cluster --workers 2 -D dfs.replication=1
failing_job=$TUSK_BIN/../tests/failing_job
printf 'one two\nthree\nbad\n' >"$scratch/text"
tusk dfs -put "$scratch/text" /text

nodes=$(yarn node -list)
expect_contains "$nodes" "Total Nodes:2"
expect_equal "$(grep -c RUNNING <<<"$nodes")" 2 "running nodes"
expect_contains "$(yarn node -status "$(sed -n 's/^\(127.0.10.1:[0-9]*\).*/\1/p' <<<"$nodes")")" "Node-State : RUNNING"
expect_contains "$(yarn application -list)" "tags: []):0"

sleepers() {  # the child processes of a running streaming job
  local pid
  for pid in $(processes_below "$cluster/workers/"); do
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != sleep ] || echo "$pid"
  done
}
running() { [ -n "$(sleepers)" ]; }
long_job() {  # NAME: a job that runs until it is ended
  submit "$1" mapred streaming -D mapreduce.job.name="$1" -input /text -output "/$1" -mapper 'sleep 300' -reducer NONE
  eventually 10 running
}

# A running job is shown, and killed with all its processes.
long_job endless
list=$(yarn application -list)
expect_contains "$list" "states: [SUBMITTED, ACCEPTED, RUNNING]"
expect_contains "$(grep "$application" <<<"$list")" RUNNING
status=$(yarn application -status "$application")
expect_contains "$status" "Application-Id : $application"
expect_contains "$status" "Application-Name : endless"
expect_contains "$status" "State : RUNNING"
expect_contains "$status" "Final-State : UNDEFINED"
expect_contains "$(mapred job -list)" "job${application#application}"
[ "$(yarn node -list | awk '/RUNNING/ { n += $NF } END { print n }')" -ge 2 ] || fail "no containers are shown on the nodes"
expect_failure env HADOOP_USER_NAME=stranger yarn application -kill "$application"
expect_contains "$failure" "User stranger cannot perform operation MODIFY_APP on $application"
running || fail "a stranger's order ended the job"
expect_contains "$(yarn application -kill "$application" 2>&1)" "Killing application $application"
! wait "$submitter" || fail "the submitter of a killed job ends with 0"
expect_contains "$(cat "$scratch/endless.err")" "was killed by user $(id -un)"
expect_nothing_left
! tusk dfs -test -e /endless || fail "a killed job has an output"
expect_contains "$(yarn application -status "$application")" "Final-State : KILLED"
expect_contains "$(yarn application -kill "$application")" "has already finished"
expect_contains "$(yarn application -list -appStates KILLED)" "$application"

# mapred job -kill asks the driver.
long_job endless-2
expect_contains "$(mapred job -kill "job${application#application}")" "Killed job job${application#application}"
! wait "$submitter" || fail "the submitter of a killed job ends with 0"
expect_nothing_left

# Logs are kept after the job.
submit logged mapred streaming -input /text -output /logged -mapper 'sh -c "cat; echo told on stderr >&2"' -reducer cat
finished_well logged
eventually 5 sh -c "yarn application -status $application | grep -q 'Final-State : SUCCEEDED'"
logs=$(yarn logs -applicationId "$application")
expect_contains "$logs" "Container: container_${application#application_}_01_000001 on 127.0.10."
expect_contains "$logs" "LogType:syslog"
expect_contains "$logs" "told on stderr"
unknown=application_${application:12:13}_9999
expect_failure yarn logs -applicationId "$unknown"
expect_contains "$(yarn application -status "$unknown" || true)" "Application with id '$unknown' doesn't exist in RM"
expect_failure yarn application -status nonsense

# Over its memory: the container is ended, and the message says who used how much of what.
expect_failure tusk job run -D tusk.runner.memory-mb=192 "$failing_job" map-eat /text /eaten
expect_contains "$failure" "beyond the 'PHYSICAL' memory limit"
expect_contains "$failure" "physical memory used. Killing container"
expect_nothing_left
! tusk dfs -test -e /eaten || fail "a failed job has an output"

# A new ResourceManager: what ran under the old one is ended, and who waits for it is told.
long_job forgotten
resourcemanager=$(pid_of resourcemanager)
kill_hard "$resourcemanager"
tusk cluster start --dir "$cluster" >/dev/null
! wait "$submitter" || fail "the submitter of a lost job ends with 0"
expect_contains "$(cat "$scratch/forgotten.err")" "lost by a ResourceManager restart"
eventually 10 no_process_below "$cluster/workers/"
expect_failure yarn application -status "$application"
expect_contains "$failure" "lost by a ResourceManager restart"
expect_contains "$(yarn node -list)" "Total Nodes:2"
tusk job run wordcount /text /counts 2>/dev/null
expect_equal "$(tusk dfs -cat '/counts/part-*' | wc -l)" 4 "words after the restart"
