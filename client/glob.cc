#include "client/glob.h"

#include <algorithm>
#include <utility>

namespace tusk::client {
namespace {

// In the words of Hadoop's parser; `at`: how far it had come.
Status Bad(std::string_view pattern, std::string_view why, size_t at) {
  return InvalidArgumentError("Illegal file pattern: error parsing regexp: " + std::string(why) +
                              " at pos " + std::to_string(at) + ": `" + std::string(pattern) + "`");
}

// The first top-level group: [begin, end] are its braces, `commas` what parts it.
struct BraceGroup {
  size_t begin = std::string_view::npos;
  size_t end = 0;
  std::vector<size_t> commas;
  bool has_slash = false;
};

StatusOr<BraceGroup> FindBraces(std::string_view pattern, size_t from) {
  BraceGroup group;
  int depth = 0;
  for (size_t i = from; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (c == '{') {
      if (depth++ == 0) group.begin = i;
    } else if (c == '}' && depth > 0) {
      if (--depth == 0) {
        group.end = i;
        return group;
      }
    } else if (c == ',' && depth == 1) {
      group.commas.push_back(i);
    } else if (c == '/' && depth > 0) {
      group.has_slash = true;
    }
  }
  if (depth > 0) return Bad(pattern, "Unclosed group", pattern.size());
  return group;
}

// `only_slashes`: leaves groups alone that hold no slash.
Status Expand(const std::string& pattern, size_t from, bool only_slashes,
              std::vector<std::string>* out) {
  ASSIGN_OR_RETURN(const BraceGroup group, FindBraces(pattern, from));
  if (group.begin == std::string_view::npos) {
    out->push_back(pattern);
    return Status::Ok();
  }
  if (only_slashes && !group.has_slash) return Expand(pattern, group.end + 1, true, out);
  size_t start = group.begin + 1;
  std::vector<size_t> ends = group.commas;
  ends.push_back(group.end);
  for (size_t end : ends) {
    const std::string one = pattern.substr(0, group.begin) + pattern.substr(start, end - start) +
                            pattern.substr(group.end + 1);
    RETURN_IF_ERROR(Expand(one, group.begin, only_slashes, out));
    start = end + 1;
  }
  return Status::Ok();
}

// Length in bytes of the UTF-8 character that starts with `lead`: ? and [ ] take whole characters.
size_t CharacterSize(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

std::string_view TakeCharacter(std::string_view* text) {
  const size_t size =
      std::min(CharacterSize(static_cast<unsigned char>(text->front())), text->size());
  const std::string_view character = text->substr(0, size);
  text->remove_prefix(size);
  return character;
}

// `set` stands after "[" and is left after "]". UTF-8 sorts as its code points do.
bool InSet(std::string_view* set, std::string_view character) {
  bool negated = false;
  if (!set->empty() && (set->front() == '^' || set->front() == '!')) {
    negated = true;
    set->remove_prefix(1);
  }
  bool found = false;
  for (bool first = true; !set->empty() && (first || set->front() != ']'); first = false) {
    if (set->front() == '\\' && set->size() > 1) set->remove_prefix(1);
    const std::string_view low = TakeCharacter(set);
    std::string_view high = low;
    if (set->size() > 1 && (*set)[0] == '-' && (*set)[1] != ']') {
      set->remove_prefix(1);
      high = TakeCharacter(set);
    }
    if (low <= character && character <= high) found = true;
  }
  if (!set->empty()) set->remove_prefix(1);
  return found != negated;
}

// Whether the pattern's first item, which is no *, takes the start of `name`; both move on.
bool MatchItem(std::string_view* pattern, std::string_view* name) {
  if (name->empty()) return false;
  const char c = pattern->front();
  if (c == '?') {
    pattern->remove_prefix(1);
    TakeCharacter(name);
    return true;
  }
  if (c == '[') {
    pattern->remove_prefix(1);
    return InSet(pattern, TakeCharacter(name));
  }
  if (c == '\\' && pattern->size() > 1) pattern->remove_prefix(1);
  const bool same = pattern->front() == name->front();
  pattern->remove_prefix(1);
  name->remove_prefix(1);
  return same;
}

// Only the last * met ever has to take more: no more than |pattern| x |name| steps.
bool Match(std::string_view pattern, std::string_view name) {
  bool star = false;
  std::string_view after_star;
  std::string_view retry;  // what the star's next attempt leaves to the rest
  for (;;) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      star = true;
      after_star = pattern;
      retry = name;
      continue;
    }
    if (pattern.empty() ? name.empty() : MatchItem(&pattern, &name)) {
      if (pattern.empty() && name.empty()) return true;
      continue;
    }
    if (!star || retry.empty()) return false;
    retry.remove_prefix(1);
    pattern = after_star;
    name = retry;
  }
}

}  // namespace

bool HasGlob(std::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (std::string_view("*?[{").find(pattern[i]) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

std::string Unquote(std::string_view pattern) {
  std::string plain;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    plain += pattern[i];
  }
  return plain;
}

StatusOr<std::vector<std::string>> ExpandBraces(std::string_view pattern) {
  std::vector<std::string> expanded;
  RETURN_IF_ERROR(Expand(std::string(pattern), 0, /*only_slashes=*/true, &expanded));
  return expanded;
}

StatusOr<GlobPattern> GlobPattern::Compile(std::string_view pattern) {
  bool in_set = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      if (++i == pattern.size()) return Bad(pattern, "Missing escaped character", i);
    } else if (pattern[i] == '[' && !in_set) {
      in_set = true;
      if (i + 1 < pattern.size() && (pattern[i + 1] == '^' || pattern[i + 1] == '!')) ++i;
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') ++i;  // a "]" that comes first is meant
    } else if (pattern[i] == ']') {
      in_set = false;
    }
  }
  if (in_set) return Bad(pattern, "Unclosed character class", pattern.size());
  std::vector<std::string> alternatives;
  RETURN_IF_ERROR(Expand(std::string(pattern), 0, /*only_slashes=*/false, &alternatives));
  return GlobPattern(std::move(alternatives));
}

GlobPattern::GlobPattern(std::vector<std::string> alternatives)
    : alternatives_(std::move(alternatives)) {}

bool GlobPattern::Matches(std::string_view name) const {
  for (const std::string& alternative : alternatives_) {
    if (Match(alternative, name)) return true;
  }
  return false;
}

}  // namespace tusk::client
