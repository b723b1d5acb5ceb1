#include "common/datatransfer/packet.h"

#include <bit>
#include <cstring>

#include "common/base/bytes.h"
#include "proto/hadoop/datatransfer.pb.h"

namespace tusk {
namespace {

constexpr size_t kShortHeader = 25;
constexpr size_t kLongHeader = 27;

// The tags of PacketHeaderProto's fields, as every known writer puts them: in order.
constexpr char kOffsetTag = 0x09;
constexpr char kSeqnoTag = 0x11;
constexpr char kLastTag = 0x18;
constexpr char kDataLengthTag = 0x25;
constexpr char kSyncTag = 0x28;

template <typename T>
void StoreLittle(char* to, T value) {
  if constexpr (std::endian::native == std::endian::big) value = ByteSwap(value);
  std::memcpy(to, &value, sizeof(T));
}

template <typename T>
T LoadLittle(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return std::endian::native == std::endian::big ? ByteSwap(value) : value;
}

bool IsBool(char c) {
  return c == 0 || c == 1;
}

// The usual layout without a parser: this runs for every 64 KB.
bool DecodeUsualHeader(std::string_view bytes, PacketHeader* out) {
  if (bytes.size() != kShortHeader && bytes.size() != kLongHeader) return false;
  if (bytes[0] != kOffsetTag || bytes[9] != kSeqnoTag || bytes[18] != kLastTag ||
      !IsBool(bytes[19]) || bytes[20] != kDataLengthTag) {
    return false;
  }
  out->offset_in_block = LoadLittle<int64_t>(&bytes[1]);
  out->seqno = LoadLittle<int64_t>(&bytes[10]);
  out->last_packet_in_block = bytes[19] == 1;
  out->data_length = LoadLittle<int32_t>(&bytes[21]);
  out->sync_block = false;
  if (bytes.size() == kShortHeader) return true;
  if (bytes[25] != kSyncTag || !IsBool(bytes[26])) return false;
  out->sync_block = bytes[26] == 1;
  return true;
}

bool DecodeAnyHeader(std::string_view bytes, PacketHeader* out) {
  proto::datatransfer::PacketHeaderProto in;
  if (!in.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !in.IsInitialized()) {
    return false;
  }
  *out = {in.offsetinblock(), in.seqno(), in.lastpacketinblock(), in.datalen(), in.syncblock()};
  return true;
}

}  // namespace

size_t EncodePacketPrefix(const PacketHeader& header, int32_t checksum_bytes, char* out) {
  const size_t header_bytes = header.sync_block ? kLongHeader : kShortHeader;
  StoreBigEndian(out, static_cast<int32_t>(4 + checksum_bytes + header.data_length));
  StoreBigEndian(out + 4, static_cast<int16_t>(header_bytes));
  char* at = out + kPacketLengthsSize;
  at[0] = kOffsetTag;
  StoreLittle(at + 1, header.offset_in_block);
  at[9] = kSeqnoTag;
  StoreLittle(at + 10, header.seqno);
  at[18] = kLastTag;
  at[19] = header.last_packet_in_block ? 1 : 0;
  at[20] = kDataLengthTag;
  StoreLittle(at + 21, header.data_length);
  if (header.sync_block) {
    at[25] = kSyncTag;
    at[26] = 1;
  }
  return kPacketLengthsSize + header_bytes;
}

StatusOr<PacketLengths> DecodePacketLengths(std::string_view six_bytes) {
  ByteReader in(six_bytes);
  int32_t payload = 0;
  int16_t header = 0;
  in.ReadBigEndian(&payload);
  in.ReadBigEndian(&header);
  if (!in.ok()) return InvalidArgumentError("packet cut short");
  if (payload < 4 || header <= 0 || header > kMaxPacketHeaderBytes ||
      payload > kMaxPacketBytes - header) {
    return InvalidArgumentError("packet with impossible lengths: payload " +
                                std::to_string(payload) + ", header " + std::to_string(header) +
                                " (at most " + std::to_string(kMaxPacketBytes) + ")");
  }
  return PacketLengths{payload - 4, header};
}

StatusOr<PacketHeader> DecodePacketHeader(std::string_view bytes, int32_t payload_bytes) {
  PacketHeader header;
  if (!DecodeUsualHeader(bytes, &header) && !DecodeAnyHeader(bytes, &header)) {
    return InvalidArgumentError("malformed packet header of " + std::to_string(bytes.size()) +
                                " bytes");
  }
  if (header.data_length < 0 || header.data_length > payload_bytes || header.offset_in_block < 0) {
    return InvalidArgumentError("packet header does not fit its packet: offset " +
                                std::to_string(header.offset_in_block) + ", data length " +
                                std::to_string(header.data_length) + " of " +
                                std::to_string(payload_bytes));
  }
  return header;
}

PipelineAck MakePipelineAck(int64_t seqno, std::vector<TransferStatus> replies,
                            uint64_t downstream_nanos) {
  PipelineAck ack;
  ack.seqno = seqno;
  for (TransferStatus reply : replies) ack.flags.push_back(static_cast<uint32_t>(reply));
  ack.replies = std::move(replies);
  ack.downstream_nanos = downstream_nanos;
  return ack;
}

int PipelineAck::FirstFailed() const {
  const size_t count = flags.empty() ? replies.size() : flags.size();
  for (size_t i = 0; i < count; ++i) {
    const auto status =
        flags.empty() ? replies[i] : static_cast<TransferStatus>(flags[i] & kAckStatusMask);
    if (status != TransferStatus::kSuccess) return static_cast<int>(i);
  }
  return -1;
}

bool PipelineAck::AllSucceeded() const {
  return FirstFailed() < 0;
}

}  // namespace tusk
