// A blocking HTTP/1.1 client that keeps its connections for the next request.
//
// Threads: thread-safe; each request in progress has a connection of its own.
// Fails:   kDeadlineExceeded, kUnavailable (connection), kDataLoss (not HTTP, or cut short). An
//          answer of 4xx or 5xx is an answer, not an error: look at its status. A kept connection
//          which the server has closed meanwhile is replaced, once, for requests without a body
//          stream.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/http/http_message.h"
#include "common/net/socket.h"

namespace tusk {

struct HttpClientOptions {
  Duration connect_timeout = std::chrono::seconds(10);
  Duration timeout = std::chrono::seconds(60);  // without progress
  std::string source_address;                   // outgoing address to bind to; "" for any
  size_t max_header_bytes = 64 << 10;
  size_t max_body_bytes = 64 << 20;  // of answers that are not streamed
  int max_idle_per_host = 4;
};

struct HttpClientRequest {
  std::string method = "GET";
  HostPort server;
  std::string target = "/";  // path and query, encoded
  HttpHeaders headers;       // without Host, Content-Length
  std::string body;
  // Instead of `body`: pieces until an empty one, sent chunked.
  HttpGenerator body_stream;
};

struct HttpClientResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;  // "" when it was streamed
};

// Takes a piece of the answer's body; an error ends the request with it.
using HttpBodySink = std::function<Status(std::string_view piece)>;

class HttpClient {
 public:
  explicit HttpClient(const HttpClientOptions& options = {});
  ~HttpClient();

  // Whole answer in memory.
  StatusOr<HttpClientResponse> Send(const HttpClientRequest& request);
  // Body of a 2xx answer to `sink` as it comes; other answers' bodies stand in the response.
  StatusOr<HttpClientResponse> Send(const HttpClientRequest& request, const HttpBodySink& sink);

  StatusOr<HttpClientResponse> Get(const HostPort& server, const std::string& target);

 private:
  static constexpr size_t kReceiveSize = 256 << 10;

  StatusOr<HttpClientResponse> SendWith(const HttpClientRequest& request, const HttpBodySink* sink);
  Status TakeBody(HttpClientResponse* response, const HttpBodySink* sink, std::string* piece) const;
  StatusOr<Socket> Take(const HostPort& server, bool* reused) EXCLUDES(mu_);
  void Keep(const HostPort& server, Socket socket) EXCLUDES(mu_);
  StatusOr<HttpClientResponse> Exchange(Socket& socket, const HttpClientRequest& request,
                                        const HttpBodySink* sink, bool* got_bytes,
                                        bool* keep_alive);

  const HttpClientOptions options_;
  Mutex mu_;
  std::map<HostPort, std::vector<Socket>> idle_ GUARDED_BY(mu_);
};

}  // namespace tusk
