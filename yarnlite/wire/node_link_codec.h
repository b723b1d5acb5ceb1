// The messages between NodeManager and ResourceManager as bytes of a stream, for both ends.
//
// Wire form: proto/tusk/node_link.proto. Meaning: yarnlite/api/node_protocol.h. Decoding gives
// kInvalidArgument for bytes that are no such message, or that are not exactly one.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/base/status.h"
#include "yarnlite/api/node_protocol.h"

namespace tusk::yarnlite {

inline constexpr char kNodeLinkMethod[] = "/tusk.NodeLink/Connect";

// The NodeManager stops by itself: nothing runs there any more.
struct NodeLeaving {};
using FromNode = std::variant<NodeRegistration, NodeMessage, NodeLeaving>;
using ToNode = std::variant<NodeAccepted, NodeCommand>;

std::string Encode(const FromNode& message);
std::string Encode(const ToNode& message);
StatusOr<FromNode> DecodeFromNode(std::string_view bytes);
StatusOr<ToNode> DecodeToNode(std::string_view bytes);

}  // namespace tusk::yarnlite
