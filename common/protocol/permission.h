// Permission bits of a file or directory, in Hadoop's (= Unix's) numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace tusk {

enum class FsAction : uint8_t {
  kNone = 0,
  kExecute = 1,
  kWrite = 2,
  kRead = 4,
  kReadExecute = 5,
  kAll = 7
};

// Nine rwx bits and the sticky bit (01000).
struct FsPermission {
  uint16_t bits = 0755;

  bool sticky() const { return (bits & 01000) != 0; }
  FsPermission WithoutUmask(uint16_t umask) const {
    return {static_cast<uint16_t>(bits & ~umask & 01777)};
  }
  bool operator==(const FsPermission&) const = default;
};

// "rwxr-xr-x"; the last letter is t or T with the sticky bit.
std::string PermissionText(FsPermission permission);

// "READ", "WRITE", "READ_EXECUTE"...: as in Hadoop's "Permission denied" line.
std::string_view FsActionName(int action);

// chmod's octal ("755", "1777") or symbolic form ("u+rwx,go-w", "a=rX", "+t") applied to `current`.
// `is_directory` decides X. kInvalidArgument with Hadoop's text on a bad mode.
StatusOr<FsPermission> ApplyChmod(std::string_view mode, FsPermission current, bool is_directory);

}  // namespace tusk
