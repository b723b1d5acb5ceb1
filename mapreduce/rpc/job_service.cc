#include "mapreduce/rpc/job_service.h"

#include "mapreduce/rpc/job_codec.h"
#include "proto/tusk/job.pb.h"

namespace tusk::mapreduce {
namespace {

constexpr int64_t kOutputPiece = 64 << 10;

}  // namespace

JobService::JobService(JobServiceOptions options, Driver* driver, const Clock* clock, Timer* timer,
                       Executor* executor, std::function<void(const std::string&)> killed,
                       std::function<void()> acknowledged)
    : options_(std::move(options)),
      driver_(driver),
      clock_(clock),
      executor_(executor),
      killed_(std::move(killed)),
      acknowledged_(std::move(acknowledged)) {
  driver_->log().SetListener([this] { News(); });
  // Tells what came too soon after other news, and answers calls that were held long enough.
  pace_ = timer->Every(options_.pace, [this] { Flush(/*all=*/false); });
}

JobService::~JobService() {
  driver_->log().SetListener(nullptr);
  pace_.Cancel();
  guard_.Stop();
  Stop();
}

RpcProtocol JobService::Protocol() {
  RpcProtocol protocol(kJobProtocolName);
  protocol.RegisterAsync<proto::FollowRequestProto, proto::FollowResponseProto>(
      "follow", [this](AsyncCall<proto::FollowRequestProto, proto::FollowResponseProto> call) {
        Follow(call.shared(), call.request().seen(), call.request().output_from());
      });
  protocol.Register<proto::KillRequestProto, proto::KillResponseProto>(
      "kill", [this](RpcCall& call, const proto::KillRequestProto& in, proto::KillResponseProto*) {
        const std::string& user = call.user().name;
        if (user != options_.owner && user != options_.superuser) {
          return PermissionDeniedError("User " + user + " cannot kill the job of " + options_.owner,
                                       Reason::kAccessControl);
        }
        killed_(in.reason().empty() ? "killed by " + user : in.reason());
        return Status::Ok();
      });
  protocol.Register<proto::AcknowledgeRequestProto, proto::AcknowledgeResponseProto>(
      "acknowledge",
      [this](RpcCall&, const proto::AcknowledgeRequestProto&, proto::AcknowledgeResponseProto*) {
        acknowledged_();
        return Status::Ok();
      });
  return protocol;
}

bool JobService::HasNews(const Held& held) const {
  return driver_->log().version() != held.seen;
}

void JobService::Follow(const std::shared_ptr<RpcCall>& call, int64_t seen, int64_t output_from) {
  followed_.store(true);
  Held held{call, seen, output_from, clock_->Now()};
  if (!HasNews(held) && call->TryHold()) {
    MutexLock lock(mu_);
    // Looked at again: news between the two looks found nobody to tell.
    if (!hold_no_more_ && !HasNews(held)) {
      held_.push_back(std::move(held));
      return;
    }
  }
  Answer(held);
}

void JobService::News() {
  {
    MutexLock lock(mu_);
    if (held_.empty() || flush_posted_) return;
    if (clock_->Now() - last_told_ < options_.pace) return;  // the next sweep tells it
    flush_posted_ = true;
  }
  executor_->Post(guard_.Wrap([this] { Flush(/*all=*/false); }));
}

void JobService::Answer(const Held& held) const {
  ProgramNews news;
  news.version = driver_->log().version();  // before the rest: what changes meanwhile is told next
  news.status = driver_->Snapshot();
  news.output_from = held.output_from;
  news.output = driver_->log().Output(&news.output_from, kOutputPiece);
  ToProto(news, static_cast<proto::FollowResponseProto*>(held.call->response()));
  held.call->Finish(Status::Ok());
}

void JobService::Flush(bool all) {
  std::vector<Held> due;
  {
    MutexLock lock(mu_);
    flush_posted_ = false;
    const TimePoint now = clock_->Now();
    std::vector<Held> stay;
    for (Held& held : held_) {
      const bool news = HasNews(held);
      if (news) last_told_ = now;
      const bool answer = all || news || now - held.since >= options_.hold;
      (answer ? due : stay).push_back(std::move(held));
    }
    held_ = std::move(stay);
  }
  for (const Held& held : due) Answer(held);
}

void JobService::ProgramOver() {
  {
    MutexLock lock(mu_);
    hold_no_more_ = true;
  }
  Flush(/*all=*/true);
}

void JobService::Stop() {
  ProgramOver();
}

}  // namespace tusk::mapreduce
