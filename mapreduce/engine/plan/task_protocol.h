// Driver and runner to one another. A stream per runner: hello first, then news both ways at once.
// The gRPC edge (mapreduce/server/link) carries these as proto/tusk/task.proto; in tests they are
// handed over directly.
//
//   runner -> driver   RunnerHello, TaskOutcome, CommitRequest, BroadcastRequest, RunnerHeartbeat
//   driver -> runner   RunnerWelcome | refused, StagePlan, TaskSpec, TaskKill, CommitAnswer,
//                      BroadcastValue, DropNews, RunnerStop
//
// A StagePlan comes before the first task of its stage on that runner. Messages keep their order.
// Liveness: a runner sends a heartbeat every second and the driver answers each; a runner that
// hears nothing for 10 s exits, a driver that hears nothing for 10 s, or sees the stream break,
// takes the runner as lost with all its tasks.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "mapreduce/engine/plan/code_registry.h"
#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/stage.h"
#include "mapreduce/engine/plan/task.h"

namespace tusk::mapreduce {

struct RunnerHello {
  std::string container;  // its container's id: who the driver asked for
  std::string host;       // its worker's address
  std::string rack = "/default-rack";
  int slots = 1;             // tasks at a time
  int64_t memory_bytes = 0;  // the ledger's budget
  std::vector<CodeModule> modules;
  int64_t pid = 0;
};

struct RunnerHeartbeat {
  int64_t memory_used_bytes = 0;  // resident anonymous memory
  int64_t memory_peak_bytes = 0;  // resident memory of all kinds, the most since the start
  int64_t memory_reserved_bytes = 0;
  std::vector<CachedChange> cached;
  struct Progress {
    TaskAttemptId id;
    double fraction = 0;
  };
  std::vector<Progress> running;
};

// The attempt has run to its end and asks to make its output visible.
struct CommitRequest {
  TaskAttemptId id;
};

struct BroadcastRequest {
  BroadcastId id;
};

using ToDriver =
    std::variant<RunnerHello, TaskOutcome, CommitRequest, BroadcastRequest, RunnerHeartbeat>;

// Empty refusal: welcome. Else the runner prints it and exits.
struct RunnerWelcome {
  RunnerId id;
  std::string refusal;
  std::map<std::string, std::string> options;  // the job's configuration, for TaskContext::Option
};

struct TaskKill {
  TaskAttemptId id;
};

struct CommitAnswer {
  TaskAttemptId id;
  bool granted = false;
};

struct BroadcastValue {
  BroadcastId id;
  bool known = false;
  std::shared_ptr<const std::string> bytes;
};

// What the runner may forget.
struct DropNews {
  std::vector<ShuffleId> shuffles;
  std::vector<LineageId> cached_nodes;
  std::vector<BroadcastId> broadcasts;
  std::vector<StageId> stages;
};

struct HeartbeatAnswer {};

// No more tasks: flush and exit.
struct RunnerStop {};

using ToRunner = std::variant<RunnerWelcome, std::shared_ptr<const StagePlan>, TaskSpec, TaskKill,
                              CommitAnswer, BroadcastValue, DropNews, HeartbeatAnswer, RunnerStop>;

// A way to send in order, without blocking. Messages after the peer is gone are dropped: the other
// side's loss is told by the transport.
// Threads: thread-safe.
template <class Message>
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void Send(Message message) = 0;
  // In order, and where the way has a price per parcel, as one.
  virtual void SendTogether(std::vector<Message> messages) {
    for (Message& message : messages) Send(std::move(message));
  }
};
using RunnerOutlet = Outlet<ToRunner>;  // what the driver holds per runner
using DriverOutlet = Outlet<ToDriver>;  // what a runner holds

}  // namespace tusk::mapreduce
