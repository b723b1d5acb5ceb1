// What every daemon's main has in common: its arguments and its end.
//
//   const auto arguments = ParseDaemonArguments(argc, argv);
//   BlockStopSignals();                 // before the first thread starts
//   ... start ...
//   LOG_INFO("stopping signal={}", WaitForStopSignal());
#pragma once

#include <string>
#include <vector>

#include "common/base/status.h"

namespace tusk {

struct DaemonArguments {
  std::string config_dir;              // --config DIR; "" when not given
  std::vector<std::string> overrides;  // -D key=value, in order
  bool help = false;
  std::vector<std::string> rest;  // what stands behind these, for the daemon's own options
};

// kInvalidArgument for an option that lacks its value. Options that are not these stay in `rest`.
StatusOr<DaemonArguments> ParseDaemonArguments(int argc, char** argv);

// SIGTERM, SIGINT and SIGHUP are blocked in this thread and in all it starts; SIGPIPE is ignored.
// A child process must unblock them (ChildProcess does).
void BlockStopSignals();
// Waits for one of them.
int WaitForStopSignal();

}  // namespace tusk
