// Paths as clients send them: split into components, checked, put together again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/protocol/ids.h"

namespace tusk::namenode {

// "/a//b/" is {"a", "b"}; "/" has no components. "/.reserved/.inodes/17/x" is {"x"} below inode 17.
struct ParsedPath {
  std::optional<InodeId> base;
  std::vector<std::string> components;

  bool is_root() const { return !base.has_value() && components.empty(); }
};

inline constexpr size_t kMaxPathLength = 8000;
inline constexpr size_t kMaxPathDepth = 1000;

// kInvalidArgument for a relative path or a bad inode id.
StatusOr<ParsedPath> ParsePath(std::string_view path);

// What mkdirs, create and the target of rename demand beyond: no "." and "..", no ':' and no NUL in
// a name, no reserved name, bounded length and depth. kInvalidPath / kIllegalArgument /
// kPathComponentTooLong.
Status CheckNewPath(std::string_view path, const ParsedPath& parsed, size_t max_component_length);

}  // namespace tusk::namenode
