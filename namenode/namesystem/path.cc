#include "namenode/namesystem/path.h"

#include <charconv>

namespace tusk::namenode {
namespace {

Status InvalidPath(std::string_view path) {
  return InvalidArgumentError("Invalid path name Invalid file name: " + std::string(path),
                              Reason::kInvalidPath);
}

}  // namespace

StatusOr<ParsedPath> ParsePath(std::string_view path) {
  if (path.empty() || path.front() != '/') {
    return InvalidArgumentError("Absolute path required, but got '" + std::string(path) + "'",
                                Reason::kIllegalArgument);
  }
  ParsedPath parsed;
  size_t at = 0;
  while (at < path.size()) {
    const size_t begin = path.find_first_not_of('/', at);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(path.find('/', begin), path.size());
    parsed.components.emplace_back(path.substr(begin, end - begin));
    at = end;
  }
  auto& names = parsed.components;
  if (names.size() >= 2 && names[0] == ".reserved" && names[1] == ".inodes") {
    if (names.size() == 2) {
      return NotFoundError("File does not exist: " + std::string(path), Reason::kFileNotFound);
    }
    int64_t id = 0;
    const std::string& text = names[2];
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || rest != text.data() + text.size()) {
      return NotFoundError("File does not exist: " + std::string(path), Reason::kFileNotFound);
    }
    parsed.base = InodeId(id);
    names.erase(names.begin(), names.begin() + 3);
  }
  return parsed;
}

Status CheckNewPath(std::string_view path, const ParsedPath& parsed, size_t max_component_length) {
  if (path.size() > kMaxPathLength || parsed.components.size() > kMaxPathDepth) {
    return InvalidArgumentError("Pathname too long.  Limit " + std::to_string(kMaxPathLength) +
                                " characters, " + std::to_string(kMaxPathDepth) + " levels.");
  }
  for (const std::string& name : parsed.components) {
    if (name == "." || name == ".." || name.find(':') != std::string::npos ||
        name.find('\0') != std::string::npos) {
      return InvalidPath(path);
    }
    if (name == ".snapshot") {
      return InvalidArgumentError("\".snapshot\" is a reserved name.", Reason::kIllegalArgument);
    }
    if (name.size() > max_component_length) {
      return InvalidArgumentError(
          "The maximum path component name limit of " + name + " in directory " +
              std::string(path.substr(0, path.rfind('/') + 1)) + " is exceeded: limit=" +
              std::to_string(max_component_length) + " length=" + std::to_string(name.size()),
          Reason::kPathComponentTooLong);
    }
  }
  if (!parsed.base.has_value() && !parsed.components.empty() &&
      parsed.components[0] == ".reserved") {
    return InvalidArgumentError(
        "File name \".reserved\" is reserved and cannot be created. If this is during upgrade "
        "change the name of the existing file or directory to another name before upgrading to "
        "the new release.",
        Reason::kIllegalArgument);
  }
  return Status::Ok();
}

}  // namespace tusk::namenode
