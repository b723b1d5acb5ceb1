// What every daemon's main has in common.
//
//   tusk::Status Run(const tusk::Configuration& conf, const std::vector<std::string>& words) {
//     RETURN_IF_ERROR(tusk::BeginDaemon("namenode", conf));   // before the first thread starts
//     ... start ...
//     LOG_INFO("stopping signal={}", tusk::WaitForStopSignal());
//   }
//   int main(int argc, char** argv) {
//     return tusk::DaemonMain(argc, argv, {"tusk-namenode", kUsage, &Run});
//   }
#pragma once

#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/config/configuration.h"

namespace tusk {

struct DaemonArguments {
  std::string config_dir;              // --config DIR; "" when not given
  std::vector<std::string> overrides;  // -D key=value, in order
  bool help = false;
  std::vector<std::string> rest;  // what stands behind these, for the daemon's own options
};

// kInvalidArgument for an option that lacks its value. Options that are not these stay in `rest`.
StatusOr<DaemonArguments> ParseDaemonArguments(int argc, char** argv);

struct DaemonProgram {
  const char* name;   // as errors on stderr begin
  const char* usage;  // whole lines
  // `words`: DaemonArguments::rest.
  Status (*run)(const Configuration& conf, const std::vector<std::string>& words);
};

// Reads the arguments and the configuration, then runs. The exit code: 0, or 1 after one line on
// stderr.
int DaemonMain(int argc, char** argv, const DaemonProgram& program);

// For daemons without options of their own.
Status RefuseWords(const std::vector<std::string>& words);

// Blocks the stop signals, raises the limit of open descriptors, opens the log
// (<tusk.log.dir>/<name>.log), warns of odd configuration and arms the fault points that
// TUSK_FAULTS names.
Status BeginDaemon(const std::string& name, const Configuration& conf);

// SIGTERM, SIGINT and SIGHUP are blocked in this thread and in all it starts; SIGPIPE is ignored.
// A child process must unblock them (ChildProcess does).
void BlockStopSignals();
// Waits for one of them.
int WaitForStopSignal();

}  // namespace tusk
