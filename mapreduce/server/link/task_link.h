// The task protocol over gRPC streams: the driver's listening end and a runner's dialling end.
//
// Threads: thread-safe; handlers run on the given executor, in order per stream.
// Life:    a stream lives as long as its runner; nobody reconnects: a runner whose stream broke is
//          lost to its driver and ends.
// Fails:   bytes that are no message cancel their stream, with a logged line.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/grpc/channel.h"
#include "common/grpc/server.h"
#include "mapreduce/engine/driver/driver.h"
#include "mapreduce/engine/plan/task_protocol.h"

namespace tusk::mapreduce {

// Takes runners' streams and hands their messages to the driver, which outlives it. `secret`: the
// application's.
StatusOr<std::unique_ptr<GrpcServer>> StartTaskServer(const std::string& host, Driver* driver,
                                                      const std::string& secret, const Clock* clock,
                                                      Executor* executor);

class DriverLink final : public DriverOutlet {
 public:
  struct Options {
    std::string driver;         // "host:port"
    std::string local_address;  // of our sockets
    std::string caller;         // for the driver's log
    std::string secret;
  };
  using Deliver = std::function<void(ToRunner)>;
  using Closed = std::function<void(const Status&)>;

  static StatusOr<std::unique_ptr<DriverLink>> Create(const Options& options, const Clock* clock,
                                                      Executor* executor);
  ~DriverLink() override;

  // Once: dials, says hello and delivers what comes.
  void Open(const RunnerHello& hello, Deliver deliver, Closed closed) EXCLUDES(mu_);
  void Send(ToDriver message) override EXCLUDES(mu_);
  // Sends what is queued, for `limit` at most; then `closed` is called.
  void Close(Timer* timer, Duration limit) EXCLUDES(mu_);

 private:
  explicit DriverLink(std::unique_ptr<GrpcChannel> channel);

  GrpcStreamPtr stream() const EXCLUDES(mu_);

  const std::unique_ptr<GrpcChannel> channel_;
  mutable Mutex mu_;
  GrpcStreamPtr stream_ GUARDED_BY(mu_);  // null before Open
};

}  // namespace tusk::mapreduce
