// One client's connection to an HttpServer: takes requests in, writes answers out.
//
// Threads: belongs to one thread at a time: the server's I/O thread while it waits for a request,
//          a pool thread while that is answered. Only Shutdown may come from elsewhere.
#pragma once

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/http/http_message.h"
#include "common/http/http_server.h"
#include "common/http/message_parser.h"
#include "common/net/socket.h"

namespace tusk {

class HttpConnection final : public HttpBodyReader {
 public:
  HttpConnection(Socket socket, const HttpServerOptions& options);

  int fd() const { return socket_.fd(); }
  Socket& socket() { return socket_; }

  // Reads what is there, without waiting. True: a whole header stands; false: not yet.
  // kUnavailable when the client has gone; other errors are for AnswerError.
  StatusOr<bool> ReadHeader();
  // Whether bytes of the next request have come already (pipelining).
  bool has_bytes() const { return !held_.empty(); }

  // What the header says; the body is not read. Once after each ReadHeader that was true.
  StatusOr<HttpRequest> TakeRequest();
  // Reads the whole body. kResourceExhausted beyond max_body_bytes.
  Status ReadWholeBody(std::string* body);
  // HttpBodyReader: for handlers that stream.
  StatusOr<size_t> Read(char* to, size_t size) override;

  // Writes the answer. True: the connection may take another request.
  StatusOr<bool> Answer(const HttpRequest& request, HttpResponse response);
  // Before there is a request: 400, 431 and the like. The connection is to be closed.
  void AnswerError(const Status& status);

  TimePoint idle_since() const { return idle_since_; }

 private:
  Status FillBody();
  void DrainBody();
  Status SendHeader(const HttpRequest& request, const HttpResponse& response, int64_t length,
                    bool keep_alive, std::string_view body);
  Status SendFiles(const std::vector<HttpFileRange>& files);
  Status SendGenerated(const HttpGenerator& generator, bool chunked);
  Deadline SendDeadline() const { return Deadline::After(options_.send_timeout); }

  const HttpServerOptions& options_;
  Socket socket_;
  std::string held_;  // received, not yet parsed
  std::unique_ptr<MessageParser> parser_;
  bool request_begun_ = false;  // its first byte is there
  std::string body_;            // parsed, not yet read
  size_t body_at_ = 0;
  bool wants_continue_ = false;
  TimePoint idle_since_;
};

}  // namespace tusk
