// Hadoop's path patterns: * (not across a slash), ?, [a-c], [^a], {x,y} and \ to quote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace tusk::client {

// Whether any of the pattern characters stands there unquoted.
bool HasGlob(std::string_view pattern);
// A pattern without its quoting backslashes.
std::string Unquote(std::string_view pattern);
// {..} with a slash inside are written out: "/a/{b/c,d}" gives "/a/b/c" and "/a/d"; others stay.
// kInvalidArgument for a brace that is not closed.
StatusOr<std::vector<std::string>> ExpandBraces(std::string_view pattern);

// One component of a path, compiled.
class GlobPattern {
 public:
  // kInvalidArgument for an unclosed bracket or brace, or a quote at the end.
  static StatusOr<GlobPattern> Compile(std::string_view pattern);

  bool Matches(std::string_view name) const;

 private:
  explicit GlobPattern(std::vector<std::string> alternatives);

  std::vector<std::string> alternatives_;  // without braces
};

}  // namespace tusk::client
