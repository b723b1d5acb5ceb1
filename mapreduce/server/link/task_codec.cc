#include "mapreduce/server/link/task_codec.h"

#include <map>

#include "mapreduce/server/link/task_convert.h"

namespace tusk::mapreduce {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;
constexpr size_t kMaxMessage = size_t{1} << 30;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

Status BadMessage(const char* what) {
  return InvalidArgumentError(std::string("the bytes are no message of the task protocol: ") +
                              what);
}

StatusOr<ToDriver> FromProto(proto::ToDriverProto& in) {
  switch (in.kind_case()) {
    case proto::ToDriverProto::kHello:
      return ToDriver(HelloFrom(in.hello()));
    case proto::ToDriverProto::kOutcome: {
      ASSIGN_OR_RETURN(TaskOutcome outcome, OutcomeFrom(*in.mutable_outcome()));
      return ToDriver(std::move(outcome));
    }
    case proto::ToDriverProto::kCommitRequest:
      return ToDriver(CommitRequest{AttemptFrom(in.commit_request())});
    case proto::ToDriverProto::kBroadcastRequest:
      return ToDriver(BroadcastRequest{BroadcastId(in.broadcast_request())});
    case proto::ToDriverProto::kHeartbeat:
      return ToDriver(HeartbeatFrom(in.heartbeat()));
    case proto::ToDriverProto::KIND_NOT_SET:
      break;
  }
  return BadMessage("an unknown kind");
}

StatusOr<ToRunner> FromProto(proto::ToRunnerProto& in) {
  switch (in.kind_case()) {
    case proto::ToRunnerProto::kWelcome:
      return ToRunner(WelcomeFrom(in.welcome()));
    case proto::ToRunnerProto::kStage: {
      ASSIGN_OR_RETURN(StagePlan plan, StageFrom(in.stage()));
      return ToRunner(std::make_shared<const StagePlan>(std::move(plan)));
    }
    case proto::ToRunnerProto::kTask: {
      ASSIGN_OR_RETURN(TaskSpec spec, SpecFrom(*in.mutable_task()));
      return ToRunner(std::move(spec));
    }
    case proto::ToRunnerProto::kKill:
      return ToRunner(TaskKill{AttemptFrom(in.kill())});
    case proto::ToRunnerProto::kCommitAnswer:
      return ToRunner(
          CommitAnswer{AttemptFrom(in.commit_answer().id()), in.commit_answer().granted()});
    case proto::ToRunnerProto::kBroadcast: {
      BroadcastValue value{BroadcastId(in.broadcast().id()), in.broadcast().known(), nullptr};
      if (value.known) {
        value.bytes = std::make_shared<const std::string>(
            std::move(*in.mutable_broadcast()->mutable_bytes()));
      }
      return ToRunner(std::move(value));
    }
    case proto::ToRunnerProto::kDrop:
      return ToRunner(DropFrom(in.drop()));
    case proto::ToRunnerProto::kHeartbeatAnswer:
      return ToRunner(HeartbeatAnswer{});
    case proto::ToRunnerProto::kStop:
      return ToRunner(RunnerStop{});
    case proto::ToRunnerProto::KIND_NOT_SET:
      break;
  }
  return BadMessage("an unknown kind");
}

void AppendPieces(std::string_view message, std::vector<std::string>* frames) {
  while (!message.empty()) {
    proto::TaskFrame frame;
    const std::string_view piece = message.substr(0, kPieceBytes);
    message.remove_prefix(piece.size());
    frame.set_piece(piece.data(), piece.size());
    if (!message.empty()) frame.set_last(false);
    frames->push_back(frame.SerializeAsString());
  }
}

}  // namespace

std::string Encode(const ToDriver& message) {
  proto::ToDriverProto out;
  std::visit(
      Overloaded{
          [&](const RunnerHello& hello) { To(hello, out.mutable_hello()); },
          [&](const TaskOutcome& outcome) { To(outcome, out.mutable_outcome()); },
          [&](const CommitRequest& commit) { To(commit.id, out.mutable_commit_request()); },
          [&](const BroadcastRequest& wanted) { out.set_broadcast_request(wanted.id.value()); },
          [&](const RunnerHeartbeat& beat) { To(beat, out.mutable_heartbeat()); },
      },
      message);
  return out.SerializeAsString();
}

std::string Encode(const ToRunner& message) {
  proto::ToRunnerProto out;
  std::visit(
      Overloaded{
          [&](const RunnerWelcome& welcome) { To(welcome, out.mutable_welcome()); },
          [&](const std::shared_ptr<const StagePlan>& plan) { To(*plan, out.mutable_stage()); },
          [&](const TaskSpec& spec) { To(spec, out.mutable_task()); },
          [&](const TaskKill& kill) { To(kill.id, out.mutable_kill()); },
          [&](const CommitAnswer& answer) {
            To(answer.id, out.mutable_commit_answer()->mutable_id());
            out.mutable_commit_answer()->set_granted(answer.granted);
          },
          [&](const BroadcastValue& value) {
            out.mutable_broadcast()->set_id(value.id.value());
            out.mutable_broadcast()->set_known(value.known);
            if (value.bytes != nullptr) out.mutable_broadcast()->set_bytes(*value.bytes);
          },
          [&](const DropNews& news) { To(news, out.mutable_drop()); },
          [&](const HeartbeatAnswer&) { out.mutable_heartbeat_answer(); },
          [&](const RunnerStop&) { out.mutable_stop(); },
      },
      message);
  return out.SerializeAsString();
}

StatusOr<ToDriver> DecodeToDriver(std::string_view bytes) {
  proto::ToDriverProto in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return BadMessage("cut");
  return FromProto(in);
}

StatusOr<ToRunner> DecodeToRunner(std::string_view bytes) {
  proto::ToRunnerProto in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return BadMessage("cut");
  return FromProto(in);
}

std::vector<std::string> ToFrames(const std::vector<std::string>& messages) {
  std::vector<std::string> frames;
  proto::TaskFrame together;
  size_t together_bytes = 0;
  const auto flush = [&] {
    if (together.messages_size() == 0) return;
    frames.push_back(together.SerializeAsString());
    together.Clear();
    together_bytes = 0;
  };
  for (const std::string& message : messages) {
    if (together_bytes + message.size() > kPieceBytes) flush();
    if (message.size() <= kPieceBytes) {
      together.add_messages(message);
      together_bytes += message.size();
    } else {
      AppendPieces(message, &frames);
    }
  }
  flush();
  return frames;
}

StatusOr<std::vector<std::string>> FrameJoiner::Add(std::string_view bytes) {
  proto::TaskFrame frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return BadMessage("no frame");
  }
  std::vector<std::string> whole;
  if (frame.messages_size() > 0) {
    if (frame.has_piece() || !pieces_.empty()) return BadMessage("a message within another");
    for (std::string& message : *frame.mutable_messages()) whole.push_back(std::move(message));
    return whole;
  }
  if (pieces_.size() + frame.piece().size() > kMaxMessage) {
    return ResourceExhaustedError("a message of the task protocol above 1 GB");
  }
  pieces_ += frame.piece();
  if (frame.last()) whole.push_back(std::exchange(pieces_, {}));
  return whole;
}

}  // namespace tusk::mapreduce
