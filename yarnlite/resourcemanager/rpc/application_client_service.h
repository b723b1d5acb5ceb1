// ApplicationClientProtocol (port 8032): submitters and the yarn command.
//
// getApplicationReport of a TUSK application is held for a moment when the same connection already
// has that very report (design 5).
//
// Threads: thread-safe. Life: outlives the RpcServer it is added to.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "common/concurrent/mutex.h"
#include "common/rpc/rpc_call.h"
#include "yarnlite/resourcemanager/resource_manager.h"

namespace tusk::yarnlite {

// Which version of a report each connection has. Bounded: the oldest entry goes, and that
// connection's next question is answered at once.
class SeenReports {
 public:
  static constexpr size_t kMaxEntries = 10'000;

  std::optional<uint64_t> Find(uint64_t connection, const ApplicationId& id) const EXCLUDES(mu_);
  void Put(uint64_t connection, const ApplicationId& id, uint64_t version) EXCLUDES(mu_);

 private:
  using Key = std::pair<uint64_t, ApplicationId>;
  mutable Mutex mu_;
  std::map<Key, uint64_t> versions_ GUARDED_BY(mu_);
  std::deque<Key> order_ GUARDED_BY(mu_);
};

// The methods, ready for RpcServer::Add. `core` outlives the server.
RpcProtocol MakeApplicationClientProtocol(ResourceManager* core);

}  // namespace tusk::yarnlite
