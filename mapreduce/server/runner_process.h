// A runner as a process of its own: everything a TaskRunner needs, wired for a container.
//
// Life:    RunRunner ends the process: 0 after its driver said so, 1 when it was refused or its
//          driver was lost. Static destructors do not run.
#pragma once

#include "mapreduce/server/container_environment.h"

namespace tusk::mapreduce {

[[noreturn]] void RunRunner(ContainerEnvironment environment);

}  // namespace tusk::mapreduce
