// The text of `dfsadmin -report`, line for line as Hadoop prints it.
#pragma once

#include <string>

#include "common/protocol/datanode_info.h"
#include "common/protocol/file_status.h"

namespace tusk::cli {

// "Configured Capacity: ..." to "Pending deletion blocks: ...".
std::string SummaryText(const FsStats& space, const FsStats& replicated, const FsStats& ec);

// One DataNode. `name`: its host name by reverse look-up; empty when it has none.
std::string DatanodeText(const DatanodeInfo& node, const std::string& name);

// "755.92 GB", "0 B".
std::string ByteText(int64_t bytes);

}  // namespace tusk::cli
