#!/usr/bin/env bash
# kill -9 during a sort: of a task runner, of a whole NodeManager (its containers die with it), of the
# driver. Each time the job ends well, its output is validated, and nothing is left behind.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/jobs.sh"
start_cluster --workers 3 -D dfs.replication=1
maps=72
# 300 MB, or 75 MB under a sanitizer: a sort of some seconds.
if compares_figures; then rows=3000000 block=4m; else rows=750000 block=1m; fi

tusk job run -D mapreduce.job.maps=6 -D dfs.blocksize=$block teragen $rows /in 2>"$scratch/gen.err" ||
  { cat "$scratch/gen.err"; fail "teragen"; }
tusk job run teravalidate /in /in-sums 2>/dev/null && fail "teravalidate takes what is not sorted"

sort() {  # MODE NAME: begins to sort /in to /NAME
  submit "$2" tusk job run --mode "$1" -D mapreduce.job.reduces=8 terasort /in "/$2"
}

expect_sorted() {  # NAME
  finished_well "$1"
  tusk job run teravalidate "/$1" "/$1-report" 2>"$scratch/val.err" ||
    { cat "$scratch/val.err"; tusk dfs -cat "/$1-report/part*"; fail "/$1 is not sorted"; }
  expect_equal "$(counter org.apache.hadoop.mapreduce.TaskCounter REDUCE_OUTPUT_RECORDS)" $rows "records of /$1"
  tusk dfs -test -e "/$1/_SUCCESS"
  expect_nothing_left
  tusk dfs -rm -r "/$1" >/dev/null
}

# Sets $driver, and $runner with its $worker: one that is not on the driver's worker. At the job's beginning, as
# looking through all processes takes its time, and the job does not wait.
pick_runner() {
  eventually 10 runner_away_from_driver
}

runner_away_from_driver() {
  local driver_worker
  driver=$(container_pids driver)
  [ -n "$driver" ] || return 1
  driver_worker=$(worker_of "$driver")
  for runner in $(container_pids runner); do
    worker=$(worker_of "$runner")
    [ "$worker" = "$driver_worker" ] || return 0
  done
  return 1
}

for mode in disk memory; do
  sort $mode runner-$mode
  pick_runner
  during "Map terasort" 15
  kill_hard "$runner"
  expect_sorted runner-$mode

  # When the maps are done, so that its map outputs are missed.
  sort $mode node-$mode
  pick_runner
  during "Map terasort" $maps
  kill_hard "$(pid_of "nodemanager-$worker")"
  eventually 2 no_process_below "$cluster/workers/127.0.10.$worker/"
  tusk cluster start --dir "$cluster" >/dev/null
  expect_sorted node-$mode
done

sort disk driver
pick_runner
during "Map terasort" 15
kill_hard "$driver"
expect_sorted driver
