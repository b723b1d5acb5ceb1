// A small generator that is handed in, so that a test's seed decides every choice.
#pragma once

#include <cstdint>
#include <string>

namespace tusk {

// xoshiro256** (Blackman, Vigna). Not thread-safe. Not for secrets: see SecureRandomBytes.
class Random {
 public:
  explicit Random(uint64_t seed);

  uint64_t Next();
  // Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound);
  double UnitInterval();
  bool OneIn(uint64_t n) { return Below(n) == 0; }

 private:
  uint64_t state_[4];
};

// From the kernel's generator: for keys, nonces, ids that must not be guessed.
std::string SecureRandomBytes(size_t count);
uint64_t SecureRandomSeed();

// Random UUID in its usual text form.
std::string NewUuid();

}  // namespace tusk
