// The messages of driver and runner as bytes, for both of their ends.
//
// Wire form: proto/tusk/task.proto. Meaning: engine/plan/task_protocol.h.
#pragma once

#include <optional>
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

// A message as frames of at most a megabyte each, in order.
std::vector<std::string> ToFrames(std::string_view message);

// Puts frames together again. Not thread-safe.
class FrameJoiner {
 public:
  // The message that this frame completes, or nothing. kInvalidArgument for bytes that are no
  // frame, kResourceExhausted when a message passes 1 GB.
  StatusOr<std::optional<std::string>> Add(std::string_view frame);

 private:
  std::string pieces_;
};

}  // namespace tusk::mapreduce
