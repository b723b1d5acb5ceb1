#include "common/grpc/message.h"

#include <google/protobuf/message_lite.h>

namespace tusk {

StatusOr<std::string> PackMessage(const google::protobuf::MessageLite& message) {
  if (!message.IsInitialized()) {
    return InvalidArgumentError(message.GetTypeName() +
                                " lacks: " + message.InitializationErrorString());
  }
  const size_t size = message.ByteSizeLong();
  if (size > kMaxMessageBytes) {
    return ResourceExhaustedError(message.GetTypeName() + " of " + std::to_string(size) +
                                  " bytes is above the limit of " +
                                  std::to_string(kMaxMessageBytes));
  }
  std::string bytes;
  message.SerializeToString(&bytes);
  return bytes;
}

Status UnpackMessage(std::string_view bytes, google::protobuf::MessageLite* message) {
  // Partial first: the other parse writes to stderr when a required field is missing.
  if (!message->ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !message->IsInitialized()) {
    return InvalidArgumentError("malformed " + message->GetTypeName() + " of " +
                                std::to_string(bytes.size()) + " bytes");
  }
  return Status::Ok();
}

}  // namespace tusk
