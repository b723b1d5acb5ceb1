#include "client/file_system.h"

#include <algorithm>
#include <utility>

#include "client/client_options.h"
#include "client/dfs_client.h"
#include "client/glob.h"
#include "client/local_file_system.h"
#include "client/path.h"
#include "common/config/configuration.h"
#include "common/config/core_keys.h"
#include "common/net/host_port.h"

namespace tusk {
namespace {

using client::ExpandBraces;
using client::GlobPattern;
using client::HasGlob;
using client::JoinPath;
using client::Unquote;

std::vector<std::string> Components(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return parts;
}

// The children of `parents` whose names fit one component. `is_last` keeps files as well.
StatusOr<std::vector<FileEntry>> Descend(FileSystem* fs, const std::vector<FileEntry>& parents,
                                         const GlobPattern& pattern, bool is_last) {
  std::vector<FileEntry> found;
  for (const FileEntry& parent : parents) {
    StatusOr<std::vector<FileEntry>> children = fs->ListStatus(parent.path);
    if (!children.ok() && children.status().code() == Code::kNotFound) continue;
    if (!children.ok()) return std::move(children).status();
    for (FileEntry& child : *children) {
      if (child.status.name.empty()) continue;  // the parent is a file
      if (!is_last && !child.status.is_directory()) continue;
      if (pattern.Matches(child.status.name)) found.push_back(std::move(child));
    }
  }
  return found;
}

// One pattern without braces around slashes.
Status GlobOne(FileSystem* fs, const std::string& pattern, std::vector<FileEntry>* out) {
  const std::vector<std::string> parts = Components(pattern);
  FileEntry root{"/", {}};
  root.status.type = FileType::kDirectory;
  std::vector<FileEntry> current = {root};
  bool status_known = false;  // of the entries in `current`
  for (size_t i = 0; i < parts.size() && !current.empty(); ++i) {
    const bool is_last = i + 1 == parts.size();
    if (!HasGlob(parts[i])) {
      for (FileEntry& entry : current) entry.path = JoinPath(entry.path, Unquote(parts[i]));
      status_known = false;
      continue;
    }
    ASSIGN_OR_RETURN(const GlobPattern compiled, GlobPattern::Compile(parts[i]));
    ASSIGN_OR_RETURN(current, Descend(fs, current, compiled, is_last));
    status_known = true;
  }
  for (FileEntry& entry : current) {
    if (!status_known) {
      ASSIGN_OR_RETURN(auto status, fs->FindStatus(entry.path));
      if (!status) continue;
      entry.status = std::move(*status);
    }
    out->push_back(std::move(entry));
  }
  return Status::Ok();
}

}  // namespace

StatusOr<std::shared_ptr<FileSystem>> FileSystem::Connect(const Configuration& configuration,
                                                          const FileSystemOptions& options) {
  std::string uri = options.uri;
  if (uri.empty()) {
    ASSIGN_OR_RETURN(uri, configuration.Get(keys::kDefaultFs));
  }
  ASSIGN_OR_RETURN(const UriParts parts, ParseUri(uri));
  if (parts.scheme == "file") return client::MakeLocalFileSystem();
  if (parts.scheme != "hdfs") {
    return InvalidArgumentError("No FileSystem for scheme \"" + parts.scheme + "\"");
  }
  ASSIGN_OR_RETURN(client::ClientOptions read,
                   client::ReadClientOptions(configuration, uri, options.user));
  return std::shared_ptr<FileSystem>(client::DfsClient::Make(std::move(read)));
}

StatusOr<std::vector<FileEntry>> FileSystem::ListStatus(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  ASSIGN_OR_RETURN(std::unique_ptr<DirectoryIterator> entries, List(resolved));
  std::vector<FileEntry> all;
  for (;;) {
    ASSIGN_OR_RETURN(std::optional<FileStatus> entry, entries->Next());
    if (!entry) return all;
    std::string full = entry->name.empty() ? resolved : JoinPath(resolved, entry->name);
    all.push_back({std::move(full), std::move(*entry)});
  }
}

StatusOr<std::vector<FileEntry>> FileSystem::Glob(const std::string& pattern) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(pattern));
  ASSIGN_OR_RETURN(const std::vector<std::string> expanded, ExpandBraces(resolved));
  std::vector<FileEntry> found;
  for (const std::string& one : expanded) RETURN_IF_ERROR(GlobOne(this, one, &found));
  std::sort(found.begin(), found.end(),
            [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
  return found;
}

StatusOr<std::string> FileSystem::ReadFile(const std::string& path, int64_t limit) {
  ASSIGN_OR_RETURN(std::unique_ptr<FileReader> file, Open(path));
  if (file->length() > limit) {
    return ResourceExhaustedError(path + " has " + std::to_string(file->length()) +
                                  " bytes, more than the " + std::to_string(limit) +
                                  " that are read at once");
  }
  std::string bytes(static_cast<size_t>(file->length()), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    ASSIGN_OR_RETURN(const size_t got, file->Read(bytes.data() + done, bytes.size() - done));
    if (got == 0) break;
    done += got;
  }
  bytes.resize(done);
  return bytes;
}

Status FileSystem::WriteFile(const std::string& path, std::string_view bytes,
                             const CreateOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<FileWriter> file, Create(path, options));
  RETURN_IF_ERROR(file->Write(bytes));
  return file->Close();
}

}  // namespace tusk
