// One call between two daemons: a stream of messages in both directions, either end of it.
//
//   new -> begun -> up -> ... -> closing (drains what is queued) -> done
//                     \-> cancelled, or broken by the other side -> done
// The handler hears every message in order, one at a time, then closed once, last of all.
//
// Owns:    the queues of both directions; its wire, which it frees on the executor.
// Threads: thread-safe. Handlers run on the executor, never on gRPC's threads, never under a lock;
//          they may call the stream. The executor must outlive every stream: end the streams, stop
//          the GrpcServer and free the channels first.
// Bounds:  messages and bytes in each direction. Send answers kFull; a slow handler stops reading,
//          and so the sender.
// Fails:   a broken connection ends the stream; whoever wants another opens another.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/timer.h"
#include "common/grpc/wire.h"

namespace tusk {

class GrpcStream;
using GrpcStreamPtr = std::shared_ptr<GrpcStream>;

struct StreamHandler {
  std::shared_ptr<const void> guard;             // held as long as the functions are; may be empty
  std::function<void(const GrpcStreamPtr&)> up;  // the other side has answered; may be empty
  std::function<void(const GrpcStreamPtr&, std::string message)> message;
  // Ok: the other side ended it well. The last call; then the handler is freed.
  std::function<void(const GrpcStreamPtr&, const Status&)> closed;
};

struct StreamLimits {
  size_t max_messages = 4096;
  size_t max_bytes = size_t{32} << 20;
};

enum class SendResult : uint8_t { kOk, kFull, kClosed };

class GrpcStream final : public std::enable_shared_from_this<GrpcStream>, private WireEvents {
 public:
  enum class Side : uint8_t { kClient, kServer };
  struct Options {
    Side side = Side::kClient;
    // Server: the call goes on after the client's last message until Close (a unary call's reply
    // may come later).
    bool keep_until_closed = false;
    StreamLimits limits;
  };

  GrpcStream(Options options, StreamHandler handler, Executor* executor);
  ~GrpcStream();

  // Once. Send, Close and Cancel may come before it.
  void Begin(std::unique_ptr<Wire> wire) EXCLUDES(mu_);

  // A message larger than the whole byte bound is taken when the queue is empty.
  SendResult Send(std::string message) EXCLUDES(mu_);

  // Sends what is queued, then ends the call: a client half-closes and waits for the server's end,
  // a server answers `status`. With a timer the call is cancelled when `limit` has passed first.
  void Close(const Status& status = {}, Timer* timer = nullptr, Duration limit = Duration(0))
      EXCLUDES(mu_);

  // Ends the call at once; unsent messages are lost.
  void Cancel() EXCLUDES(mu_);

  size_t queued_messages() const EXCLUDES(mu_);
  size_t queued_bytes() const EXCLUDES(mu_);

 private:
  // What is to be started on the wire, decided under mu_ and done after it was released.
  struct Action {
    enum class Kind : uint8_t { kNone, kWrite, kEndWrites, kFinish };
    Kind kind = Kind::kNone;
    std::string message;
    Status status;
  };

  void OnUp() override EXCLUDES(mu_);
  void OnReadDone(bool ok) override EXCLUDES(mu_);
  void OnWriteDone(bool ok) override EXCLUDES(mu_);
  void OnCancel() override EXCLUDES(mu_);
  void OnDone(const WireStatus& status) override EXCLUDES(mu_);

  Action NextLocked() REQUIRES(mu_);
  bool OverLocked() const REQUIRES(mu_);
  bool ReadFullLocked() const REQUIRES(mu_);
  void Do(const Action& action);
  void EndWireCall() EXCLUDES(mu_);  // one of calls_into_wire_ has returned
  void PostDrain(GrpcStreamPtr self);
  void Drain(const GrpcStreamPtr& self) EXCLUDES(mu_);
  bool DrainOne(const GrpcStreamPtr& self) EXCLUDES(mu_);

  const Options options_;
  Executor* const executor_;

  mutable Mutex mu_;
  StreamHandler handler_;  // touched by the draining thread only
  std::unique_ptr<Wire> wire_;
  GrpcStreamPtr self_ GUARDED_BY(mu_);  // from Begin to OnDone
  std::deque<std::string> out_ GUARDED_BY(mu_);
  std::deque<std::string> in_ GUARDED_BY(mu_);
  size_t out_bytes_ GUARDED_BY(mu_) = 0;
  size_t in_bytes_ GUARDED_BY(mu_) = 0;
  Status close_status_ GUARDED_BY(mu_);  // what a server answers
  Status end_status_ GUARDED_BY(mu_);    // what the handler is told
  TimerHandle close_limit_ GUARDED_BY(mu_);
  int calls_into_wire_ GUARDED_BY(mu_) = 0;  // under way: no Finish meanwhile
  bool begun_ GUARDED_BY(mu_) = false;
  bool up_ GUARDED_BY(mu_) = false;       // to be told to the handler
  bool writing_ GUARDED_BY(mu_) = false;  // one outstanding write
  bool closing_ GUARDED_BY(mu_) = false;
  bool writes_ended_ GUARDED_BY(mu_) = false;
  bool dead_ GUARDED_BY(mu_) = false;  // cancelled or broken: nothing more is written
  bool read_done_ GUARDED_BY(mu_) = false;
  bool finished_ GUARDED_BY(mu_) = false;  // Finish was called: the wire is left alone
  bool done_ GUARDED_BY(mu_) = false;
  bool draining_ GUARDED_BY(mu_) = false;  // posted or running
  bool paused_ GUARDED_BY(mu_) = false;    // reading stopped because in_ is full
};

}  // namespace tusk
