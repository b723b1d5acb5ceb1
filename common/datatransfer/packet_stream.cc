#include "common/datatransfer/packet_stream.h"

#include <algorithm>
#include <cstring>

#include "common/base/bytes.h"

namespace tusk {

StreamInput::StreamInput(ByteSource* source, size_t buffer_bytes)
    : source_(source), buffer_(new char[buffer_bytes]), capacity_(buffer_bytes) {}

StatusOr<std::string_view> StreamInput::Need(size_t count) {
  if (buffered() >= count) return std::string_view(buffer_.get() + begin_, count);
  if (begin_ == end_) begin_ = end_ = 0;
  if (capacity_ - begin_ < count) {
    // The rest of what is there moves to the front, into a bigger buffer if it must.
    if (capacity_ < count) {
      const size_t capacity = std::max(count, capacity_ * 2);
      std::unique_ptr<char[]> bigger(new char[capacity]);
      std::memcpy(bigger.get(), buffer_.get() + begin_, buffered());
      buffer_ = std::move(bigger);
      capacity_ = capacity;
    } else {
      std::memmove(buffer_.get(), buffer_.get() + begin_, buffered());
    }
    end_ -= begin_;
    begin_ = 0;
  }
  while (buffered() < count) {
    ASSIGN_OR_RETURN(const size_t got, source_->ReadSome(buffer_.get() + end_, capacity_ - end_));
    if (got == 0) {
      if (buffered() == 0) return UnavailableError("end of stream");
      return DataLossError("stream ends in the middle of an item: " + std::to_string(buffered()) +
                           " of " + std::to_string(count) + " bytes");
    }
    end_ += got;
  }
  return std::string_view(buffer_.get() + begin_, count);
}

void StreamInput::Consume(size_t count) {
  CHECK_LE(count, buffered());
  begin_ += count;
}

StatusOr<DataTransferOp> ReadOpPrefix(StreamInput* in) {
  ASSIGN_OR_RETURN(const std::string_view prefix, in->Need(kOpPrefixSize));
  StatusOr<DataTransferOp> op = DecodeOpPrefix(prefix);
  in->Consume(kOpPrefixSize);
  return op;
}

StatusOr<std::string_view> ReadDelimited(StreamInput* in, size_t max_bytes) {
  uint64_t size = 0;
  size_t prefix = 1;
  for (;; ++prefix) {
    ASSIGN_OR_RETURN(const std::string_view bytes, in->Need(prefix));
    if ((bytes.back() & 0x80) != 0) {
      if (prefix >= 5) return InvalidArgumentError("message with a malformed length");
      continue;
    }
    ByteReader reader(bytes);
    if (!reader.ReadVarint(&size)) return InvalidArgumentError("message with a malformed length");
    break;
  }
  if (size > max_bytes) {
    return InvalidArgumentError("message of " + std::to_string(size) + " bytes, at most " +
                                std::to_string(max_bytes) + " are taken");
  }
  ASSIGN_OR_RETURN(const std::string_view whole, in->Need(prefix + size));
  in->Consume(prefix + size);
  return whole.substr(prefix);
}

StatusOr<BlockOpResponse> ReadBlockOpResponse(StreamInput* in) {
  ASSIGN_OR_RETURN(const std::string_view message, ReadDelimited(in, kMaxAnswerBytes));
  return DecodeBlockOpResponse(message);
}

StatusOr<PipelineAck> ReadPipelineAck(StreamInput* in) {
  ASSIGN_OR_RETURN(const std::string_view message, ReadDelimited(in, kMaxAnswerBytes));
  return DecodePipelineAck(message);
}

StatusOr<TransferStatus> ReadTransferStatus(StreamInput* in) {
  ASSIGN_OR_RETURN(const std::string_view message, ReadDelimited(in, kMaxAnswerBytes));
  return DecodeTransferStatus(message);
}

StatusOr<Packet> ReadPacket(StreamInput* in) {
  ASSIGN_OR_RETURN(const std::string_view lengths_bytes, in->Need(kPacketLengthsSize));
  ASSIGN_OR_RETURN(const PacketLengths lengths, DecodePacketLengths(lengths_bytes));
  const size_t header_bytes = static_cast<size_t>(lengths.header_bytes);
  const size_t payload_bytes = static_cast<size_t>(lengths.payload_bytes);
  Packet packet;
  ASSIGN_OR_RETURN(packet.whole, in->Need(kPacketLengthsSize + header_bytes + payload_bytes));
  const std::string_view rest = packet.whole.substr(kPacketLengthsSize);
  ASSIGN_OR_RETURN(packet.header,
                   DecodePacketHeader(rest.substr(0, header_bytes), lengths.payload_bytes));
  const size_t data_bytes = static_cast<size_t>(packet.header.data_length);
  packet.checksums = rest.substr(header_bytes, payload_bytes - data_bytes);
  packet.data = rest.substr(header_bytes + payload_bytes - data_bytes);
  in->Consume(packet.whole.size());
  return packet;
}

bool HasWholePacket(StreamInput* in) {
  if (in->buffered() < kPacketLengthsSize) return false;
  const StatusOr<PacketLengths> lengths = DecodePacketLengths(*in->Need(kPacketLengthsSize));
  if (!lengths.ok()) return true;  // the refusal is there
  return in->buffered() >= kPacketLengthsSize + static_cast<size_t>(lengths->header_bytes) +
                               static_cast<size_t>(lengths->payload_bytes);
}

}  // namespace tusk
