#include "yarnlite/nodemanager/local_file_service.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <utility>

#include "common/security/request_signature.h"
#include "yarnlite/nodemanager/launch_script.h"

namespace tusk::yarnlite {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

Status CheckSignature(const HttpRequest& request, const std::string& secret, int64_t now_seconds) {
  const std::string_view time = request.headers.Get(kSignatureTimeHeader);
  int64_t unix_seconds = 0;
  const auto parsed = std::from_chars(time.data(), time.data() + time.size(), unix_seconds);
  if (parsed.ec != std::errc()) return UnauthenticatedError("the request carries no time");
  return VerifyRequest(secret,
                       {.method = request.method,
                        .host_port = request.local.ToString(),
                        .path = request.target,
                        .range = std::string(request.headers.Get("Range")),
                        .unix_seconds = unix_seconds},
                       request.headers.Get(kSignatureHeader), now_seconds);
}

}  // namespace

StatusOr<int> OpenConfined(const std::string& directory, const std::string& path) {
  if (!IsConfinedPath(path)) {
    return PermissionDeniedError("not a path within the application's directory: " + path);
  }
  Descriptor at(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (at.get() < 0) return NotFoundError("no such file: " + path);
  size_t begin = 0;
  for (;;) {
    const size_t slash = path.find('/', begin);
    const bool last = slash == std::string::npos;
    const std::string name = path.substr(begin, last ? slash : slash - begin);
    const int flags = last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY;
    const int next = ::openat(at.get(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) return NotFoundError("no such file: " + path);
    at.Reset(next);
    if (last) break;
    begin = slash + 1;
  }
  struct stat info{};
  if (::fstat(at.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return NotFoundError("not a regular file: " + path);
  }
  return at.Release();
}

void LocalFileService::AddTo(HttpServer* server) {
  server->Route("GET", "/files/{application}/{path*}",
                [this](HttpRequest& request) { return Serve(request); });
}

void LocalFileService::Register(const ApplicationId& application, const std::string& secret,
                                const std::vector<std::string>& directories) {
  MutexLock lock(mu_);
  applications_[application] = {secret, directories};
}

void LocalFileService::Unregister(const ApplicationId& application) {
  MutexLock lock(mu_);
  applications_.erase(application);
}

HttpResponse LocalFileService::Serve(const HttpRequest& request) {
  const auto parameter = [&](const char* name) {
    const auto it = request.parameters.find(name);
    return it == request.parameters.end() ? std::string() : it->second;
  };
  const auto id = ApplicationId::Parse(parameter("application"));
  if (!id.ok()) return HttpResponse::Error(id.status());
  Application application;
  {
    MutexLock lock(mu_);
    const auto it = applications_.find(*id);
    if (it == applications_.end()) {
      return HttpResponse::Error(NotFoundError(id->ToString() + " has no files here"));
    }
    application = it->second;
  }
  const int64_t now_seconds = clock_->WallMillis() / 1000;
  if (const Status s = CheckSignature(request, application.secret, now_seconds); !s.ok()) {
    return HttpResponse::Error(s);
  }
  StatusOr<int> file = NotFoundError("no such file");
  for (const std::string& directory : application.directories) {
    file = OpenConfined(directory, parameter("path"));
    if (file.ok() || file.status().code() != Code::kNotFound) break;
  }
  if (!file.ok()) return HttpResponse::Error(file.status());
  const int fd = *file;
  std::shared_ptr<void> owner(nullptr, [fd](void*) { ::close(fd); });
  struct stat info{};
  if (::fstat(fd, &info) != 0) return HttpResponse::Error(ErrnoError("stat", errno));
  const auto range = ParseRange(request.headers.Get("Range"), info.st_size);
  if (!range.ok()) return HttpResponse::Error(range.status());
  const ByteRange bytes = range->value_or(ByteRange{0, info.st_size});
  served_bytes_.Increment(bytes.length);
  HttpResponse response;
  response.status = range->has_value() ? 206 : 200;
  response.content_type = "application/octet-stream";
  if (range->has_value()) {
    response.headers.Add("Content-Range", "bytes " + std::to_string(bytes.offset) + "-" +
                                              std::to_string(bytes.offset + bytes.length - 1) +
                                              "/" + std::to_string(info.st_size));
  }
  response.files.push_back({fd, bytes.offset, bytes.length, std::move(owner)});
  return response;
}

}  // namespace tusk::yarnlite
