#include "datanode/link/namenode_link.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/grpc/datanode_link_codec.h"

namespace tusk::datanode {
namespace {

constexpr Duration kFirstBackOff = std::chrono::milliseconds(100);
constexpr Duration kMaxBackOff = std::chrono::seconds(1);
constexpr Duration kFullRetry = std::chrono::milliseconds(20);  // the stream's queue is full
constexpr size_t kEventsPerMessage = 2000;

// A snapshot of the store as chunks that fit a message each.
std::deque<BlockReportChunk> MakeChunks(const ReplicaStore& store, uint64_t report_id,
                                        uint64_t at_event) {
  std::deque<BlockReportChunk> chunks;
  std::vector<std::string> storages;
  for (StorageReplicas& storage : store.Snapshot()) {
    storages.push_back(storage.storage_id);
    for (size_t at = 0; at == 0 || at < storage.replicas.size(); at += kReplicasPerChunk) {
      BlockReportChunk chunk;
      chunk.report_id = report_id;
      chunk.at_event = at_event;
      chunk.storage_uuid = storage.storage_id;
      const size_t end = std::min(storage.replicas.size(), at + kReplicasPerChunk);
      chunk.replicas.assign(storage.replicas.begin() + static_cast<long>(at),
                            storage.replicas.begin() + static_cast<long>(end));
      chunks.push_back(std::move(chunk));
    }
  }
  if (chunks.empty()) return chunks;
  chunks.front().first = true;
  chunks.back().last = true;
  chunks.back().all_storage_uuids = std::move(storages);
  return chunks;
}

}  // namespace

void NamenodeLink::Start() {
  deps_.events->SetOnNews([this] { Pump(); });
  deps_.executor->Post(guard_->Wrap([this] { Dial(); }));
}

void NamenodeLink::Stop() {
  deps_.events->SetOnNews(nullptr);
  GrpcStreamPtr stream;
  TimerHandle heartbeat;
  TimerHandle dial;
  TimerHandle retry;
  {
    MutexLock lock(mu_);
    if (stopped_) return;
    stopped_ = true;
    stream = std::move(stream_);
    heartbeat = std::move(heartbeat_timer_);
    dial = std::move(dial_timer_);
    retry = std::move(retry_timer_);
  }
  if (stream != nullptr) stream->Cancel();
  heartbeat.Cancel();
  dial.Cancel();
  retry.Cancel();
  guard_->Stop();
}

bool NamenodeLink::registered() const {
  MutexLock lock(mu_);
  return registered_;
}

// ---- connecting
// ----------------------------------------------------------------------------------

void NamenodeLink::Dial() {
  DatanodeRegistration registration = deps_.registration();
  registration.storages = deps_.store->StorageReports();
  const StatusOr<std::string> bytes = Encode(DatanodeMessage(std::move(registration)));
  if (!bytes.ok()) {
    deps_.on_refused("cannot register: " + bytes.status().message());
    return;
  }
  StreamHandler handler;
  handler.message = [this, guard = guard_](const GrpcStreamPtr& stream,
                                           const std::string& message) {
    guard->Wrap([&] { OnMessage(stream, message); })();
  };
  handler.closed = [this, guard = guard_](const GrpcStreamPtr& stream, const Status& status) {
    guard->Wrap([&] { OnClosed(stream, status); })();
  };
  {
    MutexLock lock(mu_);
    dialing_ = true;
  }
  const GrpcStreamPtr stream = deps_.open(std::move(handler));
  bool stopped = false;
  std::optional<Status> closed;
  {
    MutexLock lock(mu_);
    dialing_ = false;
    closed = std::exchange(closed_early_, std::nullopt);
    stopped = stopped_;
    if (!stopped) stream_ = stream;
  }
  if (closed.has_value()) return OnClosed(stream, *closed);
  if (stopped || stream->Send(*bytes) != SendResult::kOk) stream->Cancel();
}

void NamenodeLink::OnClosed(const GrpcStreamPtr& stream, const Status& status) {
  bool was_registered = false;
  bool log = false;
  {
    MutexLock lock(mu_);
    // A refused connection may end the stream before Dial knows it.
    if (dialing_ && stream_ == nullptr) closed_early_ = status;
    if (stopped_ || stream_ != stream) return;
    stream_.reset();
    was_registered = std::exchange(registered_, false);
    chunks_.clear();
    log = was_registered || !unreachable_logged_;
    unreachable_logged_ = true;
  }
  if (log) {
    LOG_WARN("{} namenode={} error={}",
             was_registered ? "namenode lost, dialled again" : "namenode not reached, tried again",
             name_, status);
  }
  DialLater();
}

void NamenodeLink::DialLater() {
  MutexLock lock(mu_);
  if (stopped_) return;
  const Duration wait = back_off_;
  back_off_ = std::min(back_off_ * 2, kMaxBackOff);
  TimerHandle old = std::move(dial_timer_);
  dial_timer_ =
      deps_.timer->After(wait, [this] { deps_.executor->Post(guard_->Wrap([this] { Dial(); })); });
  lock.Unlock();
}

// ---- what the NameNode says
// ----------------------------------------------------------------------

void NamenodeLink::OnMessage(const GrpcStreamPtr& stream, const std::string& bytes) {
  {
    MutexLock lock(mu_);
    if (stopped_ || stream_ != stream) return;
  }
  const StatusOr<NamenodeMessage> message = DecodeNamenodeMessage(bytes);
  if (!message.ok()) {
    LOG_WARN("message of the namenode not understood namenode={} error={}", name_,
             message.status());
    stream->Cancel();
    return;
  }
  if (const auto* accepted = std::get_if<RegistrationAccepted>(&*message)) {
    OnAccepted(stream, *accepted);
  } else if (const auto* refused = std::get_if<RegistrationRefused>(&*message)) {
    LOG_ERROR("registration refused namenode={} reason={}", name_, refused->message);
    if (refused->permanent) {
      deps_.on_refused("the NameNode " + name_ + " refuses this DataNode: " + refused->message);
    } else {
      stream->Cancel();
    }
  } else if (const auto* taken = std::get_if<EventsTaken>(&*message)) {
    deps_.events->Taken(taken->up_to);
  } else if (const auto* command = std::get_if<NamenodeCommand>(&*message)) {
    deps_.commands->Run(*command);
  }
}

void NamenodeLink::OnAccepted(const GrpcStreamPtr& stream, const RegistrationAccepted& accepted) {
  if (Status joined = deps_.store->Join(accepted.namespace_info); !joined.ok()) {
    deps_.on_refused(joined.message());
    return;
  }
  if (!deps_.commands->NoteEpoch(accepted.epoch)) {
    stream->Cancel();
    return;
  }
  deps_.on_accepted(accepted);
  deps_.events->Taken(accepted.last_event_taken);
  const bool full =
      accepted.need_full_report || !deps_.events->HasAllAfter(accepted.last_event_taken);
  LOG_INFO("registered namenode={} pool={} epoch={} full_report={}", name_,
           accepted.namespace_info.block_pool_id, accepted.epoch, full);
  const auto interval =
      std::chrono::milliseconds(std::max<int64_t>(accepted.heartbeat_interval_ms, 10));
  TimerHandle old;
  {
    MutexLock lock(mu_);
    if (stopped_ || stream_ != stream) return;
    registered_ = true;
    unreachable_logged_ = false;
    back_off_ = kFirstBackOff;
    sent_event_ = accepted.last_event_taken;
    heartbeat_due_ = true;
    old = std::move(heartbeat_timer_);
    heartbeat_timer_ = deps_.timer->Every(interval, [this] {
      {
        MutexLock lock2(mu_);
        heartbeat_due_ = true;
      }
      Pump();
    });
  }
  if (full) MakeFullReport(/*instead_of_events=*/true);
  Pump();
}

// ---- what we say
// ---------------------------------------------------------------------------------

void NamenodeLink::Send(DatanodeMessage message) {
  {
    MutexLock lock(mu_);
    messages_.push_back(std::move(message));
  }
  Pump();
}

void NamenodeLink::SendFullReport() {
  deps_.executor->Post(guard_->Wrap([this] {
    MakeFullReport(/*instead_of_events=*/false);
    Pump();
  }));
}

// The number first, then the snapshot: what happens in between is in both, which does no harm.
void NamenodeLink::MakeFullReport(bool instead_of_events) {
  const uint64_t at_event = deps_.events->last_number();
  uint64_t report_id = 0;
  {
    MutexLock lock(mu_);
    report_id = next_report_++;
  }
  std::deque<BlockReportChunk> chunks = MakeChunks(*deps_.store, report_id, at_event);
  MutexLock lock(mu_);
  chunks_ = std::move(chunks);
  if (instead_of_events) sent_event_ = std::max(sent_event_, at_event);
}

void NamenodeLink::Pump() {
  {
    MutexLock lock(mu_);
    if (stopped_) return;
    if (pumping_) {
      pump_again_ = true;
      return;
    }
    pumping_ = true;
  }
  deps_.executor->Post(guard_->Wrap([this] { PumpAll(); }));
}

void NamenodeLink::PumpAll() {
  for (;;) {
    Next next;
    {
      MutexLock lock(mu_);
      next = ChooseLocked();
      if (next.what == What::kNothing) {
        if (std::exchange(pump_again_, false)) continue;
        pumping_ = false;
        return;
      }
    }
    if (!Fill(&next)) continue;
    const StatusOr<std::string> bytes = Encode(next.message);
    if (!bytes.ok()) {
      LOG_ERROR("message to the namenode dropped namenode={} error={}", name_, bytes.status());
      NoteSent(next);
      continue;
    }
    const SendResult sent = next.stream->Send(*bytes);
    if (sent == SendResult::kOk) {
      NoteSent(next);
      continue;
    }
    PumpLater(sent == SendResult::kFull);
    return;
  }
}

void NamenodeLink::PumpLater(bool retry) {
  TimerHandle old;  // ended outside the lock, which its work takes
  MutexLock lock(mu_);
  pumping_ = false;
  pump_again_ = false;
  if (!retry || stopped_) return;
  old = std::move(retry_timer_);
  retry_timer_ = deps_.timer->After(kFullRetry, [this] { Pump(); });
}

// A report begins when the events up to its number have gone ahead of it; later events need not
// wait for its end.
NamenodeLink::Next NamenodeLink::ChooseLocked() {
  Next next;
  if (stopped_ || !registered_ || stream_ == nullptr) return next;
  next.stream = stream_;
  next.after_event = sent_event_;
  BadReplica bad;
  if (!messages_.empty()) {
    next.what = What::kMessage;
    next.message = messages_.front();
  } else if (deps_.events->NextBad(&bad)) {
    next.what = What::kBad;
    next.message = bad;
  } else if (!chunks_.empty() && chunks_.front().first && sent_event_ >= chunks_.front().at_event) {
    next.what = What::kChunk;
    next.message = chunks_.front();
  } else if (deps_.events->last_number() > sent_event_) {
    next.what = What::kEvents;
  } else if (heartbeat_due_) {
    next.what = What::kHeartbeat;
    heartbeat_due_ = false;
  } else if (!chunks_.empty()) {
    next.what = What::kChunk;
    next.message = chunks_.front();
  }
  return next;
}

bool NamenodeLink::Fill(Next* next) {
  if (next->what == What::kHeartbeat) next->message = deps_.heartbeat();
  if (next->what == What::kBad) {
    auto& bad = std::get<BadReplica>(next->message);
    if (bad.datanode_uuid.empty()) bad.datanode_uuid = deps_.store->identity().datanode_uuid;
  }
  if (next->what != What::kEvents) return true;
  ReplicaEvents events{deps_.events->After(next->after_event, kEventsPerMessage)};
  if (events.events.empty()) return false;
  next->message = std::move(events);
  return true;
}

void NamenodeLink::NoteSent(const Next& next) {
  if (next.what == What::kBad) deps_.events->PopBad();
  MutexLock lock(mu_);
  if (next.stream != stream_) return;
  if (next.what == What::kMessage && !messages_.empty()) messages_.pop_front();
  if (next.what == What::kChunk && !chunks_.empty()) chunks_.pop_front();
  if (next.what == What::kEvents) {
    sent_event_ = std::get<ReplicaEvents>(next.message).events.back().number;
  }
}

}  // namespace tusk::datanode
