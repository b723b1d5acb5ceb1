#include "common/http/http_message.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace tusk {

namespace {

bool SameWithoutCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool ParseNumber(std::string_view text, int64_t* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size() && *value >= 0;
}

}  // namespace

std::string_view HttpHeaders::Get(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (SameWithoutCase(field, name)) return value;
  }
  return {};
}

bool HttpHeaders::Has(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const auto& field) { return SameWithoutCase(field.first, name); });
}

std::string_view HttpRequest::Query(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (SameWithoutCase(key, name)) return value;
  }
  return {};
}

bool HttpRequest::HasQuery(std::string_view name) const {
  return std::any_of(query.begin(), query.end(),
                     [&](const auto& entry) { return SameWithoutCase(entry.first, name); });
}

HttpResponse HttpResponse::Text(int status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

HttpResponse HttpResponse::Html(std::string html) {
  HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(html);
  return response;
}

HttpResponse HttpResponse::Json(std::string json, int status) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json; charset=utf-8";
  response.body = std::move(json);
  return response;
}

HttpResponse HttpResponse::Redirect(std::string location, int status) {
  HttpResponse response;
  response.status = status;
  response.headers.Add("Location", std::move(location));
  return response;
}

HttpResponse HttpResponse::Stream(HttpGenerator generator, std::string content_type) {
  HttpResponse response;
  response.content_type = std::move(content_type);
  response.generator = std::move(generator);
  return response;
}

HttpResponse HttpResponse::Error(const Status& status) {
  return Text(HttpStatusOf(status.code()), status.message() + "\n");
}

int HttpStatusOf(Code code) {
  switch (code) {
    case Code::kOk:
      return 200;
    case Code::kInvalidArgument:
    case Code::kOutOfRange:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kAborted:
      return 409;
    case Code::kFailedPrecondition:
      return 412;
    case Code::kResourceExhausted:
    case Code::kUnavailable:
      return 503;
    case Code::kUnimplemented:
      return 501;
    case Code::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

std::string_view HttpReason(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Payload Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

StatusOr<std::optional<ByteRange>> ParseRange(std::string_view header, int64_t total) {
  constexpr std::string_view kUnit = "bytes=";
  const size_t dash = header.find('-');
  // Several ranges at once: send all, as the standard allows.
  if (!header.starts_with(kUnit) || dash == std::string_view::npos ||
      header.find(',') != std::string_view::npos) {
    return std::optional<ByteRange>();
  }
  const std::string_view first = header.substr(kUnit.size(), dash - kUnit.size());
  const std::string_view last = header.substr(dash + 1);
  int64_t start = 0;
  int64_t end = total - 1;
  if (first.empty()) {
    int64_t suffix = 0;
    if (!ParseNumber(last, &suffix)) return std::optional<ByteRange>();
    start = std::max<int64_t>(total - suffix, 0);
    if (suffix == 0) start = total;
  } else {
    if (!ParseNumber(first, &start)) return std::optional<ByteRange>();
    if (!last.empty() && (!ParseNumber(last, &end) || end < start)) {
      return std::optional<ByteRange>();
    }
    end = std::min(end, total - 1);
  }
  if (start >= total) {
    return OutOfRangeError("range " + std::string(header) + " of " + std::to_string(total) +
                           " bytes");
  }
  return std::optional<ByteRange>(ByteRange{start, end - start + 1});
}

}  // namespace tusk
