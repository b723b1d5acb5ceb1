#include "yarnlite/nodemanager/link/resource_manager_link.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "yarnlite/wire/node_link_codec.h"

namespace tusk::yarnlite {
namespace {

using std::chrono::milliseconds;

constexpr Duration kTick = milliseconds(20);
constexpr Duration kFirstBackOff = milliseconds(100);
constexpr Duration kLongestBackOff = milliseconds(1000);
constexpr Duration kGoodbye = milliseconds(500);

}  // namespace

ResourceManagerLink::ResourceManagerLink(const Options& options, ClusterSecret secret,
                                         const Clock* clock, Executor* executor, Timer* timer,
                                         NodeManager* core)
    : clock_(clock),
      timer_(timer),
      core_(core),
      channel_({.target = options.target,
                .local_address = options.local_address,
                .caller = options.caller},
               std::move(secret), clock, executor) {}

ResourceManagerLink::~ResourceManagerLink() {
  Stop();
}

void ResourceManagerLink::Start() {
  tick_ = timer_->Every(kTick, [this] { Tick(); });
}

void ResourceManagerLink::Stop() {
  tick_.Cancel();
  GrpcStreamPtr stream;
  {
    MutexLock lock(mu_);
    stopped_ = true;
    stream = stream_;
    if (stream == nullptr) return;
  }
  stream->Send(Encode(FromNode(NodeLeaving{})));
  stream->Close();
  {
    MutexLock lock(mu_);
    if (stream_ != nullptr) gone_.WaitFor(mu_, kGoodbye);
    if (stream_ == nullptr) return;
  }
  stream->Cancel();
  MutexLock lock(mu_);
  while (stream_ != nullptr) gone_.Wait(mu_);  // its handler refers to us
}

void ResourceManagerLink::Tick() {
  bool dial = false;
  bool beat = false;
  {
    MutexLock lock(mu_);
    if (stopped_) return;
    const TimePoint now = clock_->Now();
    dial = stream_ == nullptr && now >= next_dial_;
    beat = accepted_ && now >= next_heartbeat_;
    if (beat) next_heartbeat_ = now + heartbeat_interval_;
  }
  if (dial) Dial();
  if (!beat) return;
  NodeMessage message;
  message.has_heartbeat = true;
  message.heartbeat = core_->Heartbeat();
  Tell(message);
}

void ResourceManagerLink::Dial() {
  StreamHandler handler;
  handler.message = [this](const GrpcStreamPtr&, const std::string& bytes) { Heard(bytes); };
  handler.closed = [this](const GrpcStreamPtr&, const Status& why) { Closed(why); };
  // Under the lock, as nothing here waits: Closed must find the stream entered, and news follows
  // the registration on the stream, while what was before stands in it.
  MutexLock lock(mu_);
  stream_ = channel_.OpenStream(kNodeLinkMethod, std::move(handler));
  accepted_ = false;
  stream_->Send(Encode(FromNode(core_->Registration())));
}

void ResourceManagerLink::Heard(const std::string& bytes) {
  const auto decoded = DecodeToNode(bytes);
  if (!decoded.ok()) {
    LOG_WARN("message from the ResourceManager dropped error={}", decoded.status());
    return;
  }
  if (const auto* accepted = std::get_if<NodeAccepted>(&*decoded)) {
    core_->Accepted(*accepted);
    MutexLock lock(mu_);
    accepted_ = true;
    back_off_ = Duration(0);
    heartbeat_interval_ = std::max<Duration>(accepted->heartbeat_interval, milliseconds(10));
    next_heartbeat_ = clock_->Now();
    return;
  }
  core_->Obey(std::get<NodeCommand>(*decoded));
}

void ResourceManagerLink::Closed(const Status& why) {
  bool was_accepted = false;
  {
    MutexLock lock(mu_);
    was_accepted = std::exchange(accepted_, false);
    stream_ = nullptr;
    back_off_ = std::clamp(back_off_ * 2, kFirstBackOff, kLongestBackOff);
    next_dial_ = clock_->Now() + back_off_;
    gone_.NotifyAll();
    if (stopped_) return;
  }
  if (was_accepted || why.code() != Code::kUnavailable) {
    LOG_WARN("stream to the ResourceManager ended error={}", why);
  }
}

void ResourceManagerLink::Tell(const NodeMessage& message) {
  GrpcStreamPtr stream;
  {
    MutexLock lock(mu_);
    stream = stream_;
  }
  if (stream == nullptr) return;  // the next registration tells it
  if (stream->Send(Encode(FromNode(message))) == SendResult::kFull) stream->Cancel();
}

bool ResourceManagerLink::connected() const {
  MutexLock lock(mu_);
  return accepted_;
}

}  // namespace tusk::yarnlite
