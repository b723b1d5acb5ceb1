// Absolute paths of a file system: "/", "/a/b"; no trailing slash, no empty, "." or ".." part.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace tusk::client {

// Folds "//", "." and "..", drops a trailing slash. `path` is absolute.
std::string NormalizePath(std::string_view path);

// `parent` + "/" + `name`, without doubling the root's slash.
std::string JoinPath(std::string_view parent, std::string_view name);

// "/a" of "/a/b", "/" of "/a", "" of "/".
std::string ParentPath(std::string_view path);
// "b" of "/a/b"; "" of "/".
std::string BaseName(std::string_view path);

}  // namespace tusk::client
