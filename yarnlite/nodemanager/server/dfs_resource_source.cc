#include "yarnlite/nodemanager/server/dfs_resource_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "common/net/host_port.h"

namespace tusk::yarnlite {
namespace {

constexpr size_t kPieceBytes = 1 << 20;

Status CopyTo(FileReader* from, int fd, const std::string& name) {
  std::vector<char> piece(kPieceBytes);
  for (;;) {
    ASSIGN_OR_RETURN(const size_t count, from->Read(piece.data(), piece.size()));
    if (count == 0) return Status::Ok();
    for (size_t done = 0; done < count;) {
      const ssize_t n = ::write(fd, piece.data() + done, count - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return ErrnoError("write " + name, errno);
      done += static_cast<size_t>(n);
    }
  }
}

}  // namespace

StatusOr<DfsResourceSource::Place> DfsResourceSource::Find(const std::string& uri,
                                                           const std::string& user) {
  ASSIGN_OR_RETURN(const UriParts parts, ParseUri(uri));
  std::string system;  // empty: fs.defaultFS
  if (!parts.scheme.empty()) system = parts.scheme + "://" + parts.authority;
  if (parts.scheme == "file") system = "file:///";
  Place place;
  place.path = parts.path;
  {
    MutexLock lock(mu_);
    const auto it = open_.find({system, user});
    if (it != open_.end()) {
      place.files = it->second;
      return place;
    }
  }
  ASSIGN_OR_RETURN(place.files, FileSystem::Connect(conf_, {.uri = system, .user = user}));
  MutexLock lock(mu_);
  open_[{system, user}] = place.files;
  return place;
}

StatusOr<ResourceSource::Info> DfsResourceSource::Stat(const std::string& uri,
                                                       const std::string& user) {
  ASSIGN_OR_RETURN(const Place place, Find(uri, user));
  ASSIGN_OR_RETURN(const FileStatus status, place.files->GetStatus(place.path));
  if (status.is_directory()) {
    return InvalidArgumentError("local resource " + uri + " is a directory");
  }
  return Info{status.length, status.modification_time_ms};
}

Status DfsResourceSource::Fetch(const std::string& uri, const std::string& user,
                                const std::string& to_file) {
  ASSIGN_OR_RETURN(const Place place, Find(uri, user));
  ASSIGN_OR_RETURN(const auto reader, place.files->Open(place.path));
  const int fd = ::open(to_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return ErrnoError("create " + to_file, errno);
  Status copied = CopyTo(reader.get(), fd, to_file);
  if (::close(fd) != 0 && copied.ok()) copied = ErrnoError("write " + to_file, errno);
  return copied;
}

}  // namespace tusk::yarnlite
