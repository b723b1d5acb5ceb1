// The messages of driver and runner as bytes, for both of their ends.
//
// Wire form: proto/tusk/task.proto. Meaning: engine/plan/task_protocol.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "mapreduce/engine/plan/task_protocol.h"

namespace tusk::mapreduce {

std::string Encode(const ToDriver& message);
std::string Encode(const ToRunner& message);

// kInvalidArgument for bytes that are no such message, or one whose parts do not fit together.
StatusOr<ToDriver> DecodeToDriver(std::string_view bytes);
StatusOr<ToRunner> DecodeToRunner(std::string_view bytes);

// Messages as frames, in order: small ones share a frame, a large one is cut into pieces of a
// megabyte each.
std::vector<std::string> ToFrames(const std::vector<std::string>& messages);

// Puts frames together again. Not thread-safe.
class FrameJoiner {
 public:
  // The messages that this frame completes, in order. kInvalidArgument for bytes that are no frame,
  // kResourceExhausted when a message passes 1 GB.
  StatusOr<std::vector<std::string>> Add(std::string_view frame);

 private:
  std::string pieces_;
};

}  // namespace tusk::mapreduce
