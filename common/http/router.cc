#include "common/http/router.h"

#include <algorithm>
#include <cctype>

namespace tusk {

namespace {

std::vector<std::string_view> SplitPath(std::string_view path) {
  std::vector<std::string_view> parts;
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

int Router::Add(std::string method, std::string_view pattern) {
  Route route{std::move(method), {}};
  for (const std::string_view part : SplitPath(pattern)) {
    if (!part.starts_with('{')) {
      route.segments.push_back({Segment::Kind::kLiteral, std::string(part)});
    } else if (part.ends_with("*}")) {
      route.segments.push_back(
          {Segment::Kind::kRest, std::string(part.substr(1, part.size() - 3))});
    } else {
      route.segments.push_back({Segment::Kind::kOne, std::string(part.substr(1, part.size() - 2))});
    }
  }
  routes_.push_back(std::move(route));
  return static_cast<int>(routes_.size()) - 1;
}

namespace {

// The raw text after the first `count` segments, without the slash before it.
std::string_view RestAfter(std::string_view path, size_t count) {
  for (size_t i = 0; i <= count; ++i) {
    if (path.starts_with('/')) path.remove_prefix(1);
    if (i < count) path.remove_prefix(std::min(path.find('/'), path.size()));
  }
  return path;
}

}  // namespace

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  const std::vector<std::string_view> parts = SplitPath(path);
  Match best;
  bool path_known = false;
  // Per segment: literal 2, one 1, rest 0; longer and more literal ones compare greater.
  std::vector<int> best_score;
  for (size_t r = 0; r < routes_.size(); ++r) {
    const Route& route = routes_[r];
    PathParameters parameters;
    std::vector<int> score;
    bool matches = true;
    bool has_rest = false;
    for (size_t i = 0; i < route.segments.size() && matches && !has_rest; ++i) {
      const Segment& segment = route.segments[i];
      if (segment.kind == Segment::Kind::kRest) {
        parameters[segment.text] = PercentDecode(RestAfter(path, i));
        has_rest = true;
        score.push_back(0);
      } else if (i >= parts.size()) {
        matches = false;
      } else if (segment.kind == Segment::Kind::kOne) {
        parameters[segment.text] = PercentDecode(parts[i]);
        score.push_back(1);
      } else {
        matches = PercentDecode(parts[i]) == segment.text;
        score.push_back(2);
      }
    }
    if (!matches || (!has_rest && parts.size() != route.segments.size())) continue;
    path_known = true;
    const bool exact = route.method == method || (method == "HEAD" && route.method == "GET");
    if (!exact && route.method != "*") continue;
    score.push_back(exact ? 1 : 0);
    if (best.route >= 0 && score <= best_score) continue;
    best.route = static_cast<int>(r);
    best.parameters = std::move(parameters);
    best_score = std::move(score);
  }
  best.method_allowed = best.route >= 0 || !path_known;
  return best;
}

std::string PercentDecode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
        HexDigit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(plus_is_blank && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

std::string PercentEncode(std::string_view text, std::string_view keep) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte < 0x80 && std::isalnum(byte) != 0) ||
                       kPlain.find(c) != std::string_view::npos ||
                       keep.find(c) != std::string_view::npos;
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> ParseQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.empty()) continue;
    const size_t equals = std::min(part.find('='), part.size());
    parameters.emplace_back(PercentDecode(part.substr(0, equals), true),
                            PercentDecode(part.substr(std::min(equals + 1, part.size())), true));
  }
  return parameters;
}

}  // namespace tusk
