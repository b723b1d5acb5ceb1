#include "common/datatransfer/data_checksum.h"

#include "common/base/bytes.h"
#include "common/io/checksum.h"

namespace tusk {

StatusOr<DataChecksum> MakeDataChecksum(int type, uint32_t bytes_per_checksum) {
  if (type < 0 || type > static_cast<int>(ChecksumType::kCrc32c)) {
    return InvalidArgumentError("unknown checksum type " + std::to_string(type));
  }
  if (bytes_per_checksum == 0 || bytes_per_checksum > kMaxBytesPerChecksum) {
    return InvalidArgumentError("bytes per checksum " + std::to_string(bytes_per_checksum) +
                                " is not in 1.." + std::to_string(kMaxBytesPerChecksum));
  }
  return DataChecksum{static_cast<ChecksumType>(type), bytes_per_checksum};
}

uint32_t ChunkChecksum(const DataChecksum& checksum, std::string_view chunk) {
  return ComputeCrc(checksum.type, chunk);
}

void AppendChecksums(const DataChecksum& checksum, std::string_view data, std::string* out) {
  if (checksum.type == ChecksumType::kNull) return;
  AppendChunkChecksums(checksum.type, checksum.bytes_per_checksum, data, out);
}

Status VerifyChecksums(const DataChecksum& checksum, std::string_view data, std::string_view sums,
                       std::string_view what, int64_t data_offset) {
  if (checksum.type == ChecksumType::kNull) return Status::Ok();
  if (static_cast<int64_t>(sums.size()) !=
      checksum.ChecksumBytesFor(static_cast<int64_t>(data.size()))) {
    return DataLossError(std::string(what) + " at offset " + std::to_string(data_offset) + ": " +
                         std::to_string(sums.size()) + " bytes of checksums for " +
                         std::to_string(data.size()) + " bytes of data");
  }
  return VerifyChunkChecksums(checksum.type, checksum.bytes_per_checksum, data, sums, what,
                              data_offset);
}

std::string EncodeMetaHeader(const DataChecksum& checksum) {
  std::string out;
  AppendBigEndian(&out, kMetaVersion);
  out.push_back(static_cast<char>(checksum.type));
  AppendBigEndian(&out, static_cast<int32_t>(checksum.bytes_per_checksum));
  return out;
}

StatusOr<DataChecksum> DecodeMetaHeader(std::string_view bytes) {
  ByteReader in(bytes);
  int16_t version = 0;
  int8_t type = 0;
  int32_t bytes_per_checksum = 0;
  in.ReadBigEndian(&version);
  in.ReadBigEndian(&type);
  in.ReadBigEndian(&bytes_per_checksum);
  if (!in.ok()) {
    return DataLossError("meta file too short: " + std::to_string(bytes.size()) + " bytes");
  }
  if (version != kMetaVersion) {
    return DataLossError("meta file of unknown version " + std::to_string(version));
  }
  StatusOr<DataChecksum> checksum =
      MakeDataChecksum(type, static_cast<uint32_t>(bytes_per_checksum));
  if (!checksum.ok()) return DataLossError("meta file: " + checksum.status().message());
  return checksum;
}

}  // namespace tusk
