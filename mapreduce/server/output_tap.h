// What the program writes to stdout and stderr, copied to those who follow it; it still reaches the
// container's log files.
//
// Owns:    a pipe and a thread per descriptor, from Start to Stop.
// Life:    Stop flushes stdio, puts the descriptors back and waits until all was passed on.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/status.h"

namespace tusk::mapreduce {

class OutputTap {
 public:
  // `take` is called from the tap's threads.
  static StatusOr<std::unique_ptr<OutputTap>> Start(std::function<void(std::string_view)> take);
  ~OutputTap();

  void Stop();

 private:
  struct Tapped {
    int descriptor = -1;  // 1 or 2
    int original = -1;    // where it went before
    std::thread copier;
  };

  explicit OutputTap(std::function<void(std::string_view)> take) : take_(std::move(take)) {}
  Status Tap(int descriptor);

  const std::function<void(std::string_view)> take_;
  std::vector<Tapped> tapped_;
};

}  // namespace tusk::mapreduce
