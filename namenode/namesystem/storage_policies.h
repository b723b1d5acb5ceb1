// Hadoop's built-in block storage policies, as getStoragePolicies answers them: clients print their
// names from it.
#pragma once

#include <vector>

#include "common/protocol/file_status.h"

namespace tusk::namenode {

const std::vector<StoragePolicy>& BuiltInStoragePolicies();

}  // namespace tusk::namenode
