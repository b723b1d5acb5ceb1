// CRC32C and CRC32 (ISA-L, at memory speed), alone, per chunk and composed.
//
// All values are as Java's and zlib's: initial and final inversion done.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/base/checksum_type.h"
#include "common/base/status.h"

namespace tusk {

// `crc` continues a former result: Crc32c(b, Crc32c(a)) == Crc32c(a + b).
uint32_t Crc32c(std::string_view bytes, uint32_t crc = 0);
uint32_t Crc32(std::string_view bytes, uint32_t crc = 0);

// "NULL", "CRC32", "CRC32C".
std::string_view ChecksumTypeName(ChecksumType type);
StatusOr<ChecksumType> ParseChecksumType(std::string_view name);
StatusOr<ChecksumType> ChecksumTypeFromNumber(int number);

// 0 for kNull, else 4.
inline size_t ChecksumSize(ChecksumType type) {
  return type == ChecksumType::kNull ? 0 : 4;
}

// Crc32c or Crc32 as `type` says; kNull is 0.
uint32_t ComputeCrc(ChecksumType type, std::string_view bytes, uint32_t crc = 0);

// One big-endian checksum per chunk of `bytes_per_chunk` bytes (the last may be shorter), appended
// to `out`: the layout of packets and meta files.
void AppendChunkChecksums(ChecksumType type, size_t bytes_per_chunk, std::string_view data,
                          std::string* out);

// kDataLoss naming `what` and the offset (from `data_offset`) of the first chunk that differs.
Status VerifyChunkChecksums(ChecksumType type, size_t bytes_per_chunk, std::string_view data,
                            std::string_view checksums, std::string_view what,
                            int64_t data_offset = 0);

// The CRC of A followed by B, from the two CRCs and the length of B, without the bytes.
uint32_t ComposeCrc(ChecksumType type, uint32_t crc_a, uint32_t crc_b, int64_t length_b);

// Composes the CRCs of many pieces in order. Fast when most pieces have one length.
class CrcComposer {
 public:
  explicit CrcComposer(ChecksumType type) : type_(type) {}

  void Add(uint32_t crc, int64_t length);
  uint32_t value() const { return crc_; }

 private:
  const ChecksumType type_;
  uint32_t crc_ = 0;
  int64_t power_length_ = -1;  // the length `power_` belongs to
  uint32_t power_ = 0;
};

}  // namespace tusk
