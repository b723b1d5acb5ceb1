#include "common/http/http_connection.h"

#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tusk {

namespace {

constexpr size_t kReadSize = 64 << 10;
constexpr int64_t kSendPiece = 4 << 20;
// What is read and dropped of a body that nobody wanted, so that the client sees our answer.
constexpr size_t kMaxDrain = 1 << 20;

std::string HttpDate() {
  const time_t now = ::time(nullptr);
  tm utc{};
  ::gmtime_r(&now, &utc);
  char text[40];
  ::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return text;
}

// A header must not be broken up by what a file name or a message holds.
std::string OneLine(std::string_view value) {
  std::string out(value);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return out;
}

int StatusOfBadRequest(const Status& status) {
  return status.code() == Code::kResourceExhausted ? 431 : 400;
}

}  // namespace

HttpConnection::HttpConnection(Socket socket, const HttpServerOptions& options)
    : options_(options), socket_(std::move(socket)), idle_since_(Clock::Real()->Now()) {}

StatusOr<bool> HttpConnection::ReadHeader() {
  if (parser_ == nullptr) {
    parser_ =
        std::make_unique<MessageParser>(MessageParser::Kind::kRequest, options_.max_header_bytes);
    body_.clear();
    body_at_ = 0;
    request_begun_ = false;
  }
  char buffer[16 << 10];
  while (true) {
    if (!held_.empty()) {
      request_begun_ = true;
      ASSIGN_OR_RETURN(const size_t taken, parser_->Feed(held_, &body_));
      held_.erase(0, taken);
      if (parser_->header_done()) return true;
    }
    const ssize_t got = ::recv(socket_.fd(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got <= 0 && request_begun_) {
      return InvalidArgumentError("the connection ended in the middle of a request");
    }
    if (got <= 0) return UnavailableError("the client has gone");
    held_.append(buffer, static_cast<size_t>(got));
  }
}

StatusOr<HttpRequest> HttpConnection::TakeRequest() {
  HttpRequest request;
  request.method = parser_->method();
  request.target = parser_->target();
  request.headers = parser_->headers();
  std::string_view target = request.target;
  if (target.starts_with("http://")) {  // as a client of a proxy sends it
    const size_t path = target.find('/', 7);
    request.target = path == std::string_view::npos ? "/" : std::string(target.substr(path));
    target = request.target;
  }
  if (!target.starts_with('/')) return InvalidArgumentError("the request has no path");
  const size_t question = std::min(target.find('?'), target.size());
  request.path = PercentDecode(target.substr(0, question));
  if (question < target.size()) request.query = ParseQuery(target.substr(question + 1));
  wants_continue_ =
      ::strcasecmp(std::string(request.headers.Get("Expect")).c_str(), "100-continue") == 0;
  request.peer = socket_.PeerAddress().value_or(SocketAddress());
  request.local = socket_.LocalAddress().value_or(SocketAddress());
  return request;
}

// Makes at least one unread body byte stand in body_, unless the body has ended.
Status HttpConnection::FillBody() {
  body_.clear();
  body_at_ = 0;
  if (wants_continue_) {
    wants_continue_ = false;
    RETURN_IF_ERROR(socket_.SendAll("HTTP/1.1 100 Continue\r\n\r\n", SendDeadline()));
  }
  while (body_.empty() && !parser_->done()) {
    if (!held_.empty()) {
      ASSIGN_OR_RETURN(const size_t taken, parser_->Feed(held_, &body_));
      held_.erase(0, taken);
      if (taken > 0) continue;
    }
    const size_t start = held_.size();
    held_.resize(start + kReadSize);
    const auto got = socket_.ReceiveSome(held_.data() + start, kReadSize,
                                         Deadline::After(options_.idle_timeout));
    held_.resize(start + got.value_or(0));
    RETURN_IF_ERROR(got.status());
    if (*got == 0) return UnavailableError("the client has gone in the middle of its request");
  }
  return Status::Ok();
}

StatusOr<size_t> HttpConnection::Read(char* to, size_t size) {
  if (body_at_ == body_.size()) RETURN_IF_ERROR(FillBody());
  const size_t take = std::min(size, body_.size() - body_at_);
  std::memcpy(to, body_.data() + body_at_, take);
  body_at_ += take;
  return take;
}

Status HttpConnection::ReadWholeBody(std::string* body) {
  const Status too_large = ResourceExhaustedError(
      "the request's body is larger than " + std::to_string(options_.max_body_bytes) + " bytes");
  if (parser_->content_length() > static_cast<int64_t>(options_.max_body_bytes)) return too_large;
  while (true) {
    body->append(body_, body_at_);
    body_at_ = body_.size();
    if (body->size() > options_.max_body_bytes) return too_large;
    if (parser_->done()) return Status::Ok();
    RETURN_IF_ERROR(FillBody());
  }
}

void HttpConnection::DrainBody() {
  socket_.ShutdownWrite();
  const Deadline deadline = Deadline::After(std::chrono::seconds(1));
  std::array<char, 16 << 10> dropped;
  size_t total = 0;
  while (total < kMaxDrain) {
    const auto got = socket_.ReceiveSome(dropped.data(), dropped.size(), deadline);
    if (!got.ok() || *got == 0) return;
    total += *got;
  }
}

Status HttpConnection::SendHeader(const HttpRequest& request, const HttpResponse& response,
                                  int64_t length, bool keep_alive, std::string_view body) {
  std::string header = "HTTP/1.1 " + std::to_string(response.status) + " " +
                       std::string(HttpReason(response.status)) + "\r\nDate: " + HttpDate() +
                       "\r\nConnection: " + (keep_alive ? "keep-alive" : "close") + "\r\n";
  if (!response.content_type.empty()) header += "Content-Type: " + response.content_type + "\r\n";
  for (const auto& [name, value] : response.headers.fields()) {
    header += name + ": " + OneLine(value) + "\r\n";
  }
  if (length >= 0) {
    header += "Content-Length: " + std::to_string(length) + "\r\n";
  } else if (!parser_->is_http_1_0()) {
    header += "Transfer-Encoding: chunked\r\n";
  }
  header += "\r\n";
  const std::string_view parts[] = {header, request.method == "HEAD" ? std::string_view() : body};
  return socket_.SendParts(parts, SendDeadline());
}

Status HttpConnection::SendFiles(const std::vector<HttpFileRange>& files) {
  for (const HttpFileRange& file : files) {
    for (int64_t sent = 0; sent < file.length; sent += kSendPiece) {
      RETURN_IF_ERROR(socket_.SendFile(file.fd, file.offset + sent,
                                       std::min(kSendPiece, file.length - sent), SendDeadline()));
    }
  }
  return Status::Ok();
}

Status HttpConnection::SendGenerated(const HttpGenerator& generator, bool chunked) {
  while (true) {
    ASSIGN_OR_RETURN(const std::string piece, generator());
    if (piece.empty()) return chunked ? socket_.SendAll("0\r\n\r\n", SendDeadline()) : Status::Ok();
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    const std::string_view parts[] = {chunked ? size : "", piece, chunked ? "\r\n" : ""};
    RETURN_IF_ERROR(socket_.SendParts(parts, SendDeadline()));
  }
}

StatusOr<bool> HttpConnection::Answer(const HttpRequest& request, HttpResponse response) {
  const bool streams = response.generator != nullptr;
  const bool body_taken = parser_->done() && body_at_ == body_.size();
  const bool keep_alive =
      parser_->keep_alive() && body_taken && !(streams && parser_->is_http_1_0());
  int64_t length = static_cast<int64_t>(response.body.size());
  for (const HttpFileRange& file : response.files) length += file.length;
  if (streams) length = -1;
  RETURN_IF_ERROR(SendHeader(request, response, length, keep_alive, response.body));
  if (request.method != "HEAD") {
    RETURN_IF_ERROR(SendFiles(response.files));
    if (streams) RETURN_IF_ERROR(SendGenerated(response.generator, !parser_->is_http_1_0()));
  }
  if (!keep_alive) {
    if (!body_taken) DrainBody();
    return false;
  }
  parser_.reset();
  idle_since_ = Clock::Real()->Now();
  return true;
}

void HttpConnection::AnswerError(const Status& status) {
  const int code = StatusOfBadRequest(status);
  const std::string text = status.message() + "\n";
  const std::string answer = "HTTP/1.1 " + std::to_string(code) + " " +
                             std::string(HttpReason(code)) +
                             "\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8"
                             "\r\nContent-Length: " +
                             std::to_string(text.size()) + "\r\n\r\n" + text;
  // Without waiting: this runs on the I/O thread, and a fresh connection has room for it.
  IgnoreError(socket_.SendAll(answer, Deadline::After(Duration(0))), "the client is at fault");
  socket_.ShutdownWrite();
}

}  // namespace tusk
