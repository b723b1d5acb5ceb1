// The gRPC edge towards DataNodes: one control stream each, on the NameNode's inside port.
//
//   DataNode opens /tusk.DatanodeLink/Connect -> registration -> accepted or refused
//     up:   heartbeats, events, full reports, failures  -> BlockManager
//     down: commands (with the epoch of this NameNode's role), acknowledgement of events
//
// Owns:    the registered streams. Borrows the cores; they outlive it.
// Threads: thread-safe. Messages of one stream are handled in order, on the GrpcServer's executor.
// Life:    AddTo a GrpcServices, Attach the cores before the server starts; stop the server before
//          the cores.
// Fails:   a DataNode of another cluster or pool, or one that is not allowed, is refused with a
//          message that names both sides; bytes that are no message end the stream.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/concurrent/mutex.h"
#include "common/grpc/server.h"
#include "common/net/topology.h"
#include "common/protocol/datanode_protocol.h"
#include "namenode/blocks/block_manager.h"

namespace tusk::namenode {

struct DatanodeLinkOptions {
  NamespaceInfo namespace_info;
  std::string name_dir;  // where the namespace lies, for messages
  uint64_t epoch = 1;    // of this NameNode's role
  RackTable racks;
  std::set<std::string> included;  // dfs.hosts: addresses or names; empty: all
  std::set<std::string> excluded;  // dfs.hosts.exclude
};

class DatanodeLink final : public DatanodeCommander {
 public:
  explicit DatanodeLink(DatanodeLinkOptions options);
  ~DatanodeLink() override;

  // `effects` takes what a message means for the namespace.
  void Attach(BlockManager* blocks, std::function<void(const BlockEffects&)> effects);
  void AddTo(GrpcServices* services);

  // To a node that is not connected: dropped. To one that does not take what is queued for it: its
  // stream is ended, and it has to come back.
  void Send(const std::string& datanode_uuid, NamenodeCommand command) override EXCLUDES(mu_);

  size_t connected() const EXCLUDES(mu_);

 private:
  // What one stream has become so far; touched by its handler only.
  struct Session {
    std::string peer_host;
    std::string uuid;  // empty: not registered
    uint64_t incarnation = 0;
  };

  // Commands wait until the answer to the registration is on its way.
  struct Registered {
    GrpcStreamPtr stream;
    bool answered = false;
    std::vector<NamenodeCommand> waiting;
  };

  void Take(const GrpcStreamPtr& stream, const std::shared_ptr<Session>& session,
            const std::string& bytes);
  void TakeRegistration(const GrpcStreamPtr& stream, Session* session,
                        DatanodeRegistration registration) EXCLUDES(mu_);
  void TakeReport(const GrpcStreamPtr& stream, const Session& session,
                  const DatanodeMessage& message);
  void Closed(const GrpcStreamPtr& stream, const Session& session) EXCLUDES(mu_);
  void SendWaiting(const GrpcStreamPtr& stream, const std::string& uuid) EXCLUDES(mu_);
  Status Check(const DatanodeRegistration& registration) const;
  void Apply(const BlockEffects& effects);

  // Constant after Attach.
  const DatanodeLinkOptions options_;
  BlockManager* blocks_ = nullptr;
  std::function<void(const BlockEffects&)> effects_;

  mutable Mutex mu_;
  std::map<std::string, Registered> streams_ GUARDED_BY(mu_);  // by uuid
};

}  // namespace tusk::namenode
