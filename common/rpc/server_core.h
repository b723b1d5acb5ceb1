// What the connections of one server share. Internal to common/rpc.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "common/base/clock.h"
#include "common/concurrent/executor.h"
#include "common/rpc/rpc_call.h"
#include "common/rpc/server.h"

namespace tusk {

// Lets a few log lines through per second and counts the rest, so that garbage on a port cannot
// fill the disk.
class LogLimiter {
 public:
  // False: suppressed. Otherwise `suppressed` says how many were since the last one let through.
  bool Allow(TimePoint now, int64_t* suppressed);

 private:
  static constexpr int kLinesPerSecond = 5;
  std::atomic<int64_t> second_ = 0;
  std::atomic<int> lines_ = 0;
  std::atomic<int64_t> suppressed_ = 0;
};

// A method and what was counted of it.
struct ServerMethod {
  size_t index = 0;
  const RpcProtocol* protocol = nullptr;
  const RpcProtocol::Method* method = nullptr;
  std::atomic<int64_t> calls = 0;
  std::atomic<int64_t> errors = 0;
  std::atomic<int64_t> processing_nanos = 0;
};

struct ServerCounters {
  std::atomic<int64_t> received_bytes = 0;
  std::atomic<int64_t> sent_bytes = 0;
  std::atomic<int64_t> calls = 0;
  std::atomic<int64_t> errors = 0;
  std::atomic<int64_t> queue_nanos = 0;
  std::atomic<int64_t> processing_nanos = 0;
  std::atomic<int64_t> open_connections = 0;
  std::atomic<int64_t> accepted_connections = 0;
  std::atomic<int64_t> dropped_connections = 0;
  std::atomic<int64_t> authentication_successes = 0;
  std::atomic<int64_t> authentication_failures = 0;
  std::atomic<int64_t> unanswered_calls = 0;
  std::atomic<int64_t> held_calls = 0;
};

// Constant once the server has started, but for the counters. Outlives the server while calls do.
class ServerCore {
 public:
  ServerCore(RpcServerOptions options, GroupMapping* groups, Executor* executor);

  void Add(RpcProtocol protocol);
  // ProtocolMetaInfoPB describes the protocols added so far.
  void AddMetaInfo();

  // Why a call cannot be dispatched, or its method.
  StatusOr<ServerMethod*> Find(std::string_view protocol, uint64_t version,
                               std::string_view method);
  ServerMethod& method(size_t index) { return methods_[index]; }

  // Runs a slow handler; it does not run after StopSlow.
  void PostSlow(std::function<void()> work) { executor_->Post(slow_guard_.Wrap(std::move(work))); }
  void StopSlow() { slow_guard_.Stop(); }

  RpcServerStats Stats() const;

  const RpcServerOptions options;
  GroupMapping* const groups;
  ServerCounters counters;
  LogLimiter log_limiter;

 private:
  struct ProtocolEntry {
    std::unique_ptr<RpcProtocol> protocol;
    std::map<std::string_view, ServerMethod*> methods;
  };

  Executor* const executor_;
  WorkGuard slow_guard_;
  std::map<std::string, ProtocolEntry, std::less<>> protocols_;
  std::deque<ServerMethod> methods_;  // a deque: elements stay where they are
};

class ServerConnection;

// An answer that the reply gate has not let through yet.
struct GatedAnswer {
  std::shared_ptr<ServerConnection> connection;
  std::string frame;
  bool held = false;
  int64_t request_bytes = 0;
  int64_t bytes = 0;  // of the frame, as its connection counts them
};

// One I/O thread's share: its loop, its connections, a buffer that every read uses, and the answers
// that its handlers gave since the gate was asked last: one question and one waking for all of
// them.
struct ServerLoop {
  ServerLoop() : io(1) {}

  boost::asio::io_context io;
  std::unordered_set<std::shared_ptr<ServerConnection>> connections;  // on the loop's thread
  std::vector<GatedAnswer> finished;                                  // likewise
  std::vector<char> scratch = std::vector<char>(128 << 10);

  // The calling thread's, if it runs one.
  static inline thread_local ServerLoop* current = nullptr;
};

}  // namespace tusk
