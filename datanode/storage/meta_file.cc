#include "datanode/storage/meta_file.h"

#include <algorithm>
#include <charconv>

#include "common/base/bytes.h"
#include "common/io/checksum.h"

namespace tusk::datanode {
namespace {

constexpr std::string_view kBlockPrefix = "blk_";
constexpr std::string_view kMetaSuffix = ".meta";
constexpr int64_t kValidateStep = 1 << 20;

bool ParseNumber(std::string_view text, int64_t* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

StatusOr<std::string> ReadExactly(File* file, int64_t offset, int64_t size) {
  std::string bytes(static_cast<size_t>(size), '\0');
  ASSIGN_OR_RETURN(const size_t got, file->ReadAt(offset, bytes.data(), bytes.size()));
  if (got != bytes.size()) {
    return DataLossError(file->path() + " ends at " +
                         std::to_string(offset + static_cast<int64_t>(got)) + ", expected " +
                         std::to_string(offset + size) + " bytes");
  }
  return bytes;
}

// How many leading chunks of `data` match `sums`.
int64_t CountValidChunks(const DataChecksum& checksum, std::string_view data,
                         std::string_view sums) {
  int64_t valid = 0;
  while (!data.empty() && sums.size() >= 4) {
    const std::string_view chunk = data.substr(0, checksum.bytes_per_checksum);
    if (ChunkChecksum(checksum, chunk) != LoadBigEndian<uint32_t>(sums.data())) break;
    data.remove_prefix(chunk.size());
    sums.remove_prefix(4);
    ++valid;
  }
  return valid;
}

// The longest prefix of a chunk that `sum` is the checksum of: data may have reached the disk
// before the checksum that covers it.
int64_t ValidPrefixOfChunk(const DataChecksum& checksum, std::string_view chunk, uint32_t sum) {
  int64_t longest = 0;
  uint32_t crc = 0;
  for (size_t i = 0; i < chunk.size(); ++i) {
    crc = ComputeCrc(checksum.type, chunk.substr(i, 1), crc);
    if (crc == sum) longest = static_cast<int64_t>(i) + 1;
  }
  return longest;
}

}  // namespace

std::string BlockFileName(BlockId id) {
  return std::string(kBlockPrefix) + std::to_string(id.value());
}

std::string MetaFileName(BlockId id, GenerationStamp stamp) {
  return BlockFileName(id) + "_" + std::to_string(stamp.value()) + std::string(kMetaSuffix);
}

std::optional<ReplicaFileName> ParseReplicaFileName(std::string_view name) {
  if (!name.starts_with(kBlockPrefix)) return std::nullopt;
  name.remove_prefix(kBlockPrefix.size());
  int64_t id = 0;
  if (!name.ends_with(kMetaSuffix)) {
    if (!ParseNumber(name, &id)) return std::nullopt;
    return ReplicaFileName{BlockId(id), std::nullopt};
  }
  name.remove_suffix(kMetaSuffix.size());
  const size_t underscore = name.rfind('_');
  int64_t stamp = 0;
  if (underscore == std::string_view::npos || !ParseNumber(name.substr(0, underscore), &id) ||
      !ParseNumber(name.substr(underscore + 1), &stamp)) {
    return std::nullopt;
  }
  return ReplicaFileName{BlockId(id), GenerationStamp(stamp)};
}

StatusOr<DataChecksum> ReadMetaHeader(File* meta) {
  ASSIGN_OR_RETURN(const std::string header, ReadExactly(meta, 0, kMetaHeaderSize));
  StatusOr<DataChecksum> checksum = DecodeMetaHeader(header);
  if (!checksum.ok()) return checksum.status().WithContext(meta->path());
  return checksum;
}

StatusOr<std::string> ReadChecksums(File* meta, const DataChecksum& checksum, int64_t first_chunk,
                                    int64_t count) {
  const int64_t size = checksum.checksum_size();
  return ReadExactly(meta, kMetaHeaderSize + first_chunk * size, count * size);
}

StatusOr<ValidPrefix> FindValidPrefix(File* data, File* meta) {
  ValidPrefix result;
  ASSIGN_OR_RETURN(result.checksum, ReadMetaHeader(meta));
  ASSIGN_OR_RETURN(const int64_t data_bytes, data->Size());
  if (result.checksum.type == ChecksumType::kNull) {
    result.length = data_bytes;
    return result;
  }
  const DataChecksum& checksum = result.checksum;
  ASSIGN_OR_RETURN(const int64_t meta_bytes, meta->Size());
  const int64_t covered = (meta_bytes - kMetaHeaderSize) / 4 * checksum.bytes_per_checksum;
  const int64_t end = std::min(data_bytes, covered);
  const int64_t step = checksum.ChunkStart(kValidateStep) + checksum.bytes_per_checksum;
  while (result.length < end) {
    const int64_t size = std::min(step, end - result.length);
    const int64_t first_chunk = result.length / checksum.bytes_per_checksum;
    ASSIGN_OR_RETURN(const std::string bytes, ReadExactly(data, result.length, size));
    ASSIGN_OR_RETURN(const std::string sums,
                     ReadChecksums(meta, checksum, first_chunk, checksum.ChunksFor(size)));
    const int64_t valid = CountValidChunks(checksum, bytes, sums);
    result.length += std::min<int64_t>(size, valid * checksum.bytes_per_checksum);
    if (valid < checksum.ChunksFor(size)) {
      const auto at = static_cast<size_t>(valid * checksum.bytes_per_checksum);
      const auto sum = LoadBigEndian<uint32_t>(sums.data() + valid * 4);
      const int64_t prefix = ValidPrefixOfChunk(
          checksum, std::string_view(bytes).substr(at, checksum.bytes_per_checksum), sum);
      result.length += prefix;
      if (prefix > 0) result.last_crc = sum;
      break;
    }
    if (size % checksum.bytes_per_checksum != 0) {
      result.last_crc = LoadBigEndian<uint32_t>(sums.data() + sums.size() - 4);
    }
  }
  return result;
}

StatusOr<uint32_t> LoadLastChunkCrc(File* data, File* meta, const DataChecksum& checksum,
                                    int64_t length) {
  const int64_t start = checksum.ChunkStart(length);
  if (start == length || checksum.type == ChecksumType::kNull) return 0u;
  ASSIGN_OR_RETURN(const std::string chunk, ReadExactly(data, start, length - start));
  ASSIGN_OR_RETURN(const std::string sum,
                   ReadChecksums(meta, checksum, start / checksum.bytes_per_checksum, 1));
  RETURN_IF_ERROR(VerifyChecksums(checksum, chunk, sum, data->path(), start));
  return LoadBigEndian<uint32_t>(sum.data());
}

StatusOr<uint32_t> CutReplica(File* data, File* meta, const DataChecksum& checksum,
                              int64_t old_length, int64_t length) {
  uint32_t last_crc = 0;
  const int64_t start = checksum.ChunkStart(length);
  if (checksum.type != ChecksumType::kNull) {
    std::string new_sum;
    if (start < length) {
      const int64_t chunk_end = std::min<int64_t>(old_length, start + checksum.bytes_per_checksum);
      ASSIGN_OR_RETURN(const std::string chunk, ReadExactly(data, start, chunk_end - start));
      ASSIGN_OR_RETURN(const std::string sum,
                       ReadChecksums(meta, checksum, start / checksum.bytes_per_checksum, 1));
      RETURN_IF_ERROR(VerifyChecksums(checksum, chunk, sum, data->path(), start));
      last_crc = ChunkChecksum(
          checksum, std::string_view(chunk).substr(0, static_cast<size_t>(length - start)));
      AppendBigEndian(&new_sum, last_crc);
    }
    const int64_t at = kMetaHeaderSize + start / checksum.bytes_per_checksum * 4;
    if (!new_sum.empty()) {
      // On the disk before the data is cut: what is kept may have been acknowledged as durable, and
      // a short chunk under the checksum of a longer one vouches for none of its bytes.
      RETURN_IF_ERROR(meta->WriteAt(at, new_sum));
      RETURN_IF_ERROR(meta->Sync());
    }
    RETURN_IF_ERROR(meta->Truncate(at + static_cast<int64_t>(new_sum.size())));
  }
  RETURN_IF_ERROR(data->Truncate(length));
  return last_crc;
}

}  // namespace tusk::datanode
