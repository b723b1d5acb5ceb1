// `tusk dfsadmin`: what an administrator asks of the NameNode.
#pragma once

#include "cli/command.h"

namespace tusk::cli {

void AddDfsAdminCommands(CommandTable* table);

}  // namespace tusk::cli
