// The byte layer of Hadoop RPC version 9: preamble, frames and the messages inside them.
//
//   frame = int32 big-endian length, then messages, each behind a varint with its own length
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/base/bytes.h"

namespace google::protobuf {
class MessageLite;
}

namespace tusk {

inline constexpr std::string_view kRpcMagic = "hrpc";
inline constexpr uint8_t kRpcVersion = 9;
inline constexpr size_t kRpcPreambleBytes = 7;  // magic, version, service class, authentication
inline constexpr uint8_t kRpcAuthSimple = 0;
inline constexpr uint8_t kRpcAuthSasl = 0xDF;

// Call ids that are no calls. In answers they travel as uint32, not zigzag.
inline constexpr int32_t kRpcAuthorizationFailed = -1;
inline constexpr int32_t kRpcInvalidCall = -2;
inline constexpr int32_t kRpcConnectionContext = -3;
inline constexpr int32_t kRpcPing = -4;
inline constexpr int32_t kRpcSasl = -33;

// Cuts a stream of bytes into frames, without copying while whole frames arrive.
//
//   Feed(bytes) -> Next()* -> Settle()     Settle copies what is left, so that `bytes` may go.
//
// An idle stream holds no memory. Not thread-safe.
class FrameBuffer {
 public:
  explicit FrameBuffer(int64_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}

  // `bytes` must stay until Settle.
  void Feed(std::string_view bytes);

  // The next whole frame without its length. Valid until the next Feed or Settle. False when more
  // bytes are needed or the stream is broken.
  bool Next(std::string_view* frame);

  // A length below zero or above the maximum was met; nothing more comes out.
  bool broken() const { return broken_; }
  int64_t broken_length() const { return broken_length_; }

  // What has not been taken yet; for the preamble.
  std::string_view rest() const { return rest_; }
  void Consume(size_t count) { rest_.remove_prefix(count); }

  void Settle();
  // Forgets everything.
  void Clear();

 private:
  const int64_t max_frame_bytes_;
  std::string kept_;       // bytes of earlier reads
  std::string_view rest_;  // into kept_ or into the bytes fed last
  bool broken_ = false;
  int64_t broken_length_ = 0;
};

// Appends one frame with these messages. All of them are initialized.
void AppendFrame(std::string* out,
                 std::initializer_list<const google::protobuf::MessageLite*> messages);

// The same with a last message that is serialized already.
void AppendFrame(std::string* out,
                 std::initializer_list<const google::protobuf::MessageLite*> messages,
                 std::string_view last_body);

// Takes the next message of a frame. False: missing, malformed, or a required field is not there.
bool TakeMessage(ByteReader* frame, google::protobuf::MessageLite* message);

// ParseFromArray without the line on stderr that the library writes for a missing field.
bool ParseMessage(std::string_view bytes, google::protobuf::MessageLite* message);

}  // namespace tusk
