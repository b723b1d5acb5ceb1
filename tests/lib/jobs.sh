# Sourced after cluster.sh by tests that run jobs: submit them in the background, find their processes,
# and look at what they leave behind.

# submit NAME COMMAND...: starts a command that follows a job; its output goes to $scratch/NAME.{out,err}.
# Sets $submitter (the pid to wait for) and $application.
submit() {
  local name=$1; shift
  rm -f "$scratch/$name".{out,err}  # of a job before this one, whose application would be taken for ours
  "$@" >"$scratch/$name.out" 2>"$scratch/$name.err" &
  submitter=$!
  eventually 10 grep -q '^submitted application_' "$scratch/$name.err"
  application=$(sed -n 's/^submitted //p' "$scratch/$name.err")
}

# finished_well NAME: the submitter ends with 0.
finished_well() {
  wait "$submitter" || { cat "$scratch/$1.err"; fail "the job $1 did not survive"; }
}

# Pids of the containers of $application, of one role (driver or runner), below one worker (or all).
container_pids() {  # ROLE [WORKER]
  local role=$1 worker=${2:-} pid cwd
  for pid in $(processes_below "$cluster/workers/${worker:+127.0.10.$worker/}"); do
    cwd=$(readlink "/proc/$pid/cwd" 2>/dev/null) || continue
    case $cwd in *"/$application/container_"*) ;; *) continue ;; esac
    tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx "TUSK_ROLE=$role" && echo "$pid"
  done
  return 0
}

# The number (1, 2, ...) of the worker on which a process of a container runs.
worker_of() {
  local rest
  rest=$(readlink "/proc/$1/cwd")
  rest=${rest#"$cluster/workers/127.0.10."}
  echo "${rest%%/*}"
}

# Pids of the processes that work in a folder or below it. One program for all of them: a job may be
# over before a process was started for each.
processes_below() {
  find /proc/[0-9]*/cwd -maxdepth 0 -lname "$1*" -printf '%h\n' 2>/dev/null | sed 's,.*/,,' || true
}

no_process_below() { [ -z "$(processes_below "$1")" ]; }

# stage_reached STAGE COUNT: whether COUNT tasks of $application's stage (a name) are done.
stage_reached() {
  local line
  line=$(mapred job -status "job${application#application}" 2>/dev/null | grep -F "($1):") || return 1
  line=${line#*: }
  [ "${line%% *}" -ge "$2" ]
}

# during STAGE COUNT: waits until that many tasks are done, and no longer than the job.
during() {
  local until=$(($(date +%s) + 20 * slowdown))
  until stage_reached "$1" "$2"; do
    alive "$submitter" || fail "the job ended before $2 tasks of '$1' were done"
    [ "$(date +%s)" -lt "$until" ] || fail "$2 tasks of '$1' are never done"
  done
}

counter() {  # GROUP NAME: of $application
  mapred job -counter "job${application#application}" "$1" "$2"
}

no_application_folder() {
  ! compgen -G "$cluster/workers/*/local/usercache/*/appcache/application_*" >"$scratch/folders"
}

# Nothing half-written in the DFS, no process of any job, no folder of a job on the workers.
expect_nothing_left() {
  eventually 10 no_process_below "$cluster/workers/"
  local left
  left=$(tusk dfs -find / -name _temporary; tusk dfs -find / -name '.*.application_*')
  expect_equal "$left" "" "left in the DFS"
  eventually 10 no_application_folder
}
