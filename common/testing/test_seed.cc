#include "common/testing/test_seed.h"

#include <cstdio>
#include <cstdlib>

#include "common/base/random.h"

namespace tusk {

uint64_t TestSeed() {
  static const uint64_t seed = [] {
    const char* given = std::getenv("TUSK_TEST_SEED");
    const uint64_t value =
        given != nullptr ? std::strtoull(given, nullptr, 10) : SecureRandomSeed();
    std::fprintf(stderr, "TUSK_TEST_SEED=%llu\n", static_cast<unsigned long long>(value));
    return value;
  }();
  return seed;
}

}  // namespace tusk
