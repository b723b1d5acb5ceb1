// tusk job run; mapred job -list, -status, -kill, -counter; mapred streaming.
#pragma once

#include "cli/command.h"

namespace tusk::cli {

void AddJobCommands(CommandTable* table);

// The commands themselves.
int RunJobRun(Invocation& invocation);
int RunMapredJob(Invocation& invocation);
int RunMapredStreaming(Invocation& invocation);

}  // namespace tusk::cli
