# Sourced by shell tests: a cluster of its own in a temporary folder, stopped and removed at the end.
#
#   . "$(dirname "$0")/../lib/cluster.sh"
#   start_cluster --workers 3 -D dfs.blocksize=1m
#   expect_equal "$(tusk dfs -ls / | wc -l)" 3
#
# TUSK_BIN: folder of the programs. Needs free ports; each test takes a range of 64 of its own.
# TUSK_SLOWDOWN: how many times slower than a release build they are, at most; ctest sets it for a build
# with a sanitizer. Limits of time grow with it; figures are judged only where it is 1 (compares_figures).
set -euo pipefail
: "${TUSK_BIN:?set TUSK_BIN to the folder of the programs}"
PATH=$TUSK_BIN:$PATH
slowdown=${TUSK_SLOWDOWN:-1}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tusk-it-XXXXXX")

# Whatever a sanitizer finds in any process below this one - a daemon, a container, a command, a program
# of the test - goes into a file of its own here, not into an output that somebody may throw away.
sanitizer_reports=$scratch/sanitizer-reports
mkdir "$sanitizer_reports"
for options in ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS; do
  export $options="${!options:+${!options}:}log_path=$sanitizer_reports/report:log_exe_name=1"
done
cluster_dirs=()
at_finish=()  # commands that stop what a test started besides

finish() {
  local code=$?
  if [ $code -ne 0 ]; then
    for dir in "${cluster_dirs[@]}"; do
      echo "--- last log lines below $dir"
      tail -n 15 "$dir"/logs/*.log 2>/dev/null || true
    done
  fi
  for dir in "${cluster_dirs[@]}"; do tusk cluster stop --dir "$dir" >/dev/null 2>&1 || true; done
  if sanitizers_spoke; then code=1; fi
  local command
  for command in "${at_finish[@]}"; do $command || true; done
  [ -n "${TUSK_KEEP:-}" ] || rm -rf "$scratch"
  exit $code
}
trap finish EXIT

# Whether a sanitizer reported something; it is shown.
sanitizers_spoke() {
  # LeakSanitizer remarks this of a process that was killed while it looked.
  grep -hrv 'was not suspended. False leaks are possible.$' "$sanitizer_reports" >"$scratch/sanitizer-report" || return 1
  echo "--- sanitizers report:"
  head -n 200 "$scratch/sanitizer-report"
}

# Whether times and memory are those of the programs as they ship.
compares_figures() { [ "$slowdown" = 1 ]; }
set -E
trap 'echo "FAILED: line $LINENO of ${BASH_SOURCE##*/}: $BASH_COMMAND" >&2' ERR

fail() { echo "FAILED: $*" >&2; exit 1; }

expect_equal() {  # ACTUAL EXPECTED [WHAT]
  [ "$1" = "$2" ] || fail "${3:-values differ}: got '$1', expected '$2'"
}

expect_contains() {  # TEXT PART
  case $1 in *"$2"*) ;; *) fail "'$2' is not in: $1" ;; esac
}

expect_failure() {  # COMMAND...: must exit non-zero; its stderr lands in $failure
  if failure=$("$@" 2>&1 >/dev/null); then fail "should have failed: $*"; fi
}

# eventually SECONDS COMMAND...: waits for a condition, never for a time.
eventually() {
  local until=$(($(date +%s) + $1 * slowdown)); shift
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$until" ] || fail "did not come true: $*"
    sleep 0.05
  done
}

free_base_port() { "$(dirname "${BASH_SOURCE[0]}")/../../scripts/free_base_port"; }

# start_cluster [options of tusk cluster start]: sets $cluster (its folder), HADOOP_CONF_DIR.
start_cluster() {
  # A container that is told to end has time for LeakSanitizer's look.
  compares_figures || set -- -D yarn.nodemanager.sleep-delay-before-sigkill.ms=$((250 * slowdown)) "$@"
  cluster=$scratch/cluster${#cluster_dirs[@]}
  cluster_dirs+=("$cluster")
  tusk cluster start --dir "$cluster" --base-port "$(free_base_port)" "$@" >"$scratch/start.log" 2>&1 ||
    { cat "$scratch/start.log"; fail "cluster start"; }
  export HADOOP_CONF_DIR=$cluster/conf
}

# pid_of NAME: of a daemon of $cluster: namenode, datanode-2 (the second worker's), nodemanager-1, ...
pid_of() {
  local name=$1
  case $name in *-[0-9]*) name=${name%-*}-127.0.10.${name##*-} ;; esac
  cut -d ' ' -f 1 "$cluster/run/$name.pid"
}

# Whether the process runs: one that ended and that nobody has waited for does not.
alive() {
  local state
  state=$(sed -n 's/.*) \(.\) .*/\1/p' "/proc/$1/stat" 2>/dev/null) && [ -n "$state" ] && [ "$state" != Z ]
}

# kill -9, and wait until it is gone.
kill_hard() {
  kill -9 "$1"
  while alive "$1"; do sleep 0.01; done
}

# The configured value of a key, from the cluster's own files.
conf_value() {
  sed -n "/<name>$1<\/name>/{n;s/.*<value>\(.*\)<\/value>.*/\1/p}" "$HADOOP_CONF_DIR"/*-site.xml | head -n 1
}

# skip_unless_required REASON: 77 tells ctest "skipped"; TUSK_REQUIRE_COMPAT=1 makes it a failure.
skip_unless_required() {
  if [ "${TUSK_REQUIRE_COMPAT:-0}" = 1 ]; then fail "$1"; fi
  echo "SKIPPED: $1"
  exit 77
}
