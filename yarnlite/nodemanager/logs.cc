#include "yarnlite/nodemanager/logs.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "yarnlite/nodemanager/local_file_service.h"

namespace tusk::yarnlite {
namespace {

namespace fs = std::filesystem;

int64_t ModifiedMillis(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return 0;
  return int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

int64_t NewestBelow(const std::string& directory) {
  int64_t newest = ModifiedMillis(directory);
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(directory, error)) {
    newest = std::max(newest, ModifiedMillis(entry.path().string()));
  }
  return newest;
}

}  // namespace

std::string ContainerLogDirectory(const std::string& log_dir, const ContainerId& id) {
  return log_dir + "/" + id.attempt.application.ToString() + "/" + id.ToString();
}

std::vector<LogFile> ListLogs(const std::vector<std::string>& log_dirs,
                              const ApplicationId& application) {
  std::vector<LogFile> files;
  for (const std::string& log_dir : log_dirs) {
    std::error_code error;
    for (const auto& directory :
         fs::directory_iterator(log_dir + "/" + application.ToString(), error)) {
      const auto id = ContainerId::Parse(directory.path().filename().string());
      if (!id.ok()) continue;
      for (const auto& entry : fs::directory_iterator(directory.path(), error)) {
        if (!entry.is_regular_file(error)) continue;
        files.push_back({*id, entry.path().filename().string(),
                         static_cast<int64_t>(entry.file_size(error)),
                         ModifiedMillis(entry.path().string())});
      }
    }
  }
  std::sort(files.begin(), files.end(), [](const LogFile& a, const LogFile& b) {
    return std::tie(a.container, a.name) < std::tie(b.container, b.name);
  });
  return files;
}

StatusOr<int> OpenLog(const std::vector<std::string>& log_dirs, const ContainerId& id,
                      const std::string& name) {
  for (const std::string& log_dir : log_dirs) {
    auto file = OpenConfined(ContainerLogDirectory(log_dir, id), name);
    if (file.ok() || file.status().code() != Code::kNotFound) return file;
  }
  return NotFoundError("no log " + name + " of " + id.ToString() + " on this node");
}

std::string TailOfFile(const std::string& path, int64_t limit) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return "";
  const int64_t size = in.tellg();
  const int64_t from = std::max<int64_t>(0, size - limit);
  in.seekg(from);
  std::string tail(static_cast<size_t>(size - from), '\0');
  in.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  tail.resize(static_cast<size_t>(in.gcount()));
  return tail;
}

int RemoveLogsOlderThan(const std::vector<std::string>& log_dirs, int64_t before_ms) {
  int removed = 0;
  for (const std::string& log_dir : log_dirs) {
    std::vector<std::string> doomed;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(log_dir, error)) {
      const bool ours = ApplicationId::Parse(entry.path().filename().string()).ok();
      if (ours && NewestBelow(entry.path().string()) < before_ms) {
        doomed.push_back(entry.path().string());
      }
    }
    for (const std::string& path : doomed) {
      fs::remove_all(path, error);
      ++removed;
    }
  }
  return removed;
}

}  // namespace tusk::yarnlite
