#include "datanode/transfer/block_checksum.h"

#include <openssl/evp.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>

#include "common/base/bytes.h"
#include "common/io/checksum.h"
#include "datanode/storage/meta_file.h"

namespace tusk::datanode {
namespace {

constexpr int64_t kStepChunks = 16384;

// Calls `take` with the stored checksums of the first `length` bytes, in pieces, in order.
Status ForEachChecksums(const ReplicaReader& reader, int64_t length,
                        const std::function<Status(std::string_view sums)>& take) {
  const DataChecksum& checksum = reader.checksum;
  const int64_t full = length / checksum.bytes_per_checksum;
  for (int64_t at = 0; at < full; at += kStepChunks) {
    ASSIGN_OR_RETURN(const std::string sums, ReadChecksums(reader.meta.get(), checksum, at,
                                                           std::min(kStepChunks, full - at)));
    RETURN_IF_ERROR(take(sums));
  }
  const int64_t tail = length % checksum.bytes_per_checksum;
  if (tail == 0) return Status::Ok();
  std::string last;
  if (length == reader.length && reader.tail_crc) {
    AppendBigEndian(&last, *reader.tail_crc);
    return take(last);
  }
  std::string chunk(static_cast<size_t>(tail), '\0');
  ASSIGN_OR_RETURN(const size_t got,
                   reader.data->ReadAt(length - tail, chunk.data(), chunk.size()));
  if (got != chunk.size()) return DataLossError(reader.data->path() + " is too short");
  AppendBigEndian(&last, ChunkChecksum(checksum, chunk));
  return take(last);
}

StatusOr<std::string> Md5OfChecksums(const ReplicaReader& reader, int64_t length) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> md5(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (EVP_DigestInit_ex(md5.get(), EVP_md5(), nullptr) != 1) {
    return InternalError("MD5 is not available in this system's OpenSSL");
  }
  RETURN_IF_ERROR(ForEachChecksums(reader, length, [&](std::string_view sums) {
    EVP_DigestUpdate(md5.get(), sums.data(), sums.size());
    return Status::Ok();
  }));
  std::string digest(16, '\0');
  if (EVP_DigestFinal_ex(md5.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr) !=
      1) {
    return InternalError("MD5 failed");
  }
  return digest;
}

StatusOr<std::string> ComposedCrcs(const ReplicaReader& reader, int64_t length, int64_t stripe) {
  const DataChecksum& checksum = reader.checksum;
  const int64_t chunk = checksum.bytes_per_checksum;
  if (stripe <= 0 || stripe >= length) stripe = length;
  if (stripe < length && stripe % chunk != 0) {
    return InvalidArgumentError("stripe length " + std::to_string(stripe) +
                                " is no multiple of the chunk size " + std::to_string(chunk));
  }
  std::string result;
  int64_t done = 0;
  std::optional<CrcComposer> composer(checksum.type);
  RETURN_IF_ERROR(ForEachChecksums(reader, length, [&](std::string_view sums) {
    for (; sums.size() >= 4; sums.remove_prefix(4)) {
      const int64_t size = std::min(chunk, length - done);
      composer->Add(LoadBigEndian<uint32_t>(sums.data()), size);
      done += size;
      if (done % stripe == 0 && done < length) {
        AppendBigEndian(&result, composer->value());
        composer.emplace(checksum.type);
      }
    }
    return Status::Ok();
  }));
  AppendBigEndian(&result, composer->value());
  return result;
}

}  // namespace

StatusOr<BlockChecksumAnswer> ComputeBlockChecksum(const ReplicaReader& reader, int64_t length,
                                                   const BlockChecksumOptions& options) {
  if (reader.checksum.type == ChecksumType::kNull) {
    return FailedPreconditionError(BlockName(reader.snapshot.block) +
                                   " was written without checksums");
  }
  length = std::min(length, reader.length);
  BlockChecksumAnswer answer;
  answer.bytes_per_crc = reader.checksum.bytes_per_checksum;
  answer.crc_per_block = reader.checksum.ChunksFor(reader.length);
  answer.crc_type = reader.checksum.type;
  answer.options = options;
  ASSIGN_OR_RETURN(answer.checksum, options.kind == BlockChecksumKind::kMd5Crc
                                        ? Md5OfChecksums(reader, length)
                                        : ComposedCrcs(reader, length, options.stripe_length));
  return answer;
}

}  // namespace tusk::datanode
