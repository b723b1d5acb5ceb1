#include "common/io/env.h"

#include <algorithm>

namespace tusk {

bool Env::Exists(const std::string& path) {
  return Stat(path).ok();
}

StatusOr<std::string> Env::ReadFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<File> file, Open(path, OpenMode::kRead));
  ASSIGN_OR_RETURN(const int64_t size, file->Size());
  std::string content(static_cast<size_t>(size), '\0');
  ASSIGN_OR_RETURN(const size_t got, file->ReadAt(0, content.data(), content.size()));
  content.resize(got);
  // Files of /proc have no size, and others may grow while they are read.
  char more[4096];
  while (true) {
    ASSIGN_OR_RETURN(const size_t n,
                     file->ReadAt(static_cast<int64_t>(content.size()), more, sizeof more));
    if (n == 0) return content;
    content.append(more, n);
  }
}

Status Env::WriteFileAtomically(const std::string& path, std::string_view content, int mode) {
  const std::string temporary = path + ".tmp";
  ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                   Open(temporary, OpenMode::kCreateTruncate, mode));
  Status written = file->Append(content);
  if (written.ok()) written = file->Sync();
  if (written.ok()) written = file->Close();
  if (written.ok()) written = Rename(temporary, path);
  if (!written.ok()) {
    IgnoreError(Remove(temporary), "the first error is the one to tell");
    return written;
  }
  return SyncDir(ParentDir(path));
}

Status Env::RemoveTree(const std::string& path) {
  const auto info = Stat(path);
  if (!info.ok()) {
    return info.status().code() == Code::kNotFound ? Status::Ok() : info.status();
  }
  if (info->is_dir) {
    ASSIGN_OR_RETURN(const std::vector<DirEntry> entries, List(path));
    for (const DirEntry& entry : entries) {
      const std::string child = JoinPath(path, entry.name);
      RETURN_IF_ERROR(entry.is_dir ? RemoveTree(child) : Remove(child));
    }
  }
  return Remove(path);
}

std::string ParentDir(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, std::max<size_t>(slash, 1)));
}

std::string BaseName(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || path.size() == 1) return std::string(path);
  return std::string(path.substr(slash + 1));
}

std::string JoinPath(std::string_view dir, std::string_view name) {
  std::string path(dir);
  if (!path.ends_with('/')) path.push_back('/');
  return path.append(name);
}

}  // namespace tusk
