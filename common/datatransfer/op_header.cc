#include "common/datatransfer/op_header.h"

#include <array>

#include "common/base/bytes.h"
#include "common/datatransfer/op_convert.h"

namespace tusk {
namespace {

using namespace wire;  // NOLINT: the messages' short names, in this file only

void ToProto(const ExtendedBlock& in, hdfs::ExtendedBlockProto* out) {
  out->set_poolid(in.pool_id);
  out->set_blockid(static_cast<uint64_t>(in.block.id.value()));
  out->set_generationstamp(static_cast<uint64_t>(in.block.generation_stamp.value()));
  out->set_numbytes(static_cast<uint64_t>(in.block.num_bytes));
}

ExtendedBlock FromProto(const hdfs::ExtendedBlockProto& in) {
  return {in.poolid(),
          {BlockId(static_cast<int64_t>(in.blockid())),
           GenerationStamp(static_cast<int64_t>(in.generationstamp())),
           static_cast<int64_t>(in.numbytes())}};
}

void ToProto(const DatanodeInfo& in, hdfs::DatanodeInfoProto* out) {
  auto* id = out->mutable_id();
  id->set_ipaddr(in.id.ip_addr);
  id->set_hostname(in.id.host_name);
  id->set_datanodeuuid(in.id.uuid);
  id->set_xferport(static_cast<uint32_t>(in.id.xfer_port));
  id->set_infoport(static_cast<uint32_t>(in.id.info_port));
  id->set_ipcport(static_cast<uint32_t>(in.id.ipc_port));
  out->set_location(in.network_location);
  out->set_capacity(static_cast<uint64_t>(in.capacity_bytes));
  out->set_dfsused(static_cast<uint64_t>(in.dfs_used_bytes));
  out->set_remaining(static_cast<uint64_t>(in.remaining_bytes));
  out->set_blockpoolused(static_cast<uint64_t>(in.block_pool_used_bytes));
  out->set_lastupdate(static_cast<uint64_t>(in.last_update_ms));
  out->set_xceivercount(static_cast<uint32_t>(in.xceiver_count));
  out->set_adminstate(static_cast<hdfs::DatanodeInfoProto::AdminState>(in.admin_state));
}

DatanodeInfo FromProto(const hdfs::DatanodeInfoProto& in) {
  DatanodeInfo out;
  out.id.ip_addr = in.id().ipaddr();
  out.id.host_name = in.id().hostname();
  out.id.uuid = in.id().datanodeuuid();
  out.id.xfer_port = static_cast<int32_t>(in.id().xferport());
  out.id.info_port = static_cast<int32_t>(in.id().infoport());
  out.id.ipc_port = static_cast<int32_t>(in.id().ipcport());
  if (in.has_location()) out.network_location = in.location();
  out.capacity_bytes = static_cast<int64_t>(in.capacity());
  out.dfs_used_bytes = static_cast<int64_t>(in.dfsused());
  out.remaining_bytes = static_cast<int64_t>(in.remaining());
  out.block_pool_used_bytes = static_cast<int64_t>(in.blockpoolused());
  out.last_update_ms = static_cast<int64_t>(in.lastupdate());
  out.xceiver_count = static_cast<int32_t>(in.xceivercount());
  out.admin_state = static_cast<AdminState>(in.adminstate());
  return out;
}

void ToProto(const ExtendedBlock& block, const Token& token, pb::BaseHeaderProto* out) {
  ToProto(block, out->mutable_block());
  auto* wire_token = out->mutable_token();
  wire_token->set_identifier(token.identifier);
  wire_token->set_password(token.password);
  wire_token->set_kind(token.kind);
  wire_token->set_service(token.service);
}

// A length or offset that does not fit into int64_t cannot be one.
Status FromProto(const pb::BaseHeaderProto& in, ExtendedBlock* block, Token* token) {
  *block = FromProto(in.block());
  if (block->block.num_bytes < 0) return InvalidArgumentError("block length out of range");
  *token = {in.token().identifier(), in.token().password(), in.token().kind(),
            in.token().service()};
  return Status::Ok();
}

void ToProto(const CachingStrategy& in, pb::CachingStrategyProto* out) {
  if (in.drop_behind) out->set_dropbehind(*in.drop_behind);
  if (in.readahead) out->set_readahead(*in.readahead);
}

CachingStrategy FromProto(const pb::CachingStrategyProto& in) {
  CachingStrategy out;
  if (in.has_dropbehind()) out.drop_behind = in.dropbehind();
  if (in.has_readahead()) out.readahead = in.readahead();
  return out;
}

hdfs::StorageTypeProto ToProto(StorageType type) {
  return static_cast<hdfs::StorageTypeProto>(type);
}

// The three lists about the nodes after the receiver, common to writes and transfers.
template <typename Request, typename Message>
void TargetsToProto(const Request& in, Message* out) {
  for (const DatanodeInfo& target : in.targets) ToProto(target, out->add_targets());
  for (StorageType type : in.target_storage_types) out->add_targetstoragetypes(ToProto(type));
  for (const std::string& id : in.target_storage_ids) out->add_targetstorageids(id);
}

template <typename Request, typename Message>
void TargetsFromProto(const Message& in, Request* out) {
  for (const auto& target : in.targets()) out->targets.push_back(FromProto(target));
  for (int type : in.targetstoragetypes()) {
    out->target_storage_types.push_back(static_cast<StorageType>(type));
  }
  for (const auto& id : in.targetstorageids()) out->target_storage_ids.push_back(id);
}

template <typename Message>
std::string Request(DataTransferOp op, const Message& message) {
  std::string out;
  AppendBigEndian(&out, kDataTransferVersion);
  out.push_back(static_cast<char>(op));
  out += Delimited(message);
  return out;
}

}  // namespace

namespace wire {

void ToProto(const DataChecksum& in, pb::ChecksumProto* out) {
  out->set_type(static_cast<hdfs::ChecksumTypeProto>(in.type));
  out->set_bytesperchecksum(in.bytes_per_checksum);
}

StatusOr<DataChecksum> FromProto(const pb::ChecksumProto& in) {
  return MakeDataChecksum(in.type(), in.bytesperchecksum());
}

void ToProto(const BlockChecksumOptions& in, pb::BlockChecksumOptionsProto* out) {
  out->set_blockchecksumtype(static_cast<pb::BlockChecksumTypeProto>(in.kind));
  if (in.stripe_length > 0) out->set_stripelength(static_cast<uint64_t>(in.stripe_length));
}

BlockChecksumOptions FromProto(const pb::BlockChecksumOptionsProto& in) {
  return {static_cast<BlockChecksumKind>(in.blockchecksumtype()),
          static_cast<int64_t>(in.stripelength())};
}

}  // namespace wire

std::string DataTransferOpName(DataTransferOp op) {
  switch (op) {
    case DataTransferOp::kWriteBlock:
      return "WRITE_BLOCK";
    case DataTransferOp::kReadBlock:
      return "READ_BLOCK";
    case DataTransferOp::kReplaceBlock:
      return "REPLACE_BLOCK";
    case DataTransferOp::kCopyBlock:
      return "COPY_BLOCK";
    case DataTransferOp::kBlockChecksum:
      return "BLOCK_CHECKSUM";
    case DataTransferOp::kTransferBlock:
      return "TRANSFER_BLOCK";
    case DataTransferOp::kRequestShortCircuitFds:
      return "REQUEST_SHORT_CIRCUIT_FDS";
    case DataTransferOp::kReleaseShortCircuitFds:
      return "RELEASE_SHORT_CIRCUIT_FDS";
    case DataTransferOp::kRequestShortCircuitShm:
      return "REQUEST_SHORT_CIRCUIT_SHM";
    case DataTransferOp::kBlockGroupChecksum:
      return "BLOCK_GROUP_CHECKSUM";
  }
  return "op " + std::to_string(static_cast<int>(op));
}

std::string_view PipelineStageName(PipelineStage stage) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "PIPELINE_SETUP_APPEND", "PIPELINE_SETUP_APPEND_RECOVERY",
      "DATA_STREAMING",        "PIPELINE_SETUP_STREAMING_RECOVERY",
      "PIPELINE_CLOSE",        "PIPELINE_CLOSE_RECOVERY",
      "PIPELINE_SETUP_CREATE", "TRANSFER_RBW",
      "TRANSFER_FINALIZED"};
  const auto index = static_cast<size_t>(stage);
  return index < kNames.size() ? kNames[index] : "?";
}

std::string EncodeOp(const ReadBlockRequest& request) {
  pb::OpReadBlockProto out;
  ToProto(request.block, request.token, out.mutable_header()->mutable_baseheader());
  out.mutable_header()->set_clientname(request.client_name);
  out.set_offset(static_cast<uint64_t>(request.offset));
  out.set_len(static_cast<uint64_t>(request.length));
  out.set_sendchecksums(request.send_checksums);
  ToProto(request.caching, out.mutable_cachingstrategy());
  return Request(DataTransferOp::kReadBlock, out);
}

std::string EncodeOp(const WriteBlockRequest& request) {
  pb::OpWriteBlockProto out;
  ToProto(request.block, request.token, out.mutable_header()->mutable_baseheader());
  out.mutable_header()->set_clientname(request.client_name);
  TargetsToProto(request, &out);
  if (request.source) ToProto(*request.source, out.mutable_source());
  out.set_stage(static_cast<pb::OpWriteBlockProto::BlockConstructionStage>(request.stage));
  out.set_pipelinesize(request.pipeline_size);
  out.set_minbytesrcvd(static_cast<uint64_t>(request.min_bytes_received));
  out.set_maxbytesrcvd(static_cast<uint64_t>(request.max_bytes_received));
  out.set_latestgenerationstamp(static_cast<uint64_t>(request.latest_generation_stamp.value()));
  wire::ToProto(request.checksum, out.mutable_requestedchecksum());
  ToProto(request.caching, out.mutable_cachingstrategy());
  out.set_storagetype(ToProto(request.storage_type));
  out.set_allowlazypersist(request.allow_lazy_persist);
  out.set_pinning(request.pinning);
  for (bool pinning : request.target_pinnings) out.add_targetpinnings(pinning);
  if (!request.storage_id.empty()) out.set_storageid(request.storage_id);
  return Request(DataTransferOp::kWriteBlock, out);
}

std::string EncodeOp(const TransferBlockRequest& request) {
  pb::OpTransferBlockProto out;
  ToProto(request.block, request.token, out.mutable_header()->mutable_baseheader());
  out.mutable_header()->set_clientname(request.client_name);
  TargetsToProto(request, &out);
  return Request(DataTransferOp::kTransferBlock, out);
}

std::string EncodeOp(const BlockChecksumRequest& request) {
  pb::OpBlockChecksumProto out;
  ToProto(request.block, request.token, out.mutable_header());
  wire::ToProto(request.options, out.mutable_blockchecksumoptions());
  return Request(DataTransferOp::kBlockChecksum, out);
}

std::string EncodeOp(const ShortCircuitFdsRequest& request) {
  pb::OpRequestShortCircuitAccessProto out;
  ToProto(request.block, request.token, out.mutable_header());
  out.set_maxversion(request.max_version);
  out.set_supportsreceiptverification(request.supports_receipt_verification);
  return Request(DataTransferOp::kRequestShortCircuitFds, out);
}

StatusOr<DataTransferOp> DecodeOpPrefix(std::string_view prefix) {
  ByteReader in(prefix);
  uint16_t version = 0;
  uint8_t op = 0;
  in.ReadBigEndian(&version);
  in.ReadBigEndian(&op);
  if (!in.ok()) return InvalidArgumentError("operation cut short");
  if (version == 0xDEAD) {
    return InvalidArgumentError(
        "the client starts an encrypted transfer (dfs.encrypt.data.transfer is set on its side): "
        "not supported yet");
  }
  if (version != kDataTransferVersion) {
    return InvalidArgumentError("version " + std::to_string(version) +
                                " of the data transfer protocol, expected 28");
  }
  return static_cast<DataTransferOp>(op);
}

StatusOr<ReadBlockRequest> DecodeReadBlock(std::string_view message) {
  pb::OpReadBlockProto in;
  RETURN_IF_ERROR(Parse(message, &in));
  ReadBlockRequest out;
  RETURN_IF_ERROR(FromProto(in.header().baseheader(), &out.block, &out.token));
  out.client_name = in.header().clientname();
  out.offset = static_cast<int64_t>(in.offset());
  out.length = static_cast<int64_t>(in.len());
  out.send_checksums = in.sendchecksums();
  out.caching = FromProto(in.cachingstrategy());
  return out;
}

StatusOr<WriteBlockRequest> DecodeWriteBlock(std::string_view message) {
  pb::OpWriteBlockProto in;
  RETURN_IF_ERROR(Parse(message, &in));
  WriteBlockRequest out;
  RETURN_IF_ERROR(FromProto(in.header().baseheader(), &out.block, &out.token));
  out.client_name = in.header().clientname();
  TargetsFromProto(in, &out);
  for (bool pinning : in.targetpinnings()) out.target_pinnings.push_back(pinning);
  if (in.has_source()) out.source = FromProto(in.source());
  out.stage = static_cast<PipelineStage>(in.stage());
  out.pipeline_size = in.pipelinesize();
  out.min_bytes_received = static_cast<int64_t>(in.minbytesrcvd());
  out.max_bytes_received = static_cast<int64_t>(in.maxbytesrcvd());
  if (out.min_bytes_received < 0 || out.max_bytes_received < 0) {
    return InvalidArgumentError("received bytes out of range");
  }
  out.latest_generation_stamp = GenerationStamp(static_cast<int64_t>(in.latestgenerationstamp()));
  ASSIGN_OR_RETURN(out.checksum, wire::FromProto(in.requestedchecksum()));
  out.caching = FromProto(in.cachingstrategy());
  out.storage_type = static_cast<StorageType>(in.storagetype());
  out.allow_lazy_persist = in.allowlazypersist();
  out.pinning = in.pinning();
  out.storage_id = in.storageid();
  return out;
}

StatusOr<TransferBlockRequest> DecodeTransferBlock(std::string_view message) {
  pb::OpTransferBlockProto in;
  RETURN_IF_ERROR(Parse(message, &in));
  TransferBlockRequest out;
  RETURN_IF_ERROR(FromProto(in.header().baseheader(), &out.block, &out.token));
  out.client_name = in.header().clientname();
  TargetsFromProto(in, &out);
  return out;
}

StatusOr<BlockChecksumRequest> DecodeBlockChecksum(std::string_view message) {
  pb::OpBlockChecksumProto in;
  RETURN_IF_ERROR(Parse(message, &in));
  BlockChecksumRequest out;
  RETURN_IF_ERROR(FromProto(in.header(), &out.block, &out.token));
  out.options = wire::FromProto(in.blockchecksumoptions());
  if (out.options.stripe_length < 0) return InvalidArgumentError("stripe length out of range");
  return out;
}

StatusOr<ShortCircuitFdsRequest> DecodeShortCircuitFds(std::string_view message) {
  pb::OpRequestShortCircuitAccessProto in;
  RETURN_IF_ERROR(Parse(message, &in));
  ShortCircuitFdsRequest out;
  RETURN_IF_ERROR(FromProto(in.header(), &out.block, &out.token));
  out.max_version = in.maxversion();
  out.has_slot = in.has_slotid();
  out.supports_receipt_verification = in.supportsreceiptverification();
  return out;
}

}  // namespace tusk
