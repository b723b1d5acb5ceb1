// Reading of operations, answers and packets from a byte stream that the caller provides.
//
//   StreamInput in(&source);
//   ASSIGN_OR_RETURN(DataTransferOp op, ReadOpPrefix(&in));
//   ASSIGN_OR_RETURN(std::string_view message, ReadDelimited(&in, kMaxOpMessageBytes));
//   ...
//   ASSIGN_OR_RETURN(Packet packet, ReadPacket(&in));      // views into the buffer of `in`
//
// Bytes read ahead stay in the StreamInput, so one connection has one of them for all its life.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/datatransfer/op_header.h"
#include "common/datatransfer/packet.h"

namespace tusk {

// Where bytes come from: a socket, or a string in tests.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Waits for at least one byte and gives what is there, `max` at most; 0 at the end.
  virtual StatusOr<size_t> ReadSome(char* out, size_t max) = 0;
};

// Reads ahead into one buffer that is used again and again; it grows to the largest item asked for.
//
// Threads: not thread-safe.
// Fails:   the source's error; kUnavailable "end of stream" when it ends where an item may begin,
//          kDataLoss when it ends inside one.
class StreamInput {
 public:
  explicit StreamInput(ByteSource* source, size_t buffer_bytes = 256 << 10);

  // Waits until `count` bytes are there and shows them, without taking them. The view holds until
  // the next call of Need.
  StatusOr<std::string_view> Need(size_t count);
  // Takes bytes that Need has shown.
  void Consume(size_t count);
  // What was read ahead and not taken.
  size_t buffered() const { return end_ - begin_; }

 private:
  ByteSource* const source_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

// kUnavailable when the stream ends before the first byte: the peer has finished.
StatusOr<DataTransferOp> ReadOpPrefix(StreamInput* in);

// A varint-delimited message; kInvalidArgument when it is longer than `max_bytes`. The view holds
// until the next read from `in`.
StatusOr<std::string_view> ReadDelimited(StreamInput* in, size_t max_bytes);

StatusOr<BlockOpResponse> ReadBlockOpResponse(StreamInput* in);
StatusOr<PipelineAck> ReadPipelineAck(StreamInput* in);
StatusOr<TransferStatus> ReadTransferStatus(StreamInput* in);

// One packet. The views hold until the next read from the same StreamInput.
struct Packet {
  PacketHeader header;
  std::string_view checksums;  // size as the lengths say: the receiver checks it against its chunks
  std::string_view data;
  std::string_view whole;  // all bytes, as they came: for forwarding
};

StatusOr<Packet> ReadPacket(StreamInput* in);

// Whether ReadPacket would answer without waiting.
bool HasWholePacket(StreamInput* in);

}  // namespace tusk
