// The files of a cluster's conf folder, and its remembered options.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "cli/commands/cluster/cluster_layout.h"
#include "common/base/status.h"

namespace tusk::cli {

// The text of each site file by its name ("hdfs-site.xml"): what the layout says, then the
// overrides. Usable by any Hadoop client with HADOOP_CONF_DIR alone.
std::map<std::string, std::string> SiteFiles(const ClusterOptions& options);

// kInvalidArgument for an override that no daemon could take: a value out of its key's bounds, an
// unknown key of our own, a key that differs from worker to worker.
Status CheckOverrides(const ClusterOptions& options);

// Writes site files, rack table and, the first time, the cluster's secret (mode 0600).
Status WriteConfFolder(const ClusterOptions& options);

// What an earlier `start` was given; nullopt when there was none.
StatusOr<std::optional<ClusterOptions>> LoadOptions(const std::string& dir);
Status SaveOptions(const ClusterOptions& options);

}  // namespace tusk::cli
