// Our stream to one NameNode: registration, heartbeats, replica events, full reports upwards;
// acknowledgements and commands downwards. Dialled again, with back-off, whenever it breaks.
//
//   dialling --Registration--> waiting --Accepted--> up: events at once, heartbeats, report chunks
//      ^                          \--Refused--> on_refused (permanent), or dialled again later
//      \------- broken: back-off 100 ms .. 1 s --------/
//
// Events are sent in order of their numbers and again after a break from the first one that was not
// taken. A full report stands at the number of the last event when its snapshot was taken: it
// begins when the events up to there have been sent, or takes their place after a registration.
//
// Threads: thread-safe. One thread at a time sends; nothing is sent under the lock.
// Life:    Start .. Stop; after Stop nothing of it runs.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/timer.h"
#include "common/grpc/stream.h"
#include "common/protocol/datanode_protocol.h"
#include "datanode/link/command_runner.h"
#include "datanode/link/event_log.h"

namespace tusk::datanode {

// Opens a stream to the NameNode; made of a GrpcChannel by the server.
using OpenLinkStream = std::function<GrpcStreamPtr(StreamHandler)>;

class NamenodeLink {
 public:
  struct Deps {
    OpenLinkStream open;
    EventLog* events = nullptr;
    ReplicaStore* store = nullptr;
    CommandRunner* commands = nullptr;
    Executor* executor = nullptr;
    Timer* timer = nullptr;
    // Everything but storages, which are asked for at each registration.
    std::function<DatanodeRegistration()> registration;
    std::function<Heartbeat()> heartbeat;  // may ask the disks: called on the executor
    std::function<void(const RegistrationAccepted&)> on_accepted;
    std::function<void(const std::string&)> on_refused;  // for good: the process should end
  };

  NamenodeLink(std::string name, Deps deps) : name_(std::move(name)), deps_(std::move(deps)) {}
  ~NamenodeLink() { Stop(); }

  void Start() EXCLUDES(mu_);
  void Stop() EXCLUDES(mu_);

  // Sent once the link is up.
  void Send(DatanodeMessage message) EXCLUDES(mu_);
  void SendFullReport();
  // There are new events.
  void Pump();
  bool registered() const EXCLUDES(mu_);

 private:
  enum class What : uint8_t { kNothing, kMessage, kBad, kEvents, kHeartbeat, kChunk };
  struct Next {
    What what = What::kNothing;
    GrpcStreamPtr stream;
    DatanodeMessage message;
    uint64_t after_event = 0;
  };

  void Dial() EXCLUDES(mu_);
  void OnMessage(const GrpcStreamPtr& stream, const std::string& bytes);
  void OnAccepted(const GrpcStreamPtr& stream, const RegistrationAccepted& accepted);
  void OnClosed(const GrpcStreamPtr& stream, const Status& status) EXCLUDES(mu_);
  void DialLater() EXCLUDES(mu_);
  // With `instead_of_events` those up to its number are not sent any more.
  void MakeFullReport(bool instead_of_events) EXCLUDES(mu_);
  void PumpAll() EXCLUDES(mu_);
  void PumpLater(bool retry) EXCLUDES(mu_);
  Next ChooseLocked() REQUIRES(mu_);
  // Gives the chosen item its content; false when there was nothing after all.
  bool Fill(Next* next);
  void NoteSent(const Next& next) EXCLUDES(mu_);

  const std::string name_;
  const Deps deps_;

  mutable Mutex mu_;
  bool stopped_ GUARDED_BY(mu_) = false;
  GrpcStreamPtr stream_ GUARDED_BY(mu_);
  bool dialing_ GUARDED_BY(mu_) = false;  // a stream is being opened: its end may come before it
  std::optional<Status> closed_early_ GUARDED_BY(mu_);
  bool registered_ GUARDED_BY(mu_) = false;
  Duration back_off_ GUARDED_BY(mu_) = std::chrono::milliseconds(100);
  bool pumping_ GUARDED_BY(mu_) = false;
  bool pump_again_ GUARDED_BY(mu_) = false;
  bool heartbeat_due_ GUARDED_BY(mu_) = false;
  bool unreachable_logged_ GUARDED_BY(mu_) = false;
  uint64_t sent_event_ GUARDED_BY(mu_) = 0;
  uint64_t next_report_ GUARDED_BY(mu_) = 1;
  std::deque<DatanodeMessage> messages_ GUARDED_BY(mu_);
  std::deque<BlockReportChunk> chunks_ GUARDED_BY(mu_);

  // Shared with streams that outlive this.
  const std::shared_ptr<WorkGuard> guard_ = std::make_shared<WorkGuard>();
  TimerHandle heartbeat_timer_ GUARDED_BY(mu_);
  TimerHandle dial_timer_ GUARDED_BY(mu_);
  TimerHandle retry_timer_ GUARDED_BY(mu_);
};

}  // namespace tusk::datanode
