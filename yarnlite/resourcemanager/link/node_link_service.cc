#include "yarnlite/resourcemanager/link/node_link_service.h"

#include <utility>

#include "common/base/log.h"
#include "yarnlite/wire/node_link_codec.h"

namespace tusk::yarnlite {

// One stream; touched in its own order only.
struct NodeLinkService::Session {
  NodeSession id = 0;
  std::string peer;
  NodeId node;
  bool registered = false;
  bool leaving = false;
};

void NodeLinkService::AddTo(GrpcServices* services) {
  services->AddStream(kNodeLinkMethod, [this](const GrpcCaller& caller) { return Accept(caller); });
}

StreamHandler NodeLinkService::Accept(const GrpcCaller& caller) {
  auto session = std::make_shared<Session>();
  session->peer = caller.peer;
  {
    MutexLock lock(mu_);
    session->id = ++last_session_;
  }
  StreamHandler handler;
  handler.message = [this, session](const GrpcStreamPtr& stream, const std::string& bytes) {
    Heard(session.get(), stream, bytes);
  };
  handler.closed = [this, session](const GrpcStreamPtr&, const Status&) { Closed(session.get()); };
  return handler;
}

void NodeLinkService::Heard(Session* session, const GrpcStreamPtr& stream,
                            const std::string& bytes) {
  const auto decoded = DecodeFromNode(bytes);
  if (!decoded.ok()) {
    LOG_WARN("node stream ended peer={} error={}", session->peer, decoded.status());
    stream->Close(decoded.status());
    return;
  }
  if (const auto* registration = std::get_if<NodeRegistration>(&*decoded)) {
    session->node = registration->id;
    session->registered = true;
    {
      MutexLock lock(mu_);
      streams_[session->id] = stream;
    }
    core_->RegisterNode(*registration, session->id, [stream](StatusOr<NodeAccepted> accepted) {
      if (!accepted.ok()) {
        stream->Close(accepted.status());
        return;
      }
      stream->Send(Encode(ToNode(*accepted)));
    });
    return;
  }
  const auto* message = std::get_if<NodeMessage>(&*decoded);
  if (message == nullptr) {
    session->leaving = true;
    stream->Close();
    return;
  }
  if (!session->registered || !core_->NodeSays(session->node, session->id, *message)) {
    stream->Close(FailedPreconditionError("this stream does not count, register again"));
  }
}

void NodeLinkService::Closed(Session* session) {
  {
    MutexLock lock(mu_);
    streams_.erase(session->id);
  }
  if (session->registered) core_->NodeGone(session->node, session->id, session->leaving);
}

void NodeLinkService::Send(NodeSession session, NodeCommand command) {
  GrpcStreamPtr stream;
  {
    MutexLock lock(mu_);
    const auto it = streams_.find(session);
    if (it == streams_.end()) return;
    stream = it->second;
  }
  if (stream->Send(Encode(ToNode(std::move(command)))) == SendResult::kFull) {
    LOG_WARN("node stream ended session={} reason=its queue is full", session);
    stream->Cancel();
  }
}

}  // namespace tusk::yarnlite
