#!/usr/bin/env bash
# kill -9 at random moments of sorts and word counts, in both modes: of a task runner, the driver, a
# NodeManager, the ResourceManager. Each job ends with the right output, or, if it was lost with the
# ResourceManager, says so; either way no process, no container's folder and no hidden output is left.
#
#   TUSK_JOB_KILLS   how many (each victim in turn); otherwise 8, and 50 with TUSK_DEEP, in the deep check
#   TUSK_TEST_SEED   repeats the random moments of an earlier run
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/jobs.sh"
deep=${TUSK_DEEP:+50}
kills=${TUSK_JOB_KILLS:-${deep:-8}}
seed=${TUSK_TEST_SEED:-$((RANDOM + $$))}
echo "$kills kills, TUSK_TEST_SEED=$seed"
RANDOM=$seed
start_cluster --workers 3 -D dfs.replication=2

tusk job run -D mapreduce.job.maps=6 -D dfs.blocksize=4m teragen 1500000 /rows 2>/dev/null
seq 1 2000000 | awk '{ print "word" $1 % 977, "and another", $1 % 31 }' >"$scratch/text"
tusk dfs -mkdir /text
for i in 1 2 3; do tusk dfs -D dfs.blocksize=8m -put "$scratch/text" /text/$i; done

now_ms() { echo $(($(date +%s%N) / 1000000)); }
digest() { tusk dfs -cat "$1/part-*" | sha256sum; }

program() {  # MODE PROGRAM OUTPUT: becomes the submitter
  local mode=$1 output=$3
  case $2 in
    sort) submit job tusk job run --mode "$mode" -D mapreduce.job.reduces=4 terasort /rows "$output" ;;
    count) submit job tusk job run --mode "$mode" -D mapreduce.job.reduces=3 wordcount /text "$output" ;;
  esac
}

# What is right, and how long it takes, says a run that nothing disturbs.
declare -A right took
for mode in disk memory; do
  for name in sort count; do
    began=$(now_ms)
    program $mode $name /$name-$mode
    finished_well job
    took[$name-$mode]=$(($(now_ms) - began))
    right[$name-$mode]=$(digest /$name-$mode)
  done
done
echo "undisturbed, ms: sort ${took[sort-disk]} ${took[sort-memory]}, count ${took[count-disk]} ${took[count-memory]}"

# The pid of a running victim; none, when the job has none at this moment.
victim_pid() {
  local pids
  case $1 in
    runner | driver) mapfile -t pids < <(container_pids "$1") ;;
    nodemanager) pids=("$(pid_of "nodemanager-$((RANDOM % 3 + 1))")") ;;
    resourcemanager) pids=("$(pid_of resourcemanager)") ;;
  esac
  [ ${#pids[@]} -eq 0 ] || echo "${pids[RANDOM % ${#pids[@]}]}"
}

victims=(runner driver nodemanager resourcemanager)
declare -A outcomes
for ((i = 0; i < kills; i++)); do
  victim=${victims[i % 4]}
  mode=$([ $((i / 4 % 2)) = 0 ] && echo disk || echo memory)
  name=$([ $((RANDOM % 2)) = 0 ] && echo sort || echo count)
  output=/killed/$i
  began=$(now_ms)
  program $mode $name $output
  moment=$((RANDOM % took[$name-$mode]))
  sleep "$((moment / 1000)).$(printf %03d $((moment % 1000)))"
  pid=$(victim_pid $victim)
  [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
  case $victim in *manager) tusk cluster start --dir "$cluster" >/dev/null ;; esac

  what="$name in $mode mode, $victim ${pid:-(none there)} killed after $moment ms"
  if wait "$submitter"; then
    outcome=right
    expect_equal "$(digest $output)" "${right[$name-$mode]}" "the output of $what"
  elif [ $victim = resourcemanager ]; then
    outcome="lost with the ResourceManager"
    grep -q "lost by a ResourceManager restart" "$scratch/job.err" || { cat "$scratch/job.err"; fail "no clear word: $what"; }
    # Whole, or not there at all: it may have been committed just before.
    if tusk dfs -test -e $output; then
      expect_equal "$(digest $output)" "${right[$name-$mode]}" "the output of $what"
    fi
  else
    cat "$scratch/job.err"
    fail "the job ended badly: $what"
  fi
  echo "$what: $outcome, $(($(now_ms) - began)) ms"
  [ -n "$pid" ] || outcome="no such process any more"
  outcomes[$outcome]=$((${outcomes[$outcome]:-0} + 1))
  expect_nothing_left
  tusk dfs -rm -r -f $output >/dev/null
done
# A driver that is killed in its last attempt can clear up nothing itself. Its mappers wait for it.
submit last mapred streaming -D mapreduce.am.max-attempts=1 -input /text -output /killed/last -mapper 'sleep 300' -reducer NONE
output_begun() { [ -n "$(tusk dfs -find /killed -name '.last.application_*')" ]; }
eventually 10 output_begun
kill_hard "$(container_pids driver)"
if wait "$submitter"; then fail "a job ended well without a driver"; fi
grep -q "$application failed 1 times" "$scratch/last.err" || { cat "$scratch/last.err"; fail "no clear word of the driver's end"; }
if tusk dfs -test -e /killed/last; then fail "the output of a job that failed is there"; fi
expect_nothing_left

for outcome in "${!outcomes[@]}"; do echo "${outcomes[$outcome]} of $kills: $outcome"; done
