// The ResourceManager's end of the NodeManagers' streams (port 8031).
//
// Owns:    the open streams, by session. Borrows the core, which must be attached before a stream
//          comes.
// Threads: thread-safe. A stream's words are taken in order, on the gRPC server's executor.
// Life:    the GrpcServer that calls Accept is stopped before this goes.
// Fails:   a stream whose words cannot be read, or whose queue is full, is ended: its NodeManager
//          registers again, and that tells both sides what they missed.
#pragma once

#include <map>
#include <memory>

#include "common/concurrent/mutex.h"
#include "common/grpc/server.h"
#include "yarnlite/resourcemanager/resource_manager.h"

namespace tusk::yarnlite {

class NodeLinkService final : public NodeLink {
 public:
  void Attach(ResourceManager* core) { core_ = core; }
  void AddTo(GrpcServices* services);

  void Send(NodeSession session, NodeCommand command) override EXCLUDES(mu_);

 private:
  struct Session;

  StreamHandler Accept(const GrpcCaller& caller) EXCLUDES(mu_);
  void Heard(Session* session, const GrpcStreamPtr& stream, const std::string& bytes) EXCLUDES(mu_);
  void Closed(Session* session) EXCLUDES(mu_);

  ResourceManager* core_ = nullptr;
  Mutex mu_;
  NodeSession last_session_ GUARDED_BY(mu_) = 0;
  std::map<NodeSession, GrpcStreamPtr> streams_ GUARDED_BY(mu_);  // those that have registered
};

}  // namespace tusk::yarnlite
