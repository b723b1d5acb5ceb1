// How a replica's bytes are protected: one checksum for each chunk, big-endian, in order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/checksum_type.h"
#include "common/base/status.h"

namespace tusk {

inline constexpr int32_t kDefaultBytesPerChecksum = 512;
// Bigger chunks are refused: a chunk must fit into a packet many times over.
inline constexpr uint32_t kMaxBytesPerChecksum = 1 << 20;

struct DataChecksum {
  ChecksumType type = ChecksumType::kCrc32c;
  uint32_t bytes_per_checksum = kDefaultBytesPerChecksum;

  int32_t checksum_size() const { return type == ChecksumType::kNull ? 0 : 4; }
  // Chunks that `data_bytes` bytes make, the last one short or not.
  int64_t ChunksFor(int64_t data_bytes) const {
    return (data_bytes + bytes_per_checksum - 1) / bytes_per_checksum;
  }
  int64_t ChecksumBytesFor(int64_t data_bytes) const {
    return ChunksFor(data_bytes) * checksum_size();
  }
  // `offset` rounded down to the start of its chunk.
  int64_t ChunkStart(int64_t offset) const { return offset - offset % bytes_per_checksum; }

  bool operator==(const DataChecksum&) const = default;
};

// kInvalidArgument for unknown types and for chunk sizes of 0 or above kMaxBytesPerChecksum.
StatusOr<DataChecksum> MakeDataChecksum(int type, uint32_t bytes_per_checksum);

// One chunk's checksum; kNull gives 0.
uint32_t ChunkChecksum(const DataChecksum& checksum, std::string_view chunk);

// Appends the checksums of `data`, which starts on a chunk boundary. Nothing for kNull.
void AppendChecksums(const DataChecksum& checksum, std::string_view data, std::string* out);

// kDataLoss naming `what` and the offset of the first chunk that does not match. `data` starts on a
// chunk boundary, at `data_offset` of the block; `sums` has one checksum for each chunk. kNull: ok.
Status VerifyChecksums(const DataChecksum& checksum, std::string_view data, std::string_view sums,
                       std::string_view what, int64_t data_offset);

// ---- the meta file of a replica: 7 bytes of header, then the checksums
// ---------------------------

inline constexpr int64_t kMetaHeaderSize = 7;
inline constexpr int16_t kMetaVersion = 1;

std::string EncodeMetaHeader(const DataChecksum& checksum);
// kDataLoss when it is none.
StatusOr<DataChecksum> DecodeMetaHeader(std::string_view bytes);

}  // namespace tusk
