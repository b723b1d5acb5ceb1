// Between the plain structs of this folder and the generated messages. Private to the folder's .cc
// files: nothing else should see the messages.
#pragma once

#include <string>

#include "common/base/bytes.h"
#include "common/base/status.h"
#include "common/datatransfer/op_header.h"
#include "proto/hadoop/datatransfer.pb.h"

namespace tusk::wire {

namespace pb = ::tusk::proto::datatransfer;
namespace hdfs = ::tusk::proto::hdfs;

// A message of ours is always complete; an incomplete one is a bug here.
template <typename Message>
std::string Delimited(const Message& message) {
  CHECK(message.IsInitialized()) << "incomplete " << message.GetTypeName();
  std::string out;
  AppendLengthPrefixed(&out, message.SerializeAsString());
  return out;
}

// A message with a missing required field is refused too; protobuf itself would also print that to
// stderr.
template <typename Message>
Status Parse(std::string_view bytes, Message* message) {
  if (bytes.size() > kMaxOpMessageBytes ||
      !message->ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !message->IsInitialized()) {
    return InvalidArgumentError("malformed " + message->GetTypeName() + " of " +
                                std::to_string(bytes.size()) + " bytes");
  }
  return Status::Ok();
}

void ToProto(const DataChecksum& in, pb::ChecksumProto* out);
StatusOr<DataChecksum> FromProto(const pb::ChecksumProto& in);
void ToProto(const BlockChecksumOptions& in, pb::BlockChecksumOptionsProto* out);
BlockChecksumOptions FromProto(const pb::BlockChecksumOptionsProto& in);

}  // namespace tusk::wire
