// Name look-ups off the calling thread, remembered for a while.
//
// Threads: thread-safe. Look-ups run on the given executor, one at a time per name; callers of the
//          same name share it. The callback runs there too, or at once for addresses as text.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/net/host_port.h"

namespace tusk {

class Resolver {
 public:
  using Callback = std::function<void(StatusOr<std::vector<SocketAddress>>)>;
  using LookUp = std::function<StatusOr<std::vector<SocketAddress>>(const HostPort&)>;

  // `look_up` is Resolve unless a test gives another.
  Resolver(Executor* executor, const Clock* clock, Duration keep = std::chrono::seconds(30),
           LookUp look_up = &tusk::Resolve);
  ~Resolver();

  void Resolve(const HostPort& where, Callback done) EXCLUDES(mu_);

 private:
  struct Known {
    TimePoint until;
    std::vector<SocketAddress> addresses;
  };

  void Finish(const HostPort& where) EXCLUDES(mu_);

  Executor* const executor_;
  const Clock* const clock_;
  const Duration keep_;
  const LookUp look_up_;

  Mutex mu_;
  std::map<HostPort, Known> known_ GUARDED_BY(mu_);
  std::map<HostPort, std::vector<Callback>> waiting_ GUARDED_BY(mu_);
  WorkGuard guard_;
};

}  // namespace tusk
