// `tusk fsck`: the health of files, as the NameNode's /fsck reports it.
#pragma once

#include "cli/command.h"

namespace tusk::cli {

void AddFsckCommands(CommandTable* table);

}  // namespace tusk::cli
