// Keeps the lease of one client alive while it has files open for writing.
//
// Owns:    one thread, which exists only while files are open.
// Threads: thread-safe. FileOpened and FileClosed come from the writers.
// Life:    the destructor stops the thread and waits for a call under way.
// Fails:   a renewal that fails is tried again at the next turn; a lost lease shows at the writer's
//          next call, as LeaseExpiredException.
#pragma once

#include <string>
#include <thread>

#include "common/base/clock.h"
#include "common/concurrent/mutex.h"
#include "common/protocol/client_protocol.h"

namespace tusk::client {

class LeaseRenewer {
 public:
  LeaseRenewer(ClientProtocol* namenode, std::string client_name, Duration interval);
  ~LeaseRenewer();

  void FileOpened() EXCLUDES(mu_);
  void FileClosed() EXCLUDES(mu_);

 private:
  void Run() EXCLUDES(mu_);

  ClientProtocol* const namenode_;
  const std::string client_name_;
  const Duration interval_;

  Mutex mu_;
  CondVar wake_;
  int open_files_ GUARDED_BY(mu_) = 0;
  bool running_ GUARDED_BY(mu_) = false;  // the thread will look at open_files_ again
  bool stopped_ GUARDED_BY(mu_) = false;
  std::thread thread_ GUARDED_BY(mu_);
};

}  // namespace tusk::client
