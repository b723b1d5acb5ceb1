// The numbers of Hadoop's DataChecksum types, on the wire and in meta files.
#pragma once

#include <cstdint>

namespace tusk {

enum class ChecksumType : uint8_t { kNull = 0, kCrc32 = 1, kCrc32c = 2 };

}  // namespace tusk
