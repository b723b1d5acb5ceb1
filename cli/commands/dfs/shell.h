// What a sub-command of `dfs` works with: its file systems, the paths its arguments stand for, and
// the place where it complains.
//
// A path is shown as the user typed it: relative stays relative, a URI stays a URI, and what a
// pattern or a listing finds is shown in the form of the argument.
// Threads: Error may be called from any thread; the rest from one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/file_system.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/config/configuration.h"

namespace tusk::cli {

// A path with what is known of it.
struct PathItem {
  std::string text;  // as it is shown
  std::string path;  // absolute, within `fs`
  std::shared_ptr<FileSystem> fs;
  std::optional<FileStatus> status;  // empty: nothing there

  bool exists() const { return status.has_value(); }
  bool is_directory() const { return status.has_value() && status->is_directory(); }
};

// `parent` + "/" + `name`, shown alike.
PathItem ChildOf(const PathItem& parent, const std::string& name);
// The last component as the user sees it.
std::string NameOf(const PathItem& item);
// "hdfs://host:port/a/b", "file:/a/b": as Hadoop's paths print.
std::string UriOf(const PathItem& item);

class Shell {
 public:
  // `command`: the sub-command's name, in front of every complaint.
  Shell(const Configuration& configuration, std::string command)
      : configuration_(configuration), command_(std::move(command)) {}

  const Configuration& configuration() const { return configuration_; }
  const std::string& command() const { return command_; }

  // The file system an argument names, else the default one.
  StatusOr<std::shared_ptr<FileSystem>> FileSystemOf(std::string_view argument);
  std::shared_ptr<FileSystem> Local();

  // One path, without patterns. Its status is looked up.
  StatusOr<PathItem> Find(const std::string& argument);
  // A path of this host, as -put's sources and -get's target are.
  StatusOr<PathItem> FindLocal(const std::string& argument);
  // All paths a pattern stands for; a plain path that does not exist gives itself without status.
  // An error for a pattern that matches nothing.
  StatusOr<std::vector<PathItem>> Expand(const std::string& argument);
  StatusOr<std::vector<PathItem>> ExpandLocal(const std::string& argument);
  // The children of a directory, by name.
  StatusOr<std::vector<PathItem>> Children(const PathItem& directory);

  // "command: message" on stderr; the command's exit code becomes 1.
  void Error(std::string_view message) EXCLUDES(mu_);
  // The error as Hadoop words it, about `path` as shown: "`/a': No such file or directory".
  void Error(const Status& status, std::string_view path = {}) EXCLUDES(mu_);
  // The exit code becomes 1 without a word, as -test answers "no".
  void Fail() EXCLUDES(mu_);
  int exit_code() const EXCLUDES(mu_);

 private:
  StatusOr<std::vector<PathItem>> ExpandIn(std::shared_ptr<FileSystem> fs,
                                           const std::string& argument);

  const Configuration& configuration_;
  const std::string command_;
  std::map<std::string, std::shared_ptr<FileSystem>> file_systems_;  // by scheme://authority

  mutable Mutex mu_;
  int exit_code_ GUARDED_BY(mu_) = 0;
};

// "`/a': No such file or directory" and its like: Hadoop's PathIOException texts.
std::string NoSuchFile(std::string_view path);
std::string FileExists(std::string_view path);
std::string IsADirectory(std::string_view path);
std::string IsNotADirectory(std::string_view path);

// "`a/b': No such file or directory: `hdfs://host/user/me/a/b'": the parent of `item` is missing.
std::string NoSuchFileAt(const PathItem& item);
// What is said when a directory would be copied or moved onto or into itself; empty when it is not.
std::string LoopError(const PathItem& source, const PathItem& target);

// The first line of an error, in Hadoop's words where it has some.
std::string ErrorText(const Status& status, std::string_view path);

}  // namespace tusk::cli
