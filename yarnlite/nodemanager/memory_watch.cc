#include "yarnlite/nodemanager/memory_watch.h"

#include <dirent.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace tusk::yarnlite {
namespace {

constexpr size_t kMaxProcesses = 10'000;
constexpr size_t kMaxCommand = 200;

std::string ProcPath(int pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

// Children of all threads of `pid`.
void AppendChildren(int pid, std::vector<int>* out) {
  const std::string tasks = ProcPath(pid, "task");
  DIR* dir = ::opendir(tasks.c_str());
  if (dir == nullptr) return;
  while (const dirent* entry = ::readdir(dir)) {
    if (entry->d_name[0] == '.') continue;
    std::ifstream children(tasks + "/" + entry->d_name + "/children");
    int child = 0;
    while (children >> child) out->push_back(child);
  }
  ::closedir(dir);
}

int64_t HeldBytes(int pid) {
  std::ifstream status(ProcPath(pid, "status"));
  std::string line;
  int64_t kilobytes = 0;
  while (std::getline(status, line)) {
    long long value = 0;
    if (std::sscanf(line.c_str(), "RssAnon: %lld kB", &value) == 1 ||
        std::sscanf(line.c_str(), "RssShmem: %lld kB", &value) == 1) {
      kilobytes += value;
    }
  }
  return kilobytes * 1024;
}

std::string CommandOf(int pid) {
  std::ifstream in(ProcPath(pid, "cmdline"), std::ios::binary);
  std::string command((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  for (char& c : command) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  if (command.size() > kMaxCommand) command.resize(kMaxCommand);
  return command;
}

std::string Gigabytes(int64_t bytes) {
  char text[64];
  const double mb = static_cast<double>(bytes) / (1 << 20);
  if (mb < 1024) {
    std::snprintf(text, sizeof(text), "%.1f MB", mb);
  } else {
    std::snprintf(text, sizeof(text), "%.1f GB", mb / 1024);
  }
  return text;
}

}  // namespace

std::vector<ProcessMemory> MemoryBelow(int pid) {
  std::vector<ProcessMemory> found;
  std::vector<int> open;
  AppendChildren(pid, &open);
  while (!open.empty() && found.size() < kMaxProcesses) {
    const int next = open.back();
    open.pop_back();
    found.push_back({next, HeldBytes(next), {}});
    AppendChildren(next, &open);
  }
  return found;
}

int64_t TotalBytes(const std::vector<ProcessMemory>& processes) {
  int64_t sum = 0;
  for (const ProcessMemory& process : processes) sum += process.bytes;
  return sum;
}

std::string ExceededText(const std::string& container, int64_t used_bytes, int64_t limit_mb,
                         const std::vector<ProcessMemory>& processes) {
  const int64_t limit = limit_mb << 20;
  std::string text =
      "Container [containerID=" + container + "] is running " + std::to_string(used_bytes - limit) +
      "B beyond the 'PHYSICAL' memory limit. Current usage: " + Gigabytes(used_bytes) + " of " +
      Gigabytes(limit) +
      " physical memory used. Killing container.\nDump of the process-tree for " + container +
      " :\n";
  for (const ProcessMemory& process : processes) {
    text += "\t|- " + std::to_string(process.pid) + " " + Gigabytes(process.bytes) + " " +
            CommandOf(process.pid) + "\n";
  }
  return text;
}

}  // namespace tusk::yarnlite
