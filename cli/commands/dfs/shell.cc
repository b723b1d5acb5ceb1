#include "cli/commands/dfs/shell.h"

#include <cstdio>
#include <utility>

#include "client/glob.h"
#include "client/path.h"
#include "common/config/core_keys.h"
#include "common/net/host_port.h"

namespace tusk::cli {
namespace {

std::string Quoted(std::string_view path, std::string_view what) {
  return "`" + std::string(path) + "': " + std::string(what);
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// How the paths found for an argument are shown: what of the absolute path is replaced by what.
struct Presentation {
  std::string drop;
  std::string prefix;

  std::string Show(const std::string& path) const {
    if (!drop.empty() && path + "/" == drop) return ".";
    if (!path.starts_with(drop)) return prefix + path;
    return prefix + path.substr(drop.size());
  }
};

Presentation PresentationOf(const FileSystem& fs, const std::string& argument) {
  const StatusOr<UriParts> parts = ParseUri(argument);
  if (parts.ok() && !parts->scheme.empty()) {
    return {"", parts->scheme + "://" + parts->authority};
  }
  if (argument.starts_with("/")) return {"", ""};
  // Relative: hide the working directory (of HDFS: the home).
  std::string base = fs.Resolve(".").value_or("/");
  if (base != "/") base += "/";
  return {base, ""};
}

}  // namespace

PathItem ChildOf(const PathItem& parent, const std::string& name) {
  PathItem child;
  child.fs = parent.fs;
  child.path = client::JoinPath(parent.path, name);
  child.text = parent.text == "." ? name : client::JoinPath(parent.text, name);
  return child;
}

std::string NameOf(const PathItem& item) {
  return client::BaseName(item.path);
}

std::string UriOf(const PathItem& item) {
  return (item.fs->uri() == "file://" ? "file:" : item.fs->uri()) + item.path;
}

// ---- file systems
// --------------------------------------------------------------------------------

StatusOr<std::shared_ptr<FileSystem>> Shell::FileSystemOf(std::string_view argument) {
  std::string uri;
  if (const StatusOr<UriParts> parts = ParseUri(argument); parts.ok() && !parts->scheme.empty()) {
    uri = parts->scheme + "://" + parts->authority;
    if (parts->scheme == "hdfs" && parts->authority.empty()) uri.clear();
  }
  if (uri.empty()) {
    ASSIGN_OR_RETURN(uri, configuration_.Get(keys::kDefaultFs));
  }
  std::shared_ptr<FileSystem>& known = file_systems_[uri];
  if (known == nullptr) {
    ASSIGN_OR_RETURN(known, FileSystem::Connect(configuration_, {uri, ""}));
  }
  return known;
}

std::shared_ptr<FileSystem> Shell::Local() {
  return FileSystemOf("file:///").value();
}

// ---- paths
// ---------------------------------------------------------------------------------------

StatusOr<PathItem> Shell::Find(const std::string& argument) {
  PathItem item;
  item.text = argument;
  ASSIGN_OR_RETURN(item.fs, FileSystemOf(argument));
  ASSIGN_OR_RETURN(item.path, item.fs->Resolve(argument));
  ASSIGN_OR_RETURN(item.status, item.fs->FindStatus(item.path));
  return item;
}

StatusOr<PathItem> Shell::FindLocal(const std::string& argument) {
  PathItem item;
  item.text = argument;
  item.fs = Local();
  ASSIGN_OR_RETURN(item.path, item.fs->Resolve(argument));
  ASSIGN_OR_RETURN(item.status, item.fs->FindStatus(item.path));
  return item;
}

StatusOr<std::vector<PathItem>> Shell::Expand(const std::string& argument) {
  ASSIGN_OR_RETURN(std::shared_ptr<FileSystem> fs, FileSystemOf(argument));
  return ExpandIn(std::move(fs), argument);
}

StatusOr<std::vector<PathItem>> Shell::ExpandLocal(const std::string& argument) {
  return ExpandIn(Local(), argument);
}

StatusOr<std::vector<PathItem>> Shell::ExpandIn(std::shared_ptr<FileSystem> fs,
                                                const std::string& argument) {
  std::vector<PathItem> items;
  if (!client::HasGlob(argument)) {
    PathItem item;
    item.text = client::Unquote(argument);
    if (item.text.size() > 1 && item.text.ends_with('/')) item.text.pop_back();
    item.fs = fs;
    ASSIGN_OR_RETURN(item.path, fs->Resolve(item.text));
    ASSIGN_OR_RETURN(item.status, fs->FindStatus(item.path));
    if (item.exists()) item.text = PresentationOf(*fs, argument).Show(item.path);
    items.push_back(std::move(item));
    return items;
  }
  ASSIGN_OR_RETURN(std::vector<FileEntry> found, fs->Glob(argument));
  if (found.empty()) return NotFoundError(NoSuchFile(argument));
  const Presentation presentation = PresentationOf(*fs, argument);
  for (FileEntry& entry : found) {
    std::string text = presentation.Show(entry.path);
    items.push_back({std::move(text), std::move(entry.path), fs, std::move(entry.status)});
  }
  return items;
}

StatusOr<std::vector<PathItem>> Shell::Children(const PathItem& directory) {
  ASSIGN_OR_RETURN(std::vector<FileEntry> entries, directory.fs->ListStatus(directory.path));
  std::vector<PathItem> children;
  children.reserve(entries.size());
  for (FileEntry& entry : entries) {
    PathItem child = ChildOf(directory, entry.status.name);
    child.status = std::move(entry.status);
    children.push_back(std::move(child));
  }
  return children;
}

// ---- complaints
// ----------------------------------------------------------------------------------

void Shell::Error(std::string_view message) {
  std::fflush(stdout);
  const std::string line = command_ + ": " + std::string(message) + "\n";
  std::fputs(line.c_str(), stderr);
  Fail();
}

void Shell::Fail() {
  MutexLock lock(mu_);
  exit_code_ = 1;
}

void Shell::Error(const Status& status, std::string_view path) {
  Error(ErrorText(status, path));
}

int Shell::exit_code() const {
  MutexLock lock(mu_);
  return exit_code_;
}

std::string NoSuchFile(std::string_view path) {
  return Quoted(path, "No such file or directory");
}
std::string FileExists(std::string_view path) {
  return Quoted(path, "File exists");
}
std::string IsADirectory(std::string_view path) {
  return Quoted(path, "Is a directory");
}
std::string IsNotADirectory(std::string_view path) {
  return Quoted(path, "Is not a directory");
}

std::string NoSuchFileAt(const PathItem& item) {
  // Hadoop prints two slashes less for a local path that was relative.
  const std::string uri = item.text.starts_with("/") ? item.fs->uri() + item.path : UriOf(item);
  return NoSuchFile(item.text) + ": `" + uri + "'";
}

std::string LoopError(const PathItem& source, const PathItem& target) {
  if (!source.is_directory() || source.fs != target.fs) return "";
  const std::string& from = source.path;
  if (target.path == from) return "`" + source.text + "' to `" + UriOf(target) + "': are identical";
  if (!target.path.starts_with(from == "/" ? from : from + "/")) return "";
  return "`" + source.text + "' to `" + target.text + "': is a subdirectory of itself";
}

std::string ErrorText(const Status& status, std::string_view path) {
  if (path.empty()) return FirstLine(status.message());
  switch (status.reason()) {
    case Reason::kFileNotFound:
      return FirstLine(status.message());
    case Reason::kPathIsNotEmptyDirectory:
      return Quoted(path, "Directory is not empty");
    default:
      return FirstLine(status.message());
  }
}

}  // namespace tusk::cli
