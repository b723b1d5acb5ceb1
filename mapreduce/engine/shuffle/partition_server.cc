#include "mapreduce/engine/shuffle/partition_server.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <ctime>

#include "common/security/request_signature.h"

namespace tusk::mapreduce {
namespace {

constexpr size_t kPieceBytes = 1 << 20;

Status CheckSignature(const HttpRequest& request, const std::string& secret,
                      const std::string& host_port) {
  const std::string_view time = request.headers.Get(kSignatureTimeHeader);
  int64_t unix_seconds = 0;
  if (std::from_chars(time.data(), time.data() + time.size(), unix_seconds).ec != std::errc()) {
    return UnauthenticatedError("the request carries no time");
  }
  return VerifyRequest(secret,
                       {.method = request.method,
                        .host_port = host_port,
                        .path = request.target,
                        .range = std::string(request.headers.Get("Range")),
                        .unix_seconds = unix_seconds},
                       request.headers.Get(kSignatureHeader), std::time(nullptr));
}

// Pieces of an output in memory, without a second copy of the whole.
HttpGenerator PiecesOf(std::shared_ptr<const std::string> bytes, ByteRange range) {
  return [bytes = std::move(bytes), range]() mutable -> StatusOr<std::string> {
    const auto count = std::min<size_t>(kPieceBytes, static_cast<size_t>(range.length));
    std::string piece = bytes->substr(static_cast<size_t>(range.offset), count);
    range.offset += static_cast<int64_t>(count);
    range.length -= static_cast<int64_t>(count);
    return piece;
  };
}

}  // namespace

PartitionServer::PartitionServer(Options options, const MapOutputStore* store)
    : options_(std::move(options)), store_(store) {
  HttpServerOptions http;
  http.bind = HostPort{options_.host, options_.port};
  http.threads = 4;
  http_ = std::make_unique<HttpServer>(http);
  http_->Route("GET", std::string(kPathPrefix) + "{path*}",
               [this](HttpRequest& request) { return Serve(request); });
}

PartitionServer::~PartitionServer() {
  Stop();
}

Status PartitionServer::Start() {
  return http_->Start();
}
void PartitionServer::Stop() {
  http_->Stop();
}

HttpResponse PartitionServer::Serve(const HttpRequest& request) const {
  const std::string host_port = options_.host + ":" + std::to_string(port());
  if (const Status s = CheckSignature(request, options_.secret, host_port); !s.ok()) {
    return HttpResponse::Error(s);
  }
  const auto stored = store_->Find(request.path);
  if (!stored.ok()) return HttpResponse::Error(stored.status());
  const auto range = ParseRange(request.headers.Get("Range"), stored->length);
  if (!range.ok()) return HttpResponse::Error(range.status());
  HttpResponse response;
  response.status = range->has_value() ? 206 : 200;
  response.content_type = "application/octet-stream";
  const ByteRange bytes = range->value_or(ByteRange{0, stored->length});
  if (stored->bytes != nullptr) {
    response.generator = PiecesOf(stored->bytes, bytes);
    return response;
  }
  const int fd = ::open(stored->file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return HttpResponse::Error(ErrnoError("open " + stored->file, errno));
  std::shared_ptr<void> owner(nullptr, [fd](void*) { ::close(fd); });
  response.files.push_back({fd, bytes.offset, bytes.length, std::move(owner)});
  return response;
}

}  // namespace tusk::mapreduce
