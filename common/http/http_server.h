// An HTTP/1.1 server: status pages, metrics, WebHDFS, map outputs.
//
// Threads: one I/O thread waits for requests on all idle connections; handlers, and the bodies they
//          stream, run on a small pool of its own, where they may block. A moving stream holds a
//          pool thread (bounded by send_timeout without progress); an idle connection holds none.
// Life:    add routes, Start, Stop (or the destructor): accepts nothing more, ends idle connections
//          at once, waits for running handlers (their sockets are shut, so they end soon).
// Fails:   a malformed request is answered 400 and closed, headers or bodies beyond the limits 431
//          and 413; a client that sends nothing for idle_timeout is closed. The server goes on.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/http/http_message.h"
#include "common/metrics/registry.h"

namespace tusk {

struct HttpServerOptions {
  HostPort bind{"127.0.0.1", 0};  // port 0: the system chooses
  int threads = 8;                // of the handlers' pool
  size_t max_header_bytes = 64 << 10;
  size_t max_body_bytes = 4 << 20;  // of routes that do not stream
  int max_connections = 1024;       // more are closed at once
  Duration idle_timeout = std::chrono::seconds(60);
  Duration send_timeout = std::chrono::seconds(60);
};

enum class HttpBody : uint8_t {
  kWhole,   // read before the handler runs, up to max_body_bytes
  kStream,  // the handler reads it through request.body_reader
};

using HttpHandler = std::function<HttpResponse(HttpRequest& request)>;

class HttpServer {
 public:
  explicit HttpServer(const HttpServerOptions& options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Before Start. Patterns as in router.h.
  void Route(std::string method, std::string_view pattern, HttpHandler handler,
             HttpBody body = HttpBody::kWhole);

  // kAlreadyExists naming the process that holds the port.
  Status Start();
  void Stop();
  // Known after Start.
  int port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// /jmx and /prom over a registry that outlives the server.
void AddMetricsRoutes(HttpServer* server, const MetricsRegistry* registry);

}  // namespace tusk
