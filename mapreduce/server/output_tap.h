// What the program writes to stdout and stderr, told to those who follow it.
//
// Both are the container's log files, and the program writes straight into them: whatever it dies
// of, its last words are there. The tap reads along.
//
// Owns:    a thread, two reading descriptors and an inotify instance, from Start to Stop.
// Life:    Stop flushes stdio, and has told everything written before when it returns.
// Fails:   kFailedPrecondition when stdout or stderr is no file.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>

#include "common/base/status.h"

namespace tusk::mapreduce {

class OutputTap {
 public:
  // `take` is called from the tap's thread.
  static StatusOr<std::unique_ptr<OutputTap>> Start(std::function<void(std::string_view)> take);
  ~OutputTap();

  void Stop();

 private:
  explicit OutputTap(std::function<void(std::string_view)> take) : take_(std::move(take)) {}
  Status Open();
  void Follow();
  void ReadOn();

  const std::function<void(std::string_view)> take_;
  std::array<int, 2> logs_ = {-1, -1};
  int changes_ = -1;  // inotify
  int stop_ = -1;     // eventfd
  std::thread follower_;
};

}  // namespace tusk::mapreduce
