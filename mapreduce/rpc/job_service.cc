#include "mapreduce/rpc/job_service.h"

#include "mapreduce/rpc/job_codec.h"
#include "proto/tusk/job.pb.h"

namespace tusk::mapreduce {
namespace {

constexpr int64_t kOutputPiece = 64 << 10;

}  // namespace

JobService::JobService(JobServiceOptions options, Driver* driver, Timer* timer,
                       std::function<void(const std::string&)> killed,
                       std::function<void()> acknowledged)
    : options_(std::move(options)),
      driver_(driver),
      killed_(std::move(killed)),
      acknowledged_(std::move(acknowledged)) {
  // Sweeps at the pace at which news are told; a lone call is answered at the next sweep.
  pace_ = timer->Every(options_.pace, [this] { Flush(/*all=*/false); });
}

JobService::~JobService() {
  pace_.Cancel();
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
  Held held{call, seen, output_from, Clock::Real()->Now()};
  if (!HasNews(held) && call->TryHold()) {
    MutexLock lock(mu_);
    if (!stopped_) {
      held_.push_back(std::move(held));
      return;
    }
  }
  Answer(held);
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
    const TimePoint now = Clock::Real()->Now();
    std::vector<Held> stay;
    for (Held& held : held_) {
      const bool answer = all || HasNews(held) || now - held.since >= options_.hold;
      (answer ? due : stay).push_back(std::move(held));
    }
    held_ = std::move(stay);
  }
  for (const Held& held : due) Answer(held);
}

void JobService::Stop() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
  }
  Flush(/*all=*/true);
}

}  // namespace tusk::mapreduce
