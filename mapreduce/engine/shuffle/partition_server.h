// Hands out this runner's map outputs (memory mode) by the request the node managers' local file
// service answers too: GET path, Range, signed with the application's secret.
//
// Threads: thread-safe; handlers run on the HTTP server's pool.
// Life:    Start, Stop (or the destructor). The store outlives it.
#pragma once

#include <memory>
#include <string>

#include "common/base/status.h"
#include "common/http/http_server.h"
#include "mapreduce/engine/shuffle/map_output_store.h"

namespace tusk::mapreduce {

class PartitionServer {
 public:
  struct Options {
    std::string host;  // worker address to listen on; readers dial it by this text
    int port = 0;
    std::string secret;  // the application's
  };
  PartitionServer(Options options, const MapOutputStore* store);
  ~PartitionServer();

  Status Start();
  void Stop();
  int port() const { return http_->port(); }

  // Every path handed out begins so.
  static constexpr const char* kPathPrefix = "/partitions/";

 private:
  HttpResponse Serve(const HttpRequest& request) const;

  const Options options_;
  const MapOutputStore* const store_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace tusk::mapreduce
