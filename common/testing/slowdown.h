// How long a test waits in a build that is slow on purpose.
#pragma once

#include <algorithm>
#include <cstdlib>

namespace tusk {

// How many times slower than a release build the programs are, at most: 1, or what ctest puts into
// TUSK_SLOWDOWN for a build with a sanitizer. Limits of time are multiplied by it.
inline int Slowdown() {
  const char* const text = std::getenv("TUSK_SLOWDOWN");
  return text == nullptr ? 1 : std::max(1, std::atoi(text));
}

}  // namespace tusk
