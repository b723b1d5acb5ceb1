// How much memory the processes of a container hold: anonymous and shared pages of the launcher's
// descendants. Mapped files do not count, the page cache gives them back.
//
// Reads /proc; no state. A process that ends meanwhile counts as nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tusk::yarnlite {

struct ProcessMemory {
  int pid = 0;
  int64_t bytes = 0;    // RssAnon + RssShmem
  std::string command;  // its command line, cut
};

// All below `pid`, without itself: the launcher is not the container's.
std::vector<ProcessMemory> MemoryBelow(int pid);

int64_t TotalBytes(const std::vector<ProcessMemory>& processes);

// Hadoop's words for a container that held too much, with its processes.
std::string ExceededText(const std::string& container, int64_t used_bytes, int64_t limit_mb,
                         const std::vector<ProcessMemory>& processes);

}  // namespace tusk::yarnlite
