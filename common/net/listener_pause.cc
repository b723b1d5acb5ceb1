#include "common/net/listener_pause.h"

#include <sys/epoll.h>

#include <algorithm>

namespace tusk {

bool ListenerPause::Begin(int listener, TimePoint now) {
  if (std::find(paused_.begin(), paused_.end(), listener) == paused_.end()) {
    paused_.push_back(listener);
    Watch(listener, false);
  }
  until_ = now + length_;
  const bool first = now >= quiet_until_;
  quiet_until_ = until_ + length_;
  return first;
}

Duration ListenerPause::EndWhenOver(TimePoint now) {
  if (paused_.empty()) return Duration::max();
  if (now < until_) return until_ - now;
  for (const int listener : paused_) Watch(listener, true);
  paused_.clear();
  return Duration::max();
}

void ListenerPause::Watch(int listener, bool on) const {
  epoll_event event{};
  if (on) event.events = EPOLLIN;
  event.data.fd = listener;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, listener, &event);
}

}  // namespace tusk
