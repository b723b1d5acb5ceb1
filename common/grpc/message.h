// Protobuf messages as the bytes that streams and calls carry.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace google::protobuf {
class MessageLite;
}

namespace tusk {

// One message stays below this; larger content is sent in chunks.
inline constexpr size_t kMaxMessageBytes = size_t{4} << 20;

// kInvalidArgument when a required field is missing, kResourceExhausted when it is too large.
StatusOr<std::string> PackMessage(const google::protobuf::MessageLite& message);

// kInvalidArgument for bytes that are not such a message.
Status UnpackMessage(std::string_view bytes, google::protobuf::MessageLite* message);

}  // namespace tusk
