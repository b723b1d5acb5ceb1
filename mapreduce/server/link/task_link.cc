#include "mapreduce/server/link/task_link.h"

#include "common/base/log.h"
#include "mapreduce/server/link/task_codec.h"

namespace tusk::mapreduce {
namespace {

constexpr char kMethod[] = "/tusk.Task/Connect";

// Broadcast values and results go through the queues whole.
constexpr StreamLimits kLimits{.max_messages = size_t{1} << 18, .max_bytes = size_t{2} << 30};

template <class Message>
void SendOn(const GrpcStreamPtr& stream, const std::vector<Message>& messages) {
  std::vector<std::string> encoded;
  for (const Message& message : messages) encoded.push_back(Encode(message));
  for (std::string& frame : ToFrames(encoded)) {
    const SendResult result = stream->Send(std::move(frame));
    if (result == SendResult::kOk) continue;
    if (result == SendResult::kFull) {
      LOG_WARN("a peer of the task protocol does not read: its stream is cut");
      stream->Cancel();
    }
    return;
  }
}

class StreamOutlet final : public RunnerOutlet {
 public:
  explicit StreamOutlet(GrpcStreamPtr stream) : stream_(std::move(stream)) {}
  void Send(ToRunner message) override { SendTogether({std::move(message)}); }
  void SendTogether(std::vector<ToRunner> messages) override {
    SendOn(stream_, messages);
    if (!messages.empty() && IsLast(messages.back())) stream_->Close();
  }

 private:
  static bool IsLast(const ToRunner& message) {
    const auto* welcome = std::get_if<RunnerWelcome>(&message);
    return std::holds_alternative<RunnerStop>(message) ||
           (welcome != nullptr && !welcome->refusal.empty());
  }

  const GrpcStreamPtr stream_;
};

// One runner's stream at the driver. Messages come one at a time.
class RunnerStream {
 public:
  RunnerStream(Driver* driver, std::string peer) : driver_(driver), peer_(std::move(peer)) {}

  void Take(const GrpcStreamPtr& stream, std::string_view frame) {
    const auto whole = joiner_.Add(frame);
    if (!whole.ok()) return Refuse(stream, whole.status());
    for (const std::string& bytes : *whole) {
      auto message = DecodeToDriver(bytes);
      if (!message.ok()) return Refuse(stream, message.status());
      if (!id_.has_value()) {
        if (!Admit(stream, *message)) return;
      } else {
        driver_->Receive(*id_, std::move(message).value());
      }
    }
  }

  void Closed() {
    if (id_.has_value()) driver_->Disconnected(*id_);
  }

 private:
  // Its first message; false when nothing more of it is heard.
  bool Admit(const GrpcStreamPtr& stream, const ToDriver& first) {
    const auto* hello = std::get_if<RunnerHello>(&first);
    if (hello == nullptr) {
      Refuse(stream, InvalidArgumentError("no hello at first"));
      return false;
    }
    auto id = driver_->Admit(*hello, std::make_shared<StreamOutlet>(stream));
    if (!id.ok()) {
      LOG_WARN("runner refused peer={}: {}", peer_, id.status());
      return false;
    }
    id_ = *id;
    return true;
  }

  void Refuse(const GrpcStreamPtr& stream, const Status& why) {
    LOG_WARN("a runner's stream is cut peer={}: {}", peer_, why);
    stream->Cancel();
  }

  Driver* const driver_;
  const std::string peer_;
  FrameJoiner joiner_;
  std::optional<RunnerId> id_;
};

}  // namespace

StatusOr<std::unique_ptr<GrpcServer>> StartTaskServer(const std::string& host, Driver* driver,
                                                      const std::string& secret, const Clock* clock,
                                                      Executor* executor) {
  ASSIGN_OR_RETURN(ClusterSecret shared, ClusterSecret::FromBytes(secret));
  GrpcServices services;
  services.AddStream(kMethod, [driver](const GrpcCaller& who) {
    auto runner = std::make_shared<RunnerStream>(driver, who.peer);
    StreamHandler handler;
    handler.message = [runner](const GrpcStreamPtr& stream, std::string frame) {
      runner->Take(stream, frame);
    };
    handler.closed = [runner](const GrpcStreamPtr&, const Status&) { runner->Closed(); };
    return handler;
  });
  GrpcServer::Options options;
  options.host = host;
  options.limits = kLimits;
  return GrpcServer::Start(options, std::move(services), std::move(shared), clock, executor);
}

StatusOr<std::unique_ptr<DriverLink>> DriverLink::Create(const Options& options, const Clock* clock,
                                                         Executor* executor) {
  ASSIGN_OR_RETURN(ClusterSecret secret, ClusterSecret::FromBytes(options.secret));
  GrpcChannel::Options channel;
  channel.target = options.driver;
  channel.local_address = options.local_address;
  channel.caller = options.caller;
  channel.limits = kLimits;
  return std::unique_ptr<DriverLink>(new DriverLink(
      std::make_unique<GrpcChannel>(std::move(channel), std::move(secret), clock, executor)));
}

DriverLink::DriverLink(std::unique_ptr<GrpcChannel> channel) : channel_(std::move(channel)) {}

DriverLink::~DriverLink() {
  if (const GrpcStreamPtr open = stream()) open->Cancel();
}

GrpcStreamPtr DriverLink::stream() const {
  MutexLock lock(mu_);
  return stream_;
}

void DriverLink::Open(const RunnerHello& hello, Deliver deliver, Closed closed) {
  auto joiner = std::make_shared<FrameJoiner>();
  StreamHandler handler;
  handler.message = [joiner, deliver = std::move(deliver)](const GrpcStreamPtr& stream,
                                                           std::string frame) {
    const auto whole = joiner->Add(frame);
    Status status = whole.status();
    for (size_t i = 0; status.ok() && i < whole->size(); ++i) {
      auto message = DecodeToRunner((*whole)[i]);
      status = message.status();
      if (message.ok()) deliver(std::move(message).value());
    }
    if (status.ok()) return;
    LOG_ERROR("the driver sent bytes that are no message: {}", status);
    stream->Cancel();
  };
  handler.closed = [closed = std::move(closed)](const GrpcStreamPtr&, const Status& status) {
    closed(status);
  };
  // Under the lock, as nothing here waits: the driver may answer the hello with a task whose
  // outcome is there before this thread goes on, and that outcome must find the stream entered,
  // while no heartbeat may go before the hello.
  MutexLock lock(mu_);
  stream_ = channel_->OpenStream(kMethod, std::move(handler));
  SendOn<ToDriver>(stream_, {hello});
}

void DriverLink::Send(ToDriver message) {
  if (const GrpcStreamPtr open = stream()) SendOn<ToDriver>(open, {std::move(message)});
}

void DriverLink::Close(Timer* timer, Duration limit) {
  if (const GrpcStreamPtr open = stream()) open->Close({}, timer, limit);
}

}  // namespace tusk::mapreduce
