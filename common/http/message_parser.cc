#include "common/http/message_parser.h"

#include <limits>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

namespace tusk {

namespace http = boost::beast::http;

class MessageParser::Impl {
 public:
  virtual ~Impl() = default;
  virtual StatusOr<size_t> Feed(std::string_view bytes, std::string* body) = 0;
  virtual Status FeedEnd() = 0;
  virtual void ExpectNoBody() = 0;
  virtual bool started() const = 0;
  virtual bool header_done() const = 0;
  virtual bool done() const = 0;
  virtual bool keep_alive() const = 0;
  virtual int64_t content_length() const = 0;
  virtual std::string method() const = 0;
  virtual std::string target() const = 0;
  virtual int status() const = 0;
  virtual bool is_http_1_0() const = 0;
  virtual HttpHeaders headers() const = 0;
};

namespace {

template <bool is_request>
class BeastParser final : public MessageParser::Impl {
 public:
  explicit BeastParser(size_t max_header_bytes) : max_header_bytes_(max_header_bytes) {
    parser_.header_limit(static_cast<uint32_t>(max_header_bytes));
    parser_.body_limit(std::numeric_limits<uint64_t>::max());  // callers bound it as they read
  }

  StatusOr<size_t> Feed(std::string_view bytes, std::string* body) override {
    size_t taken = 0;
    while (taken < bytes.size() && !parser_.is_done()) {
      char piece[16 << 10];
      parser_.get().body().data = piece;
      parser_.get().body().size = sizeof piece;
      boost::system::error_code error;
      const bool had_header = parser_.is_header_done();
      const std::string_view rest = bytes.substr(taken);
      const size_t used = parser_.put(boost::asio::buffer(rest.data(), rest.size()), error);
      taken += used;
      if (parser_.is_header_done()) body->append(piece, sizeof piece - parser_.get().body().size);
      if (error == http::error::need_buffer) continue;  // the piece is full
      if (error == http::error::need_more) {
        return CheckHeaderSize(rest.size() - used, taken);
      }
      if (error) return ToStatus(error);
      if (!had_header && parser_.is_header_done()) return taken;
      if (used == 0) break;
    }
    return taken;
  }

  Status FeedEnd() override {
    boost::system::error_code error;
    parser_.put_eof(error);
    if (!error) return Status::Ok();
    return DataLossError("the connection was closed in the middle of a message");
  }

  void ExpectNoBody() override { parser_.skip(true); }
  bool started() const override { return parser_.got_some(); }
  bool header_done() const override { return parser_.is_header_done(); }
  bool done() const override { return parser_.is_done(); }
  bool keep_alive() const override { return parser_.keep_alive(); }
  int64_t content_length() const override {
    const auto length = parser_.content_length();
    return length ? static_cast<int64_t>(*length) : -1;
  }
  std::string method() const override {
    if constexpr (is_request) return std::string(parser_.get().method_string());
    return {};
  }
  std::string target() const override {
    if constexpr (is_request) return std::string(parser_.get().target());
    return {};
  }
  int status() const override {
    if constexpr (!is_request) return static_cast<int>(parser_.get().result_int());
    return 0;
  }
  bool is_http_1_0() const override { return parser_.get().version() == 10; }
  HttpHeaders headers() const override {
    HttpHeaders headers;
    for (const auto& field : parser_.get()) {
      headers.Add(std::string(field.name_string()), std::string(field.value()));
    }
    return headers;
  }

 private:
  // Beast counts a header's bytes only once it is whole.
  StatusOr<size_t> CheckHeaderSize(size_t waiting, size_t taken) const {
    if (!parser_.is_header_done() && waiting > max_header_bytes_) {
      return ResourceExhaustedError("the header is larger than " +
                                    std::to_string(max_header_bytes_) + " bytes");
    }
    return taken;
  }

  Status ToStatus(const boost::system::error_code& error) const {
    if (error == http::error::header_limit) {
      return ResourceExhaustedError("the header is larger than " +
                                    std::to_string(max_header_bytes_) + " bytes");
    }
    return InvalidArgumentError("not HTTP: " + error.message());
  }

  const size_t max_header_bytes_;
  http::parser<is_request, http::buffer_body> parser_;
};

}  // namespace

MessageParser::MessageParser(Kind kind, size_t max_header_bytes)
    : impl_(kind == Kind::kRequest
                ? std::unique_ptr<Impl>(std::make_unique<BeastParser<true>>(max_header_bytes))
                : std::unique_ptr<Impl>(std::make_unique<BeastParser<false>>(max_header_bytes))) {}

MessageParser::~MessageParser() = default;

void MessageParser::ExpectNoBody() {
  impl_->ExpectNoBody();
}
StatusOr<size_t> MessageParser::Feed(std::string_view bytes, std::string* body) {
  return impl_->Feed(bytes, body);
}
Status MessageParser::FeedEnd() {
  return impl_->FeedEnd();
}
bool MessageParser::started() const {
  return impl_->started();
}
bool MessageParser::header_done() const {
  return impl_->header_done();
}
bool MessageParser::done() const {
  return impl_->done();
}
bool MessageParser::keep_alive() const {
  return impl_->keep_alive();
}
int64_t MessageParser::content_length() const {
  return impl_->content_length();
}
std::string MessageParser::method() const {
  return impl_->method();
}
std::string MessageParser::target() const {
  return impl_->target();
}
int MessageParser::status() const {
  return impl_->status();
}
bool MessageParser::is_http_1_0() const {
  return impl_->is_http_1_0();
}
HttpHeaders MessageParser::headers() const {
  return impl_->headers();
}

}  // namespace tusk
