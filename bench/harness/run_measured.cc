// What does one run of a command cost: wall time, CPU time, peak memory?
//
//   bench_run_measured [-n RUNS] COMMAND [ARGUMENT]...
//
// One JSON line per run. The command's output goes to /dev/null, its errors stay. Exit code 1 when
// a run fails. A small process of its own, because a child's peak memory includes that of the
// process which forked it.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

bool RunOnce(char** command, const posix_spawn_file_actions_t& actions) {
  const auto begin = std::chrono::steady_clock::now();
  pid_t child = 0;
  const int error = posix_spawnp(&child, command[0], &actions, nullptr, command, environ);
  if (error != 0) {
    std::fprintf(stderr, "bench_run_measured: %s: %s\n", command[0], std::strerror(error));
    return false;
  }
  int status = 0;
  rusage used{};
  if (wait4(child, &status, 0, &used) != child) return false;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::fprintf(stderr, "bench_run_measured: %s ended with status %d\n", command[0], status);
    return false;
  }
  std::printf("{\"wall_s\":%.6f,\"user_s\":%.6f,\"system_s\":%.6f,\"peak_kib\":%ld}\n",
              wall.count(), Seconds(used.ru_utime), Seconds(used.ru_stime), used.ru_maxrss);
  std::fflush(stdout);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  int runs = 1;
  int first = 1;
  if (argc > 2 && std::strcmp(argv[1], "-n") == 0) {
    runs = std::atoi(argv[2]);
    first = 3;
  }
  if (first >= argc || runs < 1) {
    std::fprintf(stderr, "usage: bench_run_measured [-n RUNS] COMMAND [ARGUMENT]...\n");
    return 2;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  for (int i = 0; i < runs; ++i) {
    if (!RunOnce(argv + first, actions)) return 1;
  }
  posix_spawn_file_actions_destroy(&actions);
  return 0;
}
