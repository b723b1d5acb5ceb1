// The messages between DataNode and NameNode as bytes of a stream, for both ends.
//
// Wire form: proto/tusk/datanode_link.proto. Meaning: common/protocol/datanode_protocol.h.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/protocol/datanode_protocol.h"

namespace tusk {

inline constexpr char kDatanodeLinkMethod[] = "/tusk.DatanodeLink/Connect";

// kResourceExhausted above kMaxMessageBytes: block reports go in chunks of at most
// kReplicasPerChunk replicas.
StatusOr<std::string> Encode(const DatanodeMessage& message);
StatusOr<std::string> Encode(const NamenodeMessage& message);

// kInvalidArgument for bytes that are no such message, or one whose parts do not fit together.
StatusOr<DatanodeMessage> DecodeDatanodeMessage(std::string_view bytes);
StatusOr<NamenodeMessage> DecodeNamenodeMessage(std::string_view bytes);

inline constexpr size_t kReplicasPerChunk = 50'000;

}  // namespace tusk
