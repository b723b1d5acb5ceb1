#include "common/grpc/stream.h"

#include <utility>

#include "common/grpc/status_bridge.h"

namespace tusk {
namespace {

// A busy stream gives its thread up after so many messages.
constexpr int kMessagesPerTurn = 64;

}  // namespace

GrpcStream::GrpcStream(Options options, StreamHandler handler, Executor* executor)
    : options_(options), executor_(executor), handler_(std::move(handler)) {}

GrpcStream::~GrpcStream() = default;

void GrpcStream::Begin(std::unique_ptr<Wire> wire) {
  {
    MutexLock lock(mu_);
    wire_ = std::move(wire);
    self_ = shared_from_this();
    ++calls_into_wire_;
  }
  wire_->Begin(this);
  bool cancel = false;
  {
    MutexLock lock(mu_);
    begun_ = true;
    cancel = dead_;
  }
  if (cancel) wire_->Cancel();
  EndWireCall();
}

SendResult GrpcStream::Send(std::string message) {
  Action action;
  {
    MutexLock lock(mu_);
    if (closing_ || dead_ || finished_ || done_ || (read_done_ && options_.side == Side::kClient)) {
      return SendResult::kClosed;
    }
    if (!out_.empty() && (out_.size() >= options_.limits.max_messages ||
                          out_bytes_ + message.size() > options_.limits.max_bytes)) {
      return SendResult::kFull;
    }
    out_bytes_ += message.size();
    out_.push_back(std::move(message));
    action = NextLocked();
  }
  Do(action);
  return SendResult::kOk;
}

void GrpcStream::Close(const Status& status, Timer* timer, Duration limit) {
  TimerHandle handle;
  if (timer != nullptr) {
    // The cancel runs on the executor: the last reference must not die on the timer's thread.
    handle = timer->After(limit, [weak = weak_from_this(), executor = executor_] {
      executor->Post([weak] {
        if (const GrpcStreamPtr self = weak.lock()) self->Cancel();
      });
    });
  }
  Action action;
  {
    MutexLock lock(mu_);
    if (closing_ || done_) return;
    closing_ = true;
    close_status_ = status;
    close_limit_ = std::move(handle);
    action = NextLocked();
  }
  Do(action);
}

void GrpcStream::Cancel() {
  {
    MutexLock lock(mu_);
    if (finished_ || done_) return;
    dead_ = true;
    if (!begun_) return;
    ++calls_into_wire_;
  }
  wire_->Cancel();
  EndWireCall();
}

size_t GrpcStream::queued_messages() const {
  MutexLock lock(mu_);
  return out_.size();
}

size_t GrpcStream::queued_bytes() const {
  MutexLock lock(mu_);
  return out_bytes_;
}

void GrpcStream::OnUp() {
  GrpcStreamPtr self;
  bool post = false;
  {
    MutexLock lock(mu_);
    self = self_;
    up_ = true;
    post = !std::exchange(draining_, true);
  }
  if (post) PostDrain(std::move(self));
}

// Copies into a local, queues, re-arms; the handler runs later, on the executor. Takes mu_ before
// it touches the message: the only order ThreadSanitizer can see.
void GrpcStream::OnReadDone(bool ok) {
  GrpcStreamPtr self;
  {
    MutexLock lock(mu_);
    self = self_;
  }
  std::string message;
  if (ok) {
    message.resize(wire_->ReadSize());
    wire_->CopyRead(message.data());
  }
  Action action;
  bool read_more = false, post = false;
  {
    MutexLock lock(mu_);
    if (ok) {
      in_bytes_ += message.size();
      in_.push_back(std::move(message));
      post = !std::exchange(draining_, true);
      read_more = !finished_ && !ReadFullLocked();
      paused_ = !read_more;
      if (read_more) ++calls_into_wire_;
    } else {
      read_done_ = true;
      action = NextLocked();
    }
  }
  if (read_more) {
    wire_->StartRead();
    EndWireCall();
  }
  Do(action);
  if (post) PostDrain(std::move(self));
}

void GrpcStream::OnWriteDone(bool ok) {
  GrpcStreamPtr self;
  Action action;
  {
    MutexLock lock(mu_);
    self = self_;
    writing_ = false;
    if (!ok) dead_ = true;
    action = NextLocked();
  }
  Do(action);
}

void GrpcStream::OnCancel() {
  GrpcStreamPtr self;
  Action action;
  {
    MutexLock lock(mu_);
    self = self_;
    dead_ = true;
    action = NextLocked();
  }
  Do(action);
}

void GrpcStream::OnDone(const WireStatus& status) {
  GrpcStreamPtr self;
  bool post = false;
  {
    MutexLock lock(mu_);
    self = std::move(self_);
    finished_ = done_ = true;
    if (options_.side == Side::kClient) {
      end_status_ = FromWire(status);
    } else if (dead_) {
      end_status_ = CancelledError("the stream broke");
    }
    out_.clear();
    out_bytes_ = 0;
    post = !std::exchange(draining_, true);
  }
  // Either way this reference ends on the executor, never on gRPC's thread.
  if (post) {
    PostDrain(std::move(self));
  } else {
    executor_->Post([self = std::move(self)] {});
  }
}

bool GrpcStream::ReadFullLocked() const {
  return in_.size() >= options_.limits.max_messages || in_bytes_ >= options_.limits.max_bytes;
}

bool GrpcStream::OverLocked() const {
  if (options_.side == Side::kClient) return read_done_;
  if (dead_) return true;
  if (closing_) return true;
  return read_done_ && !options_.keep_until_closed && !draining_;
}

GrpcStream::Action GrpcStream::NextLocked() {
  Action action;
  if (!begun_ || finished_ || writing_) return action;
  const bool stop_writing = dead_ || (read_done_ && options_.side == Side::kClient);
  if (stop_writing) {
    out_.clear();
    out_bytes_ = 0;
  } else if (!out_.empty()) {
    action.kind = Action::Kind::kWrite;
    action.message = std::move(out_.front());
    out_.pop_front();
    out_bytes_ -= action.message.size();
    writing_ = true;
    ++calls_into_wire_;
    return action;
  } else if (options_.side == Side::kClient && closing_ && !writes_ended_) {
    action.kind = Action::Kind::kEndWrites;
    writes_ended_ = writing_ = true;
    ++calls_into_wire_;
    return action;
  }
  if (!OverLocked() || calls_into_wire_ > 0) return action;
  finished_ = true;
  action.kind = Action::Kind::kFinish;
  action.status = dead_ ? CancelledError("cancelled") : close_status_;
  return action;
}

void GrpcStream::Do(const Action& action) {
  switch (action.kind) {
    case Action::Kind::kNone:
      return;
    case Action::Kind::kWrite:
      wire_->StartWrite({action.message.data(), action.message.size()});
      return EndWireCall();
    case Action::Kind::kEndWrites:
      wire_->EndWrites();
      return EndWireCall();
    case Action::Kind::kFinish:
      return wire_->Finish(ToWire(action.status));
  }
}

void GrpcStream::EndWireCall() {
  Action action;
  {
    MutexLock lock(mu_);
    --calls_into_wire_;
    action = NextLocked();
  }
  Do(action);
}

void GrpcStream::PostDrain(GrpcStreamPtr self) {
  executor_->Post([self = std::move(self)] { self->Drain(self); });
}

void GrpcStream::Drain(const GrpcStreamPtr& self) {
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    if (!DrainOne(self)) return;
  }
  PostDrain(self);
}

// One thing for the handler. False when there is nothing more to drain for now.
bool GrpcStream::DrainOne(const GrpcStreamPtr& self) {
  enum class Work : uint8_t { kUp, kMessage, kClosed, kNothing } work = Work::kNothing;
  std::string message;
  Action action;
  Status end;
  bool read_more = false;
  {
    MutexLock lock(mu_);
    if (std::exchange(up_, false)) {
      work = Work::kUp;
    } else if (!in_.empty()) {
      work = Work::kMessage;
      message = std::move(in_.front());
      in_.pop_front();
      in_bytes_ -= message.size();
      if (paused_ && !finished_ && in_.size() <= options_.limits.max_messages / 2 &&
          in_bytes_ <= options_.limits.max_bytes / 2) {
        paused_ = false;
        read_more = true;
        ++calls_into_wire_;
      }
    } else if (done_) {
      work = Work::kClosed;  // draining_ stays set: nothing comes after
      end = end_status_;
    } else {
      draining_ = false;
      action = NextLocked();
    }
  }
  if (read_more) {
    wire_->StartRead();
    EndWireCall();
  }
  switch (work) {
    case Work::kUp:
      if (handler_.up) handler_.up(self);
      return true;
    case Work::kMessage:
      handler_.message(self, std::move(message));
      return true;
    case Work::kClosed: {
      const StreamHandler handler = std::exchange(handler_, {});  // frees what it holds
      if (handler.closed) handler.closed(self, end);
      return false;
    }
    case Work::kNothing:
      Do(action);
      return false;
  }
  return false;
}

}  // namespace tusk
