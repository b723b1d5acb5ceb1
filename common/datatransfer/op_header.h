// The requests and answers of DataTransferProtocol version 28, as plain structs.
//
// A request travels as int16 28, one byte op code, and a varint-delimited message; an answer as a
// varint-delimited message. Encode* make exactly these bytes, Decode* take the message without its
// length. No sockets: see packet_stream.h for reading them from a byte stream.
//
// Fails: bytes that are no such message are kInvalidArgument; nothing here ever crashes on them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/datatransfer/data_checksum.h"
#include "common/protocol/block.h"
#include "common/protocol/datanode_info.h"
#include "common/protocol/token.h"

namespace tusk {

inline constexpr int16_t kDataTransferVersion = 28;
inline constexpr size_t kOpPrefixSize = 3;             // version and op code
inline constexpr size_t kMaxOpMessageBytes = 1 << 20;  // ours: real ones are below 10 KB
inline constexpr size_t kMaxAnswerBytes = 1 << 20;     // of a BlockOpResponse or an ack
inline constexpr uint32_t kShortCircuitFormatVersion = 1;

enum class DataTransferOp : uint8_t {  // numbers of the wire
  kWriteBlock = 80,
  kReadBlock = 81,
  kReplaceBlock = 83,
  kCopyBlock = 84,
  kBlockChecksum = 85,
  kTransferBlock = 86,
  kRequestShortCircuitFds = 87,
  kReleaseShortCircuitFds = 88,
  kRequestShortCircuitShm = 89,
  kBlockGroupChecksum = 90,
};

// "WRITE_BLOCK", or "op 99" for what we do not know.
std::string DataTransferOpName(DataTransferOp op);

enum class TransferStatus : uint8_t {  // numbers of the wire
  kSuccess = 0,
  kError = 1,
  kErrorChecksum = 2,
  kErrorInvalid = 3,
  kErrorExists = 4,
  kErrorAccessToken = 5,
  kChecksumOk = 6,
  kErrorUnsupported = 7,
  kOobRestart = 8,
  kOobReserved1 = 9,
  kOobReserved2 = 10,
  kOobReserved3 = 11,
  kInProgress = 12,
  kErrorBlockPinned = 13,
};

// "SUCCESS", "ERROR_CHECKSUM"...
std::string_view TransferStatusName(TransferStatus status);

// Where a write stands. The recovery of an even stage is that stage | 1.
enum class PipelineStage : uint8_t {  // numbers of the wire
  kSetupAppend = 0,
  kSetupAppendRecovery = 1,
  kDataStreaming = 2,
  kSetupStreamingRecovery = 3,
  kClose = 4,
  kCloseRecovery = 5,
  kSetupCreate = 6,
  kTransferRbw = 7,
  kTransferFinalized = 8,
};

std::string_view PipelineStageName(PipelineStage stage);

struct CachingStrategy {
  std::optional<bool> drop_behind;
  std::optional<int64_t> readahead;
};

struct ReadBlockRequest {
  ExtendedBlock block;
  Token token;
  std::string client_name;
  int64_t offset = 0;
  int64_t length = 0;
  bool send_checksums = true;
  CachingStrategy caching;
};

struct WriteBlockRequest {
  ExtendedBlock block;
  Token token;
  std::string client_name;            // empty: one DataNode replicates to another
  std::vector<DatanodeInfo> targets;  // the nodes after the receiver
  std::optional<DatanodeInfo> source;
  PipelineStage stage = PipelineStage::kSetupCreate;
  uint32_t pipeline_size = 0;
  int64_t min_bytes_received = 0;  // acknowledged by the whole old pipeline
  int64_t max_bytes_received = 0;  // sent so far
  GenerationStamp latest_generation_stamp;
  DataChecksum checksum;
  CachingStrategy caching;
  StorageType storage_type = StorageType::kDisk;  // of the receiver
  std::vector<StorageType> target_storage_types;  // one per target
  bool allow_lazy_persist = false;
  bool pinning = false;
  std::vector<bool> target_pinnings;
  std::string storage_id;
  std::vector<std::string> target_storage_ids;
};

struct TransferBlockRequest {
  ExtendedBlock block;
  Token token;
  std::string client_name;
  std::vector<DatanodeInfo> targets;
  std::vector<StorageType> target_storage_types;
  std::vector<std::string> target_storage_ids;
};

enum class BlockChecksumKind : uint8_t { kMd5Crc = 1, kCompositeCrc = 2 };  // numbers of the wire

struct BlockChecksumOptions {
  BlockChecksumKind kind = BlockChecksumKind::kMd5Crc;
  int64_t stripe_length = 0;
};

struct BlockChecksumRequest {
  ExtendedBlock block;  // num_bytes: how many of the block's bytes count
  Token token;
  BlockChecksumOptions options;
};

struct ShortCircuitFdsRequest {
  ExtendedBlock block;
  Token token;
  uint32_t max_version = kShortCircuitFormatVersion;
  bool has_slot = false;
  bool supports_receipt_verification = false;
};

// Each is the whole request, ready to send.
std::string EncodeOp(const ReadBlockRequest& request);
std::string EncodeOp(const WriteBlockRequest& request);
std::string EncodeOp(const TransferBlockRequest& request);
std::string EncodeOp(const BlockChecksumRequest& request);
std::string EncodeOp(const ShortCircuitFdsRequest& request);

// The op code behind a right version. kInvalidArgument names a wrong version (or 0xDEAD: a client
// configured for encrypted transfer). `prefix` has kOpPrefixSize bytes. The code may be unknown.
StatusOr<DataTransferOp> DecodeOpPrefix(std::string_view prefix);

StatusOr<ReadBlockRequest> DecodeReadBlock(std::string_view message);
StatusOr<WriteBlockRequest> DecodeWriteBlock(std::string_view message);
StatusOr<TransferBlockRequest> DecodeTransferBlock(std::string_view message);
StatusOr<BlockChecksumRequest> DecodeBlockChecksum(std::string_view message);
StatusOr<ShortCircuitFdsRequest> DecodeShortCircuitFds(std::string_view message);

// ---- answers -----------------------------------------------------------------------------------

struct BlockChecksumAnswer {
  uint32_t bytes_per_crc = 0;
  int64_t crc_per_block = 0;
  std::string checksum;
  std::optional<ChecksumType> crc_type;
  std::optional<BlockChecksumOptions> options;
};

struct ReadChecksumInfo {
  DataChecksum checksum;
  int64_t chunk_offset = 0;  // where the first packet starts
};

// Set-but-empty differs from absent: the connect ack of a pipeline carries first_bad_link "".
struct BlockOpResponse {
  TransferStatus status = TransferStatus::kSuccess;
  std::optional<std::string> first_bad_link;
  std::optional<BlockChecksumAnswer> checksum;
  std::optional<ReadChecksumInfo> read_info;
  std::string message;  // empty: absent
  std::optional<uint32_t> short_circuit_version;
};

std::string EncodeBlockOpResponse(const BlockOpResponse& response);  // delimited
StatusOr<BlockOpResponse> DecodeBlockOpResponse(std::string_view message);

// Both ClientReadStatusProto (a reader's last word) and DNTransferAckProto: the same bytes.
std::string EncodeTransferStatus(TransferStatus status);  // delimited
StatusOr<TransferStatus> DecodeTransferStatus(std::string_view message);

// The answer to op 89 that sends a client to op 87 without a slot.
std::string EncodeShortCircuitShmRefusal(std::string_view why);  // delimited

}  // namespace tusk
