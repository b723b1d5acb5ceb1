// The files of this host ("file:///") as a FileSystem: sources of -put, targets of -get.
//
// Modes and times are the system's; replication is 1, the block size Hadoop's 32 MB. Deleting does
// not follow links. A file being written appears under its name at once.
// Fails: Hadoop's reasons where the system has the same (kFileNotFound, kAccessControl ...).
#pragma once

#include <memory>

#include "client/file_system.h"

namespace tusk::client {

std::shared_ptr<FileSystem> MakeLocalFileSystem();

}  // namespace tusk::client
