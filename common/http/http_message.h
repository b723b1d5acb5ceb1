// Requests and responses as handlers and callers see them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/http/router.h"
#include "common/net/socket.h"

namespace tusk {

// In order; names compare without case.
class HttpHeaders {
 public:
  void Add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // "" when absent.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// The body of a request that is read piece by piece.
class HttpBodyReader {
 public:
  virtual ~HttpBodyReader() = default;
  // Blocks for at least one byte; 0 at the end. kUnavailable when the client goes away before it.
  virtual StatusOr<size_t> Read(char* to, size_t size) = 0;
};

struct HttpRequest {
  std::string method;
  std::string target;  // as it came: path and query
  std::string path;    // decoded
  std::vector<std::pair<std::string, std::string>> query;
  PathParameters parameters;  // of the route's pattern
  HttpHeaders headers;
  std::string body;                       // whole, for routes that do not stream
  HttpBodyReader* body_reader = nullptr;  // for routes that do
  SocketAddress peer;
  SocketAddress local;

  // The first of that name; "" when absent. Names compare without case, as WebHDFS's do.
  std::string_view Query(std::string_view name) const;
  bool HasQuery(std::string_view name) const;
};

// Gives the next piece of a long answer; an empty one ends it. An error cuts the connection, so
// that the client sees that the answer is not whole.
using HttpGenerator = std::function<StatusOr<std::string>()>;

// A range of an open file as the body. The descriptor lives as long as `owner`.
struct HttpFileRange {
  int fd = -1;
  int64_t offset = 0;
  int64_t length = 0;
  std::shared_ptr<void> owner;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  HttpHeaders headers;  // without Content-Type, Content-Length, Connection, Date
  std::string body;
  // One of these instead of `body`:
  std::vector<HttpFileRange> files;  // sent raw, in order; Content-Length is their sum
  HttpGenerator generator;           // chunked (or until close, for HTTP/1.0)

  static HttpResponse Text(int status, std::string text);
  static HttpResponse Html(std::string html);
  static HttpResponse Json(std::string json, int status = 200);
  static HttpResponse Redirect(std::string location, int status = 307);
  static HttpResponse Stream(HttpGenerator generator, std::string content_type);
  // The HTTP status that fits the code, and the message as text.
  static HttpResponse Error(const Status& status);
};

std::string_view HttpReason(int status);
int HttpStatusOf(Code code);

// "bytes=100-199" (also "100-" and "-50") against a length. nullopt: no or malformed range, send
// all. kOutOfRange: answer 416.
struct ByteRange {
  int64_t offset = 0;
  int64_t length = 0;
};
StatusOr<std::optional<ByteRange>> ParseRange(std::string_view header, int64_t total);

}  // namespace tusk
