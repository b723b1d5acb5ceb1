#include "client/datanode_connector.h"

#include "common/rpc/client.h"
#include "common/rpc/client_protocol_stub.h"

namespace tusk::client {
namespace {

constexpr size_t kMaxIdleConnections = 16;
constexpr Duration kIdleLife = std::chrono::seconds(3);

class RealDatanodeConnector final : public DatanodeConnector {
 public:
  RealDatanodeConnector(const ClientOptions& options, RpcClient* rpc)
      : use_hostname_(options.use_datanode_hostname),
        local_address_(options.local_address),
        identity_{options.user, "", std::nullopt},
        rpc_(rpc) {}

  StatusOr<Socket> Dial(const DatanodeId& datanode, Duration timeout) override {
    ConnectOptions connect;
    connect.timeout = timeout;
    connect.source_address = local_address_;
    return Socket::Connect({HostOf(datanode), datanode.xfer_port}, connect);
  }

  StatusOr<int64_t> VisibleLength(const DatanodeId& datanode, const ExtendedBlock& block) override {
    return MakeClientDatanodeStub(rpc_, {HostOf(datanode), datanode.ipc_port}, identity_)
        ->GetReplicaVisibleLength(block);
  }

 private:
  const std::string& HostOf(const DatanodeId& datanode) const {
    return use_hostname_ ? datanode.host_name : datanode.ip_addr;
  }

  const bool use_hostname_;
  const std::string local_address_;
  const RpcIdentity identity_;
  RpcClient* const rpc_;
};

}  // namespace

std::unique_ptr<DatanodeConnector> MakeDatanodeConnector(const ClientOptions& options,
                                                         RpcClient* rpc) {
  return std::make_unique<RealDatanodeConnector>(options, rpc);
}

std::unique_ptr<DatanodeConnection> ConnectionCache::Take(const std::string& xfer_address) {
  std::list<Idle> expired;  // closed after the lock is given up
  std::unique_ptr<DatanodeConnection> found;
  const TimePoint now = clock_->Now();
  MutexLock lock(mu_);
  for (auto it = idle_.begin(); it != idle_.end();) {
    const auto next = std::next(it);
    if (it->until <= now) {
      expired.splice(expired.end(), idle_, it);
    } else if (it->address == xfer_address && found == nullptr) {
      if (it->connection->socket().IsIdleAndOpen()) found = std::move(it->connection);
      expired.splice(expired.end(), idle_, it);
    }
    it = next;
  }
  lock.Unlock();
  return found;
}

void ConnectionCache::Give(const std::string& xfer_address,
                           std::unique_ptr<DatanodeConnection> connection) {
  if (connection->input()->buffered() > 0) return;  // the DataNode said more than it should
  connection->reused = true;
  std::list<Idle> dropped;
  MutexLock lock(mu_);
  idle_.push_back({xfer_address, clock_->Now() + kIdleLife, std::move(connection)});
  if (idle_.size() > kMaxIdleConnections) dropped.splice(dropped.end(), idle_, idle_.begin());
  lock.Unlock();
}

}  // namespace tusk::client
