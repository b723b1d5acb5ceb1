// The checksum of a file from those of its blocks, in Hadoop's two ways (digest: data-transfer 7).
#include <algorithm>
#include <utility>

#include "client/dfs_client.h"
#include "client/replica_choice.h"
#include "common/base/bytes.h"
#include "common/io/checksum.h"
#include "common/security/digest.h"

namespace tusk::client {
namespace {

constexpr size_t kMd5Bytes = 16;
constexpr size_t kFirstJavaBuffer = 32;

std::string ChecksumName(ChecksumType type) {
  return type == ChecksumType::kCrc32 ? "CRC32" : "CRC32C";
}

StatusOr<BlockChecksumAnswer> AskDatanode(const ClientContext& context, const LocatedBlock& block,
                                          const DatanodeInfo& datanode) {
  const Duration timeout = context.options.socket_timeout;
  ASSIGN_OR_RETURN(Socket socket, context.datanodes->Dial(datanode.id, timeout));
  DatanodeConnection connection(std::move(socket), timeout);
  BlockChecksumRequest request;
  request.block = block.block;
  request.token = block.token;
  request.options.kind = context.options.composite_checksum ? BlockChecksumKind::kCompositeCrc
                                                            : BlockChecksumKind::kMd5Crc;
  RETURN_IF_ERROR(connection.socket().SendAll(EncodeOp(request), Deadline::After(timeout)));
  ASSIGN_OR_RETURN(const BlockOpResponse answer, ReadBlockOpResponse(connection.input()));
  if (answer.status != TransferStatus::kSuccess || !answer.checksum) {
    return UnavailableError(datanode.id.XferAddr() + " has no checksum of " +
                            BlockName(block.block) + ": " + answer.message);
  }
  const size_t size = context.options.composite_checksum ? sizeof(uint32_t) : kMd5Bytes;
  if (answer.checksum->checksum.size() != size) {
    return UnavailableError(datanode.id.XferAddr() + " sent a checksum of " +
                            std::to_string(answer.checksum->checksum.size()) + " bytes");
  }
  return *answer.checksum;
}

StatusOr<BlockChecksumAnswer> ChecksumOfBlock(const ClientContext& context, const std::string& path,
                                              const LocatedBlock& block) {
  Status error = UnavailableError("no DataNode holds it");
  const OwnHost own = OwnHost::Of(context.options.local_address);
  for (size_t i : ReplicaOrder(block, own, {})) {
    StatusOr<BlockChecksumAnswer> answer = AskDatanode(context, block, block.locations[i]);
    if (answer.ok()) return answer;
    error = std::move(answer).status();
  }
  return UnavailableError("Fail to get block checksum for " + BlockName(block.block) + " of " +
                          path + ": " + error.message());
}

// Java's buffer of the block digests, zeros up to its capacity included.
std::string PaddedDigests(const std::vector<BlockChecksumAnswer>& answers) {
  std::string digests;
  for (const BlockChecksumAnswer& answer : answers) digests += answer.checksum;
  size_t capacity = kFirstJavaBuffer;
  while (capacity < digests.size()) capacity *= 2;
  digests.resize(capacity, '\0');
  return digests;
}

FileChecksum Md5OfMd5s(const std::vector<BlockChecksumAnswer>& answers) {
  const uint32_t bytes_per_crc = answers.empty() ? 0 : answers[0].bytes_per_crc;
  const int64_t crc_per_block = answers.size() > 1 ? answers[0].crc_per_block : 0;
  const ChecksumType type =
      answers.empty() ? ChecksumType::kCrc32 : answers[0].crc_type.value_or(ChecksumType::kCrc32);
  FileChecksum sum;
  sum.algorithm = "MD5-of-" + std::to_string(crc_per_block) + "MD5-of-" +
                  std::to_string(bytes_per_crc) + ChecksumName(type);
  AppendBigEndian(&sum.bytes, bytes_per_crc);
  AppendBigEndian(&sum.bytes, crc_per_block);
  sum.bytes += Md5(PaddedDigests(answers));
  return sum;
}

FileChecksum Composite(const std::vector<BlockChecksumAnswer>& answers,
                       const std::vector<LocatedBlock>& blocks) {
  const ChecksumType type =
      answers.empty() ? ChecksumType::kCrc32c : answers[0].crc_type.value_or(ChecksumType::kCrc32c);
  CrcComposer composer(type);
  for (size_t i = 0; i < answers.size(); ++i) {
    composer.Add(LoadBigEndian<uint32_t>(answers[i].checksum.data()),
                 blocks[i].block.block.num_bytes);
  }
  FileChecksum sum;
  sum.algorithm = "COMPOSITE-" + ChecksumName(type);
  AppendBigEndian(&sum.bytes, composer.value());
  return sum;
}

}  // namespace

StatusOr<FileChecksum> ChecksumOfFile(const ClientContext& context, const std::string& path) {
  ASSIGN_OR_RETURN(const LocatedBlocks located,
                   context.namenode->GetBlockLocations(path, 0, INT64_MAX));
  if (located.under_construction) {
    return FailedPreconditionError("Fail to get checksum, since file " + path +
                                   " is under construction.");
  }
  std::vector<BlockChecksumAnswer> answers;
  for (const LocatedBlock& block : located.blocks) {
    ASSIGN_OR_RETURN(BlockChecksumAnswer answer, ChecksumOfBlock(context, path, block));
    answers.push_back(std::move(answer));
  }
  return context.options.composite_checksum ? Composite(answers, located.blocks)
                                            : Md5OfMd5s(answers);
}

}  // namespace tusk::client
