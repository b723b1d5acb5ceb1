// Brings a range of a map output from the server that holds it: a node manager's local file service
// or a runner. Both answer the same signed HTTP range request.
//
// Threads: thread-safe; Fetch waits on the caller's thread.
// Fails:   kUnavailable when nobody answers, kNotFound when the output is gone. A connection that
//          breaks off is opened again where it stopped, a few times.
#pragma once

#include <memory>
#include <string>

#include "common/base/status.h"
#include "common/http/http_client.h"
#include "mapreduce/engine/plan/shuffle.h"

namespace tusk::mapreduce {

class SegmentFetcher {
 public:
  virtual ~SegmentFetcher() = default;

  // Gives exactly `segment.length` bytes to `sink`, in pieces. Thread-safe, blocks.
  // kUnavailable: nobody answers there. kNotFound: the output is gone.
  virtual Status Fetch(const ShuffleSegment& segment, const HttpBodySink& sink) = 0;
};

struct HttpFetcherOptions {
  std::string secret;          // the application's
  std::string source_address;  // of this worker
  Duration connect_timeout = std::chrono::seconds(3);
  Duration timeout = std::chrono::seconds(20);
  int attempts = 3;  // of a connection that breaks off; then the output counts as gone
};

class HttpSegmentFetcher final : public SegmentFetcher {
 public:
  explicit HttpSegmentFetcher(HttpFetcherOptions options);

  Status Fetch(const ShuffleSegment& segment, const HttpBodySink& sink) override;

 private:
  Status FetchOnce(const ShuffleSegment& segment, int64_t from, int64_t* got,
                   const HttpBodySink& sink);

  const HttpFetcherOptions options_;
  HttpClient client_;
};

}  // namespace tusk::mapreduce
