#include "common/http/http_client.h"

#include <cstdio>
#include <utility>

#include "common/http/message_parser.h"

namespace tusk {

namespace {

std::string RequestHeader(const HttpClientRequest& request) {
  std::string header = request.method + " " + request.target +
                       " HTTP/1.1\r\nHost: " + request.server.ToString() + "\r\n";
  for (const auto& [name, value] : request.headers.fields()) header += name + ": " + value + "\r\n";
  if (request.body_stream != nullptr) {
    header += "Transfer-Encoding: chunked\r\n";
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    header += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return header + "\r\n";
}

Status SendRequest(Socket& socket, const HttpClientRequest& request, Duration timeout) {
  const std::string header = RequestHeader(request);
  const std::string_view parts[] = {header, request.body};
  RETURN_IF_ERROR(socket.SendParts(parts, Deadline::After(timeout)));
  while (request.body_stream != nullptr) {
    ASSIGN_OR_RETURN(const std::string piece, request.body_stream());
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    const std::string_view chunk[] = {size, piece, "\r\n"};
    RETURN_IF_ERROR(socket.SendParts(chunk, Deadline::After(timeout)));
    if (piece.empty()) break;
  }
  return Status::Ok();
}

bool IsSuccess(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

HttpClient::HttpClient(const HttpClientOptions& options) : options_(options) {}

HttpClient::~HttpClient() = default;

StatusOr<HttpClientResponse> HttpClient::Send(const HttpClientRequest& request) {
  return SendWith(request, nullptr);
}

StatusOr<HttpClientResponse> HttpClient::Send(const HttpClientRequest& request,
                                              const HttpBodySink& sink) {
  return SendWith(request, &sink);
}

StatusOr<HttpClientResponse> HttpClient::Get(const HostPort& server, const std::string& target) {
  HttpClientRequest request;
  request.server = server;
  request.target = target;
  return Send(request);
}

StatusOr<HttpClientResponse> HttpClient::SendWith(const HttpClientRequest& request,
                                                  const HttpBodySink* sink) {
  while (true) {
    bool reused = false;
    bool got_bytes = false;
    bool keep_alive = false;
    ASSIGN_OR_RETURN(Socket socket, Take(request.server, &reused));
    auto response = Exchange(socket, request, sink, &got_bytes, &keep_alive);
    if (response.ok() && keep_alive) Keep(request.server, std::move(socket));
    // A kept connection that the server closed just now says nothing about the request.
    const bool again = !response.ok() && reused && !got_bytes && request.body_stream == nullptr &&
                       response.status().code() == Code::kUnavailable;
    if (!again) return response;
  }
}

StatusOr<Socket> HttpClient::Take(const HostPort& server, bool* reused) {
  while (true) {
    Socket socket;
    {
      MutexLock lock(mu_);
      auto& idle = idle_[server];
      if (idle.empty()) break;
      socket = std::move(idle.back());
      idle.pop_back();
    }
    if (!socket.IsIdleAndOpen()) continue;
    *reused = true;
    return socket;
  }
  ConnectOptions options;
  options.timeout = options_.connect_timeout;
  options.source_address = options_.source_address;
  return Socket::Connect(server, options);
}

void HttpClient::Keep(const HostPort& server, Socket socket) {
  MutexLock lock(mu_);
  auto& idle = idle_[server];
  if (static_cast<int>(idle.size()) < options_.max_idle_per_host) idle.push_back(std::move(socket));
}

StatusOr<HttpClientResponse> HttpClient::Exchange(Socket& socket, const HttpClientRequest& request,
                                                  const HttpBodySink* sink, bool* got_bytes,
                                                  bool* keep_alive) {
  const Status sent = SendRequest(socket, request, options_.timeout);
  // A server that refuses a long body answers and closes before it has read it: look at the answer.
  if (!sent.ok() && sent.code() != Code::kUnavailable) return sent;

  auto parser =
      std::make_unique<MessageParser>(MessageParser::Kind::kResponse, options_.max_header_bytes);
  if (request.method == "HEAD") parser->ExpectNoBody();
  HttpClientResponse response;
  std::string held;
  std::string piece;
  const std::unique_ptr<char[]> buffer(new char[kReceiveSize]);
  while (!parser->done()) {
    auto got = socket.ReceiveSome(buffer.get(), kReceiveSize, Deadline::After(options_.timeout));
    if (!got.ok()) return sent.ok() ? got.status() : sent;
    if (*got == 0) {
      if (!parser->header_done()) {
        if (*got_bytes) return DataLossError(socket.peer() + " closed in the middle of an answer");
        return sent.ok() ? UnavailableError(socket.peer() + " closed without an answer") : sent;
      }
      RETURN_IF_ERROR(parser->FeedEnd().WithContext(socket.peer()));
      break;
    }
    *got_bytes = true;
    held.append(buffer.get(), *got);
    while (!held.empty() && !parser->done()) {
      const auto taken = parser->Feed(held, &piece);
      if (!taken.ok()) return DataLossError(socket.peer() + ": " + taken.status().message());
      held.erase(0, *taken);
      if (parser->header_done() && response.status == 0) {
        if (parser->status() == 100) {  // go on: the answer proper follows
          parser = std::make_unique<MessageParser>(MessageParser::Kind::kResponse,
                                                   options_.max_header_bytes);
          continue;
        }
        response.status = parser->status();
        response.headers = parser->headers();
      }
      RETURN_IF_ERROR(TakeBody(&response, sink, &piece));
      if (*taken == 0) break;
    }
  }
  *keep_alive = sent.ok() && parser->keep_alive() && held.empty();
  return response;
}

Status HttpClient::TakeBody(HttpClientResponse* response, const HttpBodySink* sink,
                            std::string* piece) const {
  if (piece->empty()) return Status::Ok();
  if (sink != nullptr && IsSuccess(response->status)) {
    const Status taken = (*sink)(*piece);
    piece->clear();
    return taken;
  }
  if (response->body.size() + piece->size() > options_.max_body_bytes) {
    return ResourceExhaustedError("the answer is larger than " +
                                  std::to_string(options_.max_body_bytes) + " bytes");
  }
  response->body += *piece;
  piece->clear();
  return Status::Ok();
}

}  // namespace tusk
