#include "mapreduce/engine/shuffle/fetcher.h"

#include <ctime>
#include <thread>

#include "common/security/request_signature.h"

namespace tusk::mapreduce {

HttpSegmentFetcher::HttpSegmentFetcher(HttpFetcherOptions options)
    : options_(std::move(options)),
      client_({.connect_timeout = options_.connect_timeout,
               .timeout = options_.timeout,
               .source_address = options_.source_address}) {}

Status HttpSegmentFetcher::Fetch(const ShuffleSegment& segment, const HttpBodySink& sink) {
  int64_t got = 0;
  Status last;
  for (int attempt = 0; attempt < options_.attempts; ++attempt) {
    const int64_t before = got;
    last = FetchOnce(segment, got, &got, sink);
    if (last.ok() || last.code() == Code::kNotFound || last.code() == Code::kUnauthenticated) {
      return last;
    }
    // What came so far is kept; only the rest is asked for again.
    if (got == before) std::this_thread::sleep_for(std::chrono::milliseconds(50 << attempt));
  }
  return last;
}

Status HttpSegmentFetcher::FetchOnce(const ShuffleSegment& segment, int64_t from, int64_t* got,
                                     const HttpBodySink& sink) {
  HttpClientRequest request;
  request.server = HostPort{segment.server.host, segment.server.port};
  request.target = segment.path;
  const int64_t first = segment.offset + from;
  const std::string range =
      "bytes=" + std::to_string(first) + "-" + std::to_string(segment.offset + segment.length - 1);
  const int64_t now = std::time(nullptr);
  const std::string place = segment.server.host + ":" + std::to_string(segment.server.port);
  request.headers.Add("Range", range);
  request.headers.Add(kSignatureTimeHeader, std::to_string(now));
  request.headers.Add(kSignatureHeader, SignRequest(options_.secret, {.method = "GET",
                                                                      .host_port = place,
                                                                      .path = segment.path,
                                                                      .range = range,
                                                                      .unix_seconds = now}));
  Status sunk;
  const auto response = client_.Send(request, [&](std::string_view piece) -> Status {
    if (*got + static_cast<int64_t>(piece.size()) > segment.length) {
      return DataLossError(place + " sent more of " + segment.path + " than was asked for");
    }
    sunk = sink(piece);
    if (sunk.ok()) *got += static_cast<int64_t>(piece.size());
    return sunk;
  });
  const std::string what = "fetch " + segment.path + " from " + place;
  if (!response.ok()) return response.status().WithContext(what);
  if (response->status == 404) return NotFoundError(what + ": " + response->body);
  if (response->status == 401 || response->status == 403) {
    return UnauthenticatedError(what + ": " + response->body);
  }
  if (response->status != 206) {
    return UnavailableError(what + ": answered " + std::to_string(response->status) + " " +
                            response->body);
  }
  if (*got != segment.length) return UnavailableError(what + ": the answer was cut short");
  return Status::Ok();
}

}  // namespace tusk::mapreduce
