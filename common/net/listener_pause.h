// A listener that an epoll loop leaves alone for a moment, because accept failed: out of
// descriptors it stays readable, and the loop would spin. What waits stays in the backlog.
//
// Threads: the loop's only.
#pragma once

#include <vector>

#include "common/base/clock.h"

namespace tusk {

class ListenerPause {
 public:
  // `epoll` must outlive this; the listeners are in it for EPOLLIN, with their descriptor as data.
  explicit ListenerPause(int epoll, Duration length = std::chrono::milliseconds(100))
      : epoll_(epoll), length_(length) {}

  // Accept has failed. True for the first time since a pause went by without: say it in the log.
  bool Begin(int listener, TimePoint now);
  // Once in every turn of the loop: ends a pause that is long enough. How long the loop may sleep.
  Duration EndWhenOver(TimePoint now);

 private:
  void Watch(int listener, bool on) const;

  const int epoll_;
  const Duration length_;
  std::vector<int> paused_;
  TimePoint until_{};
  TimePoint quiet_until_{};
};

}  // namespace tusk
