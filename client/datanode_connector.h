// How a client reaches DataNodes: data connections, kept alive between reads, and the few calls
// outside DataTransferProtocol. An interface, so that tests answer from the other end of a socket
// pair.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <utility>

#include "client/client_options.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/datatransfer/packet_stream.h"
#include "common/net/socket.h"
#include "common/protocol/block.h"
#include "common/protocol/datanode_info.h"

namespace tusk {
class RpcClient;
}

namespace tusk::client {

// A socket to a DataNode with the bytes read ahead from it.
//
// Threads: one sender and one receiver at a time.
class DatanodeConnection final : private ByteSource {
 public:
  DatanodeConnection(Socket socket, Duration read_timeout)
      : socket_(std::move(socket)), read_timeout_(read_timeout), input_(this) {}

  Socket& socket() { return socket_; }
  StreamInput* input() { return &input_; }
  void set_read_timeout(Duration timeout) { read_timeout_ = timeout; }

  // True for one that came from the cache: its DataNode may have closed it meanwhile.
  bool reused = false;

 private:
  StatusOr<size_t> ReadSome(char* out, size_t max) override {
    return socket_.ReceiveSome(out, max, Deadline::After(read_timeout_));
  }

  Socket socket_;
  Duration read_timeout_;
  StreamInput input_;
};

class DatanodeConnector {
 public:
  virtual ~DatanodeConnector() = default;

  // A new connection. The error names the DataNode.
  virtual StatusOr<Socket> Dial(const DatanodeId& datanode, Duration timeout) = 0;
  virtual StatusOr<int64_t> VisibleLength(const DatanodeId& datanode,
                                          const ExtendedBlock& block) = 0;
};

// The real one. Threads: thread-safe.
std::unique_ptr<DatanodeConnector> MakeDatanodeConnector(const ClientOptions& options,
                                                         RpcClient* rpc);

// Connections on which a read has ended well, for the next one: at most 16, each for 3 s (a
// DataNode closes them after 4).
//
// Threads: thread-safe.
class ConnectionCache {
 public:
  explicit ConnectionCache(const Clock* clock) : clock_(clock) {}

  // Null when there is none that still looks open.
  std::unique_ptr<DatanodeConnection> Take(const std::string& xfer_address) EXCLUDES(mu_);
  void Give(const std::string& xfer_address, std::unique_ptr<DatanodeConnection> connection)
      EXCLUDES(mu_);

 private:
  struct Idle {
    std::string address;
    TimePoint until;
    std::unique_ptr<DatanodeConnection> connection;
  };

  const Clock* const clock_;
  Mutex mu_;
  std::list<Idle> idle_ GUARDED_BY(mu_);  // oldest first
};

}  // namespace tusk::client
