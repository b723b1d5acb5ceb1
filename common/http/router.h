// Which handler answers a path. Patterns are made of segments:
//   "/jmx"                 that path (and "/jmx/")
//   "/apps/{id}/state"     one segment named id
//   "/webhdfs/v1/{path*}"  all that follows, slashes included, possibly nothing
// The most literal pattern wins; among methods the exact one, else "*".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tusk {

using PathParameters = std::map<std::string, std::string, std::less<>>;

class Router {
 public:
  struct Match {
    int route = -1;              // the number Add returned; -1: no such path
    bool method_allowed = true;  // false: the path exists, with other methods
    PathParameters parameters;   // percent-decoded
  };

  // `method`: "GET", "PUT", ... or "*". GET also answers HEAD.
  int Add(std::string method, std::string_view pattern);
  // `path`: as it came, still percent-encoded, without the query.
  Match Find(std::string_view method, std::string_view path) const;

 private:
  struct Segment {
    enum class Kind { kLiteral, kOne, kRest } kind = Kind::kLiteral;
    std::string text;  // literal or parameter name
  };
  struct Route {
    std::string method;
    std::vector<Segment> segments;
  };

  std::vector<Route> routes_;
};

// "%41" -> "A"; with `plus_is_blank` (queries) "+" -> " ". Malformed escapes stay as they are.
std::string PercentDecode(std::string_view text, bool plus_is_blank = false);
// Everything but letters, digits and -._~ (and `keep`) escaped.
std::string PercentEncode(std::string_view text, std::string_view keep = "");
// "a=1&b" -> {{"a","1"},{"b",""}}, decoded, in order.
std::vector<std::pair<std::string, std::string>> ParseQuery(std::string_view query);

}  // namespace tusk
