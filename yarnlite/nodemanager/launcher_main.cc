// tusk-container-launcher COMMAND...: runs one container's command and lets nothing of it survive.
//
// Standard input is a pipe whose other end the NodeManager holds:
//   'T'  SIGTERM to the command's process group      'K'  SIGKILL to all of it
//   end  the NodeManager is gone: as 'K'
// The command leads a process group of its own. This process is the reaper of orphans below it, so
// that a child which has left the group (daemonized) is found too. When the command ends, whatever
// it left behind is killed; this process then exits with the command's code, or 128 + its signal.
//
// Small, single-threaded, without libraries: forking it is cheap, and one is alive per container.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int kCannotStart = 127;
constexpr int kLauncherFailed = 126;
constexpr int kKillRounds = 1000;

int Fail(const char* what) {
  fprintf(stderr, "tusk-container-launcher: %s: %s\n", what, strerror(errno));
  return kLauncherFailed;
}

// Kills every direct child; orphans below them become direct children in turn.
void KillChildren() {
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
  FILE* children = fopen(path, "r");
  if (children == nullptr) return;
  int child = 0;
  while (fscanf(children, "%d", &child) == 1) kill(child, SIGKILL);
  fclose(children);
}

// Until no descendant is left.
void KillAll(pid_t group) {
  for (int round = 0; round < kKillRounds; ++round) {
    if (group > 0) kill(-group, SIGKILL);
    KillChildren();
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == ECHILD) return;
    if (pid == 0) poll(nullptr, 0, 1);
  }
}

int ExitCodeOf(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

[[noreturn]] void BecomeCommand(char** command, pid_t launcher) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launcher) _exit(kLauncherFailed);  // it died before the line above
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  execvp(command[0], command);
  fprintf(stderr, "tusk-container-launcher: %s: %s\n", command[0], strerror(errno));
  _exit(kCannotStart);
}

// Reaps what has ended. True once the command itself has.
bool Reap(pid_t command, int* exit_code) {
  bool ended = false;
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return ended;
    if (pid == command) {
      *exit_code = ExitCodeOf(status);
      ended = true;
    }
  }
}

int Supervise(pid_t command, int signals) {
  pollfd watched[] = {{STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}};
  for (;;) {
    if (poll(watched, 2, -1) < 0 && errno != EINTR) return Fail("poll");
    if (watched[1].revents != 0) {
      signalfd_siginfo info;
      if (read(signals, &info, sizeof(info)) < 0 && errno != EAGAIN) return Fail("signalfd");
      int exit_code = 0;
      if (Reap(command, &exit_code)) {
        KillAll(command);
        return exit_code;
      }
    }
    if (watched[0].revents == 0) continue;
    char order = 0;
    const ssize_t got = read(STDIN_FILENO, &order, 1);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got == 1 && order == 'T') {
      kill(-command, SIGTERM);
      continue;
    }
    KillAll(command);
    return 128 + SIGKILL;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: tusk-container-launcher COMMAND...\n");
    return 2;
  }
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return Fail("prctl");
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_signal, nullptr);
  const int signals = signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) return Fail("signalfd");
  const pid_t launcher = getpid();
  const pid_t command = fork();
  if (command < 0) return Fail("fork");
  if (command == 0) BecomeCommand(argv + 1, launcher);
  setpgid(command, command);  // both sides: whoever is first
  return Supervise(command, signals);
}
