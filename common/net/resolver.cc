#include "common/net/resolver.h"

namespace tusk {

Resolver::Resolver(Executor* executor, const Clock* clock, Duration keep, LookUp look_up)
    : executor_(executor), clock_(clock), keep_(keep), look_up_(std::move(look_up)) {}

Resolver::~Resolver() {
  guard_.Stop();
}

void Resolver::Resolve(const HostPort& where, Callback done) {
  if (auto address = SocketAddress::Parse(where.host, where.port); address.ok()) {
    done(std::vector<SocketAddress>{*std::move(address)});
    return;
  }
  std::vector<SocketAddress> known;
  bool start = false;
  {
    MutexLock lock(mu_);
    const auto it = known_.find(where);
    if (it != known_.end() && clock_->Now() < it->second.until) {
      known = it->second.addresses;
    } else {
      std::vector<Callback>& waiting = waiting_[where];
      waiting.push_back(std::move(done));
      start = waiting.size() == 1;
    }
  }
  if (!known.empty()) {
    done(std::move(known));
  } else if (start) {
    executor_->Post(guard_.Wrap([this, where] { Finish(where); }));
  }
}

void Resolver::Finish(const HostPort& where) {
  const StatusOr<std::vector<SocketAddress>> result = look_up_(where);
  std::vector<Callback> waiting;
  {
    MutexLock lock(mu_);
    if (result.ok()) known_[where] = {clock_->Now() + keep_, *result};
    waiting = std::move(waiting_[where]);
    waiting_.erase(where);
  }
  for (Callback& done : waiting) done(result);
}

}  // namespace tusk
