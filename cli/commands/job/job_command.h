// tusk job run, and mapred job -list, -status, -kill, -counter.
#pragma once

#include "cli/command.h"

namespace tusk::cli {

void AddJobCommands(CommandTable* table);

// The two commands themselves.
int RunJobRun(Invocation& invocation);
int RunMapredJob(Invocation& invocation);

}  // namespace tusk::cli
