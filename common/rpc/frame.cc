#include "common/rpc/frame.h"

#include <google/protobuf/message_lite.h>

#include <limits>

namespace tusk {
namespace {

using google::protobuf::MessageLite;

constexpr size_t kLengthBytes = 4;

void AppendMessage(std::string* out, const MessageLite& message) {
  const size_t size = message.GetCachedSize();
  AppendVarint(out, size);
  const size_t at = out->size();
  out->resize(at + size);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(out->data() + at));
}

void AppendMessages(std::string* out, std::initializer_list<const MessageLite*> messages,
                    const std::string_view* last_body) {
  size_t length = last_body == nullptr ? 0 : VarintSize(last_body->size()) + last_body->size();
  for (const MessageLite* message : messages) {
    const size_t size = message->ByteSizeLong();
    length += VarintSize(size) + size;
  }
  out->reserve(out->size() + kLengthBytes + length);
  AppendBigEndian(out, static_cast<int32_t>(length));
  for (const MessageLite* message : messages) AppendMessage(out, *message);
  if (last_body != nullptr) AppendLengthPrefixed(out, *last_body);
}

}  // namespace

void FrameBuffer::Feed(std::string_view bytes) {
  if (rest_.empty()) {
    kept_.clear();
    rest_ = bytes;
    return;
  }
  kept_.erase(0, kept_.size() - rest_.size());  // Settle left rest_ at the end of kept_
  kept_.append(bytes);
  rest_ = kept_;
}

bool FrameBuffer::Next(std::string_view* frame) {
  if (broken_ || rest_.size() < kLengthBytes) return false;
  const auto length = LoadBigEndian<int32_t>(rest_.data());
  if (length < 0 || length > max_frame_bytes_) {
    broken_ = true;
    broken_length_ = length;
    return false;
  }
  const size_t whole = kLengthBytes + static_cast<size_t>(length);
  if (rest_.size() < whole) return false;
  *frame = rest_.substr(kLengthBytes, static_cast<size_t>(length));
  rest_.remove_prefix(whole);
  return true;
}

void FrameBuffer::Settle() {
  if (rest_.empty()) {
    std::string().swap(kept_);
    rest_ = {};
    return;
  }
  const bool inside = rest_.data() >= kept_.data() && rest_.data() < kept_.data() + kept_.size();
  if (!inside) {
    kept_.assign(rest_);
  } else if (rest_.size() < kept_.size()) {
    kept_.erase(0, kept_.size() - rest_.size());
  }
  rest_ = kept_;
}

void FrameBuffer::Clear() {
  rest_ = {};
  std::string().swap(kept_);
}

void AppendFrame(std::string* out, std::initializer_list<const MessageLite*> messages) {
  AppendMessages(out, messages, nullptr);
}

void AppendFrame(std::string* out, std::initializer_list<const MessageLite*> messages,
                 std::string_view last_body) {
  AppendMessages(out, messages, &last_body);
}

bool TakeMessage(ByteReader* frame, MessageLite* message) {
  std::string_view bytes;
  return frame->ReadLengthPrefixed(&bytes) && ParseMessage(bytes, message);
}

bool ParseMessage(std::string_view bytes, MessageLite* message) {
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max())) return false;
  return message->ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
         message->IsInitialized();
}

}  // namespace tusk
