// HTTP/1.1 messages out of bytes: a plain face of Beast's parser, so that one file pays for it.
//
//   parser.Feed(bytes)* until header_done(); then body pieces come out of Feed until done().
// Threads: not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/http/http_message.h"

namespace tusk {

class MessageParser {
 public:
  enum class Kind : uint8_t { kRequest, kResponse };
  class Impl;

  // Header fields beyond `max_header_bytes` are kResourceExhausted.
  MessageParser(Kind kind, size_t max_header_bytes);
  ~MessageParser();

  // The answer to a HEAD has no body, whatever its header says.
  void ExpectNoBody();

  // Takes some of `bytes` (stops after the header, and after the message) and appends body bytes to
  // `body`. Returns how many were taken; kInvalidArgument when they are not HTTP.
  StatusOr<size_t> Feed(std::string_view bytes, std::string* body);
  // The peer has closed: ends a body that lasts until then, else kDataLoss.
  Status FeedEnd();

  bool started() const;
  bool header_done() const;
  bool done() const;
  bool keep_alive() const;
  // -1 when the header says none.
  int64_t content_length() const;

  // Once header_done.
  std::string method() const;
  std::string target() const;
  int status() const;
  bool is_http_1_0() const;
  HttpHeaders headers() const;

 private:
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tusk
