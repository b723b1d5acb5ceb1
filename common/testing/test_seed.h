// The seed of every random choice in a test: TUSK_TEST_SEED from the environment, else a new one.
#pragma once

#include <cstdint>

namespace tusk {

// The same for the whole process; printed once, so that a failure can be repeated.
uint64_t TestSeed();

}  // namespace tusk
