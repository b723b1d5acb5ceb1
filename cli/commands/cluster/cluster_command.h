// tusk cluster start|status|stop
#pragma once

#include "cli/command.h"

namespace tusk::cli {

void AddClusterCommands(CommandTable* table);

}  // namespace tusk::cli
