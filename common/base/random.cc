#include "common/base/random.h"

#include <sys/random.h>

#include <cstring>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/base/hex.h"

namespace tusk {
namespace {

uint64_t SplitMix(uint64_t* state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) word = SplitMix(&seed);
}

uint64_t Random::Next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint64_t Random::Below(uint64_t bound) {
  CHECK_GT(bound, 0u);
  return static_cast<uint64_t>(static_cast<unsigned __int128>(Next()) * bound >> 64);
}

double Random::UnitInterval() {
  return static_cast<double>(Next() >> 11) * 0x1.0p-53;
}

std::string SecureRandomBytes(size_t count) {
  std::string out(count, '\0');
  size_t done = 0;
  while (done < count) {
    const ssize_t n = ::getrandom(out.data() + done, count - done, 0);
    if (n > 0) done += static_cast<size_t>(n);
  }
  return out;
}

uint64_t SecureRandomSeed() {
  return LoadBigEndian<uint64_t>(SecureRandomBytes(8).data());
}

std::string NewUuid() {
  std::string bytes = SecureRandomBytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  std::string hex = ToHex(bytes);
  for (const size_t at : {8, 13, 18, 23}) hex.insert(at, "-");
  return hex;
}

}  // namespace tusk
