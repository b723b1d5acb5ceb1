#include "common/daemon/daemon.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdio>

#include "common/base/log.h"
#include "common/config/core_keys.h"
#include "common/fault/fault_point.h"

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

// As many descriptors as the system lets this user have: a login shell's 1024 would be few clients.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) {
    LOG_WARN("at most {} descriptors can be open: {}", limit.rlim_cur,
             ErrnoError("setrlimit", errno));
  }
}

StatusOr<Configuration> LoadConfiguration(const DaemonArguments& arguments) {
  ASSIGN_OR_RETURN(Configuration conf, Configuration::LoadDefault(arguments.config_dir));
  for (const std::string& assignment : arguments.overrides) {
    RETURN_IF_ERROR(conf.AddOverride(assignment));
  }
  return conf;
}

Status RunDaemon(const DaemonArguments& arguments, const DaemonProgram& program) {
  ASSIGN_OR_RETURN(const Configuration conf, LoadConfiguration(arguments));
  return program.run(conf, arguments.rest);
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

int DaemonMain(int argc, char** argv, const DaemonProgram& program) {
  const auto arguments = ParseDaemonArguments(argc, argv);
  if (arguments.ok() && arguments->help) {
    std::fputs(program.usage, stdout);
    return 0;
  }
  const Status status = arguments.ok() ? RunDaemon(*arguments, program) : arguments.status();
  FlushLogs();
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s: %s\n", program.name, status.message().c_str());
  return 1;
}

Status RefuseWords(const std::vector<std::string>& words) {
  if (words.empty()) return Status::Ok();
  return InvalidArgumentError("unknown option " + words.front() + "; --help lists them");
}

Status BeginDaemon(const std::string& name, const Configuration& conf) {
  BlockStopSignals();
  LogOptions options;
  options.program = name;
  ASSIGN_OR_RETURN(const std::string dir, conf.Get(keys::kLogDir));
  if (!dir.empty()) options.file = dir + "/" + name + ".log";
  ASSIGN_OR_RETURN(options.level, conf.Get(keys::kLogLevel));
  RETURN_IF_ERROR(InitLogging(options));
  RaiseDescriptorLimit();
  for (const std::string& warning : conf.warnings()) LOG_WARN("{}", warning);
  for (const std::string& key : conf.UnknownTuskKeys()) LOG_WARN("unknown key {}", key);
  return ArmFaultsFromEnvironment();
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
