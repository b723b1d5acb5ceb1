// Containers' log files: <log dir>/<application>/<container>/{stdout,stderr,...}. They stay when
// the container has ended, until they are older than the retention time.
//
// Functions over the file system; no state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "yarnlite/api/ids.h"

namespace tusk::yarnlite {

struct LogFile {
  ContainerId container;
  std::string name;
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
};

std::string ContainerLogDirectory(const std::string& log_dir, const ContainerId& id);

// Of all containers that ran here, by container and name.
std::vector<LogFile> ListLogs(const std::vector<std::string>& log_dirs,
                              const ApplicationId& application);

// A descriptor to be closed; kNotFound when there is no such log.
StatusOr<int> OpenLog(const std::vector<std::string>& log_dirs, const ContainerId& id,
                      const std::string& name);

// The last `limit` bytes; empty when there are none.
std::string TailOfFile(const std::string& path, int64_t limit);

// Removes applications' logs that nobody wrote to since `before_ms`. Returns how many.
int RemoveLogsOlderThan(const std::vector<std::string>& log_dirs, int64_t before_ms);

}  // namespace tusk::yarnlite
