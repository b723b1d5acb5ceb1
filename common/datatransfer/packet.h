// Packets: the unit in which block bytes travel, with their checksums, and their acknowledgements.
//
//   int32 PLEN = 4 + checksums + data | int16 HLEN | header | checksums | data        (big-endian)
//
// The header is a PacketHeaderProto of fixed-width fields: 25 bytes, 27 with syncBlock. The last
// packet of a block is empty (PLEN 4). A packet from a writer is answered by one PipelineAck.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/datatransfer/op_header.h"

namespace tusk {

inline constexpr int64_t kHeartbeatSeqno = -1;
inline constexpr int64_t kOutOfBandSeqno = -2;  // of acks only

inline constexpr size_t kPacketLengthsSize = 6;  // PLEN and HLEN
inline constexpr size_t kMaxPacketPrefixSize =
    33;  // lengths and the longest header stock software makes
inline constexpr int32_t kMaxPacketBytes = 16 << 20;  // PLEN + HLEN, as in Hadoop
inline constexpr int32_t kMaxPacketHeaderBytes = 4096;

struct PacketHeader {
  int64_t offset_in_block = 0;
  int64_t seqno = 0;
  bool last_packet_in_block = false;
  int32_t data_length = 0;
  bool sync_block = false;  // sync data and checksums to disk before the ack

  bool is_heartbeat() const { return seqno == kHeartbeatSeqno; }
  bool operator==(const PacketHeader&) const = default;
};

// Writes lengths and header into `out` (kMaxPacketPrefixSize bytes); returns how many bytes.
size_t EncodePacketPrefix(const PacketHeader& header, int32_t checksum_bytes, char* out);

struct PacketLengths {
  int32_t payload_bytes = 0;  // checksums and data, without PLEN's own 4
  int32_t header_bytes = 0;
};

// kInvalidArgument for lengths that cannot be: negative, above kMaxPacketBytes.
StatusOr<PacketLengths> DecodePacketLengths(std::string_view six_bytes);

// kInvalidArgument for what is no header, or one whose data does not fit into `payload_bytes`.
StatusOr<PacketHeader> DecodePacketHeader(std::string_view bytes, int32_t payload_bytes);

// ---- acknowledgements
// ----------------------------------------------------------------------------

// reply[0] is the node that sends this ack, then the nodes after it. `flags` is empty or has one
// entry for each reply, with the status in its low four bits: Java clients then read only these.
struct PipelineAck {
  int64_t seqno = 0;
  std::vector<TransferStatus> replies;
  std::vector<uint32_t> flags;
  uint64_t downstream_nanos = 0;

  // All nodes have the packet.
  bool AllSucceeded() const;
  // The first node that did not succeed, or -1. By flags where there are any.
  int FirstFailed() const;
};

inline constexpr uint32_t kAckStatusMask = 0xF;

// An ack whose flags repeat `replies` (congestion and slowness hints off).
PipelineAck MakePipelineAck(int64_t seqno, std::vector<TransferStatus> replies,
                            uint64_t downstream_nanos = 0);

std::string EncodePipelineAck(const PipelineAck& ack);  // delimited
StatusOr<PipelineAck> DecodePipelineAck(std::string_view message);

}  // namespace tusk
