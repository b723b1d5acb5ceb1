#include "common/process/daemon.h"

#include <pthread.h>
#include <signal.h>

namespace tusk {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

}  // namespace

StatusOr<DaemonArguments> ParseDaemonArguments(int argc, char** argv) {
  DaemonArguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool takes_value = argument == "--config" || argument == "-D";
    if (takes_value && i + 1 == argc) {
      return InvalidArgumentError(argument + " needs a value");
    }
    if (argument == "--config") {
      arguments.config_dir = argv[++i];
    } else if (argument == "-D") {
      arguments.overrides.emplace_back(argv[++i]);
    } else if (argument.starts_with("--config=")) {
      arguments.config_dir = argument.substr(9);
    } else if (argument.starts_with("-D") && argument.find('=') != std::string::npos) {
      arguments.overrides.push_back(argument.substr(2));
    } else if (argument == "-h" || argument == "--help" || argument == "-help") {
      arguments.help = true;
    } else {
      arguments.rest.push_back(argument);
    }
  }
  return arguments;
}

void BlockStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int WaitForStopSignal() {
  const sigset_t signals = StopSignals();
  for (;;) {
    int signal_number = 0;
    if (sigwait(&signals, &signal_number) == 0) return signal_number;
  }
}

}  // namespace tusk
