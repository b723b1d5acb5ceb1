// Encoding and decoding of the answers in op_header.h and of acks in packet.h.
#include <array>

#include "common/datatransfer/op_convert.h"
#include "common/datatransfer/op_header.h"
#include "common/datatransfer/packet.h"

namespace tusk {

using namespace wire;  // NOLINT: the messages' short names, in this file only

std::string_view TransferStatusName(TransferStatus status) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "SUCCESS",        "ERROR",
      "ERROR_CHECKSUM", "ERROR_INVALID",
      "ERROR_EXISTS",   "ERROR_ACCESS_TOKEN",
      "CHECKSUM_OK",    "ERROR_UNSUPPORTED",
      "OOB_RESTART",    "OOB_RESERVED1",
      "OOB_RESERVED2",  "OOB_RESERVED3",
      "IN_PROGRESS",    "ERROR_BLOCK_PINNED"};
  const auto index = static_cast<size_t>(status);
  return index < kNames.size() ? kNames[index] : "?";
}

std::string EncodeBlockOpResponse(const BlockOpResponse& response) {
  pb::BlockOpResponseProto out;
  out.set_status(static_cast<pb::Status>(response.status));
  if (response.first_bad_link) out.set_firstbadlink(*response.first_bad_link);
  if (!response.message.empty()) out.set_message(response.message);
  if (response.short_circuit_version) {
    out.set_shortcircuitaccessversion(*response.short_circuit_version);
  }
  if (response.read_info) {
    auto* info = out.mutable_readopchecksuminfo();
    ToProto(response.read_info->checksum, info->mutable_checksum());
    info->set_chunkoffset(static_cast<uint64_t>(response.read_info->chunk_offset));
  }
  if (response.checksum) {
    auto* answer = out.mutable_checksumresponse();
    answer->set_bytespercrc(response.checksum->bytes_per_crc);
    answer->set_crcperblock(static_cast<uint64_t>(response.checksum->crc_per_block));
    answer->set_blockchecksum(response.checksum->checksum);
    if (response.checksum->crc_type) {
      answer->set_crctype(static_cast<hdfs::ChecksumTypeProto>(*response.checksum->crc_type));
    }
    if (response.checksum->options) {
      ToProto(*response.checksum->options, answer->mutable_blockchecksumoptions());
    }
  }
  return Delimited(out);
}

StatusOr<BlockOpResponse> DecodeBlockOpResponse(std::string_view message) {
  pb::BlockOpResponseProto in;
  RETURN_IF_ERROR(Parse(message, &in));
  BlockOpResponse out;
  out.status = static_cast<TransferStatus>(in.status());
  if (in.has_firstbadlink()) out.first_bad_link = in.firstbadlink();
  out.message = in.message();
  if (in.has_shortcircuitaccessversion())
    out.short_circuit_version = in.shortcircuitaccessversion();
  if (in.has_readopchecksuminfo()) {
    ReadChecksumInfo info;
    ASSIGN_OR_RETURN(info.checksum, FromProto(in.readopchecksuminfo().checksum()));
    info.chunk_offset = static_cast<int64_t>(in.readopchecksuminfo().chunkoffset());
    out.read_info = info;
  }
  if (in.has_checksumresponse()) {
    const auto& from = in.checksumresponse();
    BlockChecksumAnswer answer;
    answer.bytes_per_crc = from.bytespercrc();
    answer.crc_per_block = static_cast<int64_t>(from.crcperblock());
    answer.checksum = from.blockchecksum();
    if (from.has_crctype()) answer.crc_type = static_cast<ChecksumType>(from.crctype());
    if (from.has_blockchecksumoptions()) answer.options = FromProto(from.blockchecksumoptions());
    out.checksum = std::move(answer);
  }
  return out;
}

std::string EncodeTransferStatus(TransferStatus status) {
  pb::ClientReadStatusProto out;
  out.set_status(static_cast<pb::Status>(status));
  return Delimited(out);
}

StatusOr<TransferStatus> DecodeTransferStatus(std::string_view message) {
  pb::ClientReadStatusProto in;
  RETURN_IF_ERROR(Parse(message, &in));
  return static_cast<TransferStatus>(in.status());
}

std::string EncodeShortCircuitShmRefusal(std::string_view why) {
  pb::ShortCircuitShmResponseProto out;
  out.set_status(pb::ERROR_UNSUPPORTED);
  out.set_error(std::string(why));
  return Delimited(out);
}

std::string EncodePipelineAck(const PipelineAck& ack) {
  pb::PipelineAckProto out;
  out.set_seqno(ack.seqno);
  for (TransferStatus reply : ack.replies) out.add_reply(static_cast<pb::Status>(reply));
  for (uint32_t flag : ack.flags) out.add_flag(flag);
  out.set_downstreamacktimenanos(ack.downstream_nanos);
  return Delimited(out);
}

StatusOr<PipelineAck> DecodePipelineAck(std::string_view message) {
  pb::PipelineAckProto in;
  RETURN_IF_ERROR(Parse(message, &in));
  PipelineAck out;
  out.seqno = in.seqno();
  for (int reply : in.reply()) out.replies.push_back(static_cast<TransferStatus>(reply));
  for (uint32_t flag : in.flag()) out.flags.push_back(flag);
  out.downstream_nanos = in.downstreamacktimenanos();
  return out;
}

}  // namespace tusk
