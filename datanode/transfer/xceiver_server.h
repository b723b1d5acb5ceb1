// The data port of a DataNode, and its unix socket: takes connections, gives a thread to each
// operation, and keeps idle connections without one.
//
//   accepted --> waiting (epoll) --bytes--> a thread of the pool serves one operation --> waiting
//                   \--time is up--> closed                \--no more, or error--> closed
//
// Threads: one thread waits for all idle connections; up to max_streams threads serve.
// Life:    Start .. Stop; Stop breaks the connections under way and waits for their threads.
// Fails:   above max_streams a connection is closed with a log line. Start names who has the port.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>

#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/net/listener_pause.h"
#include "common/net/socket.h"
#include "datanode/transfer/peer_connection.h"
#include "datanode/transfer/stream_pool.h"
#include "datanode/transfer/transfer_context.h"

namespace tusk::datanode {

class XceiverServer {
 public:
  struct Options {
    HostPort address;
    std::string unix_path;  // empty: no descriptors are passed
  };

  // Listens; nothing is served before Serve().
  static StatusOr<std::unique_ptr<XceiverServer>> Listen(const Options& options,
                                                         TransferContext* context);
  ~XceiverServer();

  void Serve();
  void Stop() EXCLUDES(mu_);

  int port() const { return tcp_.port(); }
  // Also listens on a unix socket: before Serve. Its path may depend on port().
  Status ListenUnix(const std::string& path);

 private:
  using ConnectionPtr = std::shared_ptr<PeerConnection>;
  struct Waiting {
    ConnectionPtr connection;
    TimePoint until;
  };

  XceiverServer(TransferContext* context, Listener tcp);

  void WaitLoop();
  void AcceptFrom(Listener* listener, bool local) EXCLUDES(mu_);
  void Wait(ConnectionPtr connection, Duration limit) EXCLUDES(mu_);
  void StartStream(ConnectionPtr connection) EXCLUDES(mu_);
  void Stream(const ConnectionPtr& connection) EXCLUDES(mu_);
  // Closes those whose time is up; how long until the next one's is. Costs what it closes, however
  // many wait.
  Duration Expire() EXCLUDES(mu_);
  ConnectionPtr TakeWaiting(int fd) EXCLUDES(mu_);
  void Wake();

  TransferContext* const context_;
  Listener tcp_;
  std::unique_ptr<Listener> unix_;
  Fd epoll_;
  Fd wake_;  // eventfd
  StreamPool pool_;
  std::thread waiter_;
  std::unique_ptr<ListenerPause> pause_;  // the waiter's

  Mutex mu_;
  bool stopped_ GUARDED_BY(mu_) = false;
  std::unordered_map<int, Waiting> waiting_ GUARDED_BY(mu_);            // by descriptor
  std::set<std::pair<TimePoint, int>> deadlines_ GUARDED_BY(mu_);       // of all that wait
  std::map<PeerConnection*, ConnectionPtr> streaming_ GUARDED_BY(mu_);  // have a thread
};

}  // namespace tusk::datanode
