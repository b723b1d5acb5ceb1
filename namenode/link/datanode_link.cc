#include "namenode/link/datanode_link.h"

#include <utility>
#include <variant>

#include "common/base/log.h"
#include "common/grpc/datanode_link_codec.h"

namespace tusk::namenode {
namespace {

// "ipv4:127.0.10.1:43210" -> "127.0.10.1".
std::string HostOfPeer(const std::string& peer) {
  const size_t scheme = peer.find(':');
  const size_t port = peer.rfind(':');
  if (scheme == std::string::npos || port <= scheme) return peer;
  std::string host = peer.substr(scheme + 1, port - scheme - 1);
  if (host.rfind("%5B", 0) == 0 && host.size() > 6) host = host.substr(3, host.size() - 6);
  return host;
}

void SendMessage(const GrpcStreamPtr& stream, const NamenodeMessage& message) {
  const StatusOr<std::string> bytes = Encode(message);
  if (!bytes.ok()) {
    LOG_ERROR("message to a datanode cannot be encoded: {}", bytes.status());
    return stream->Cancel();
  }
  if (stream->Send(*bytes) == SendResult::kFull) {
    LOG_WARN("a datanode does not read what is sent to it; its stream is ended");
    stream->Cancel();
  }
}

}  // namespace

DatanodeLink::DatanodeLink(DatanodeLinkOptions options) : options_(std::move(options)) {}

DatanodeLink::~DatanodeLink() = default;

void DatanodeLink::Attach(BlockManager* blocks, std::function<void(const BlockEffects&)> effects) {
  blocks_ = blocks;
  effects_ = std::move(effects);
}

void DatanodeLink::AddTo(GrpcServices* services) {
  services->AddStream(kDatanodeLinkMethod, [this](const GrpcCaller& caller) {
    auto session = std::make_shared<Session>();
    session->peer_host = HostOfPeer(caller.peer);
    StreamHandler handler;
    handler.message = [this, session](const GrpcStreamPtr& stream, const std::string& bytes) {
      Take(stream, session, bytes);
    };
    handler.closed = [this, session](const GrpcStreamPtr& stream, const Status&) {
      Closed(stream, *session);
    };
    return handler;
  });
}

void DatanodeLink::Send(const std::string& datanode_uuid, NamenodeCommand command) {
  command.epoch = options_.epoch;
  GrpcStreamPtr stream;
  {
    MutexLock lock(mu_);
    const auto it = streams_.find(datanode_uuid);
    if (it == streams_.end()) return;
    if (!it->second.answered) {
      it->second.waiting.push_back(std::move(command));
      return;
    }
    stream = it->second.stream;
  }
  SendMessage(stream, std::move(command));
}

size_t DatanodeLink::connected() const {
  MutexLock lock(mu_);
  return streams_.size();
}

void DatanodeLink::Take(const GrpcStreamPtr& stream, const std::shared_ptr<Session>& session,
                        const std::string& bytes) {
  StatusOr<DatanodeMessage> message = DecodeDatanodeMessage(bytes);
  if (!message.ok()) {
    LOG_WARN("bad message from a datanode peer={} {}", session->peer_host, message.status());
    return stream->Close(message.status());
  }
  auto* registration = std::get_if<DatanodeRegistration>(&*message);
  if (registration != nullptr && session->uuid.empty()) {
    return TakeRegistration(stream, session.get(), std::move(*registration));
  }
  if (registration != nullptr || session->uuid.empty()) {
    return stream->Close(FailedPreconditionError(
        "a stream begins with one registration, and has no other", Reason::kUnregisteredNode));
  }
  TakeReport(stream, *session, *message);
}

Status DatanodeLink::Check(const DatanodeRegistration& registration) const {
  const NamespaceInfo& ours = options_.namespace_info;
  const std::string who = registration.id.XferAddr();
  if (registration.id.uuid.empty() || registration.id.xfer_port == 0 ||
      registration.incarnation == 0) {
    return InvalidArgumentError("registration of " + who + " lacks uuid, port or incarnation");
  }
  if (!registration.cluster_id.empty() && registration.cluster_id != ours.cluster_id) {
    return FailedPreconditionError("Incompatible clusterIDs: DataNode " + who +
                                   " holds data of cluster " + registration.cluster_id +
                                   ", this NameNode (" + options_.name_dir + ") serves cluster " +
                                   ours.cluster_id);
  }
  const bool other_pool =
      !registration.block_pool_id.empty() && (registration.block_pool_id != ours.block_pool_id ||
                                              registration.namespace_id != ours.namespace_id);
  if (other_pool) {
    return FailedPreconditionError(
        "Incompatible block pools: DataNode " + who + " holds data of " +
        registration.block_pool_id + " (namespace " + std::to_string(registration.namespace_id) +
        "), this NameNode (" + options_.name_dir + ") serves " + ours.block_pool_id +
        " (namespace " + std::to_string(ours.namespace_id) +
        "): it was formatted again, or it is another cluster's");
  }
  const auto listed = [&](const std::set<std::string>& hosts) {
    return hosts.count(registration.id.ip_addr) != 0 || hosts.count(registration.id.host_name) != 0;
  };
  if (!options_.included.empty() && !listed(options_.included)) {
    return PermissionDeniedError(
        "Datanode denied communication with namenode because the host is "
        "not in the include-list: " +
            who,
        Reason::kDisallowedDatanode);
  }
  if (listed(options_.excluded)) {
    return PermissionDeniedError(
        "Datanode denied communication with namenode because the host is "
        "in the exclude-list: " +
            who,
        Reason::kDisallowedDatanode);
  }
  return Status::Ok();
}

void DatanodeLink::TakeRegistration(const GrpcStreamPtr& stream, Session* session,
                                    DatanodeRegistration registration) {
  DatanodeId& id = registration.id;
  if (id.ip_addr.empty() || id.ip_addr == "0.0.0.0") id.ip_addr = session->peer_host;
  if (id.host_name.empty()) id.host_name = id.ip_addr;
  if (const Status refused = Check(registration); !refused.ok()) {
    LOG_WARN("datanode refused: {}", refused);
    SendMessage(stream, RegistrationRefused{.message = refused.message(), .permanent = true});
    return stream->Close();
  }
  GrpcStreamPtr before;
  {
    MutexLock lock(mu_);
    before = std::exchange(streams_[id.uuid], Registered{.stream = stream}).stream;
  }
  if (before != nullptr)
    before->Cancel();  // it has come back before its old stream was seen broken
  session->uuid = id.uuid;
  session->incarnation = registration.incarnation;
  BlockEffects effects;
  const std::string rack = options_.racks.RackOf(id.host_name, id.ip_addr);
  RegistrationAccepted accepted = blocks_->Register(registration, rack, &effects);
  accepted.namespace_info = options_.namespace_info;
  accepted.epoch = options_.epoch;
  LOG_INFO("datanode registered address={} uuid={} rack={} full_report={} resumes_after={}",
           id.XferAddr(), id.uuid, rack, accepted.need_full_report, accepted.last_event_taken);
  Apply(effects);
  SendMessage(stream, std::move(accepted));
  SendWaiting(stream, id.uuid);
}

void DatanodeLink::SendWaiting(const GrpcStreamPtr& stream, const std::string& uuid) {
  for (;;) {
    std::vector<NamenodeCommand> commands;
    {
      MutexLock lock(mu_);
      const auto it = streams_.find(uuid);
      if (it == streams_.end() || it->second.stream != stream) return;
      commands = std::exchange(it->second.waiting, {});
      if (commands.empty()) {
        it->second.answered = true;
        return;
      }
    }
    for (NamenodeCommand& command : commands) SendMessage(stream, std::move(command));
  }
}

void DatanodeLink::TakeReport(const GrpcStreamPtr& stream, const Session& session,
                              const DatanodeMessage& message) {
  BlockEffects effects;
  const std::string& uuid = session.uuid;
  if (const auto* heartbeat = std::get_if<Heartbeat>(&message)) {
    blocks_->Receive(uuid, *heartbeat);
  } else if (const auto* events = std::get_if<ReplicaEvents>(&message)) {
    const uint64_t taken = blocks_->Receive(uuid, *events, &effects);
    Apply(effects);
    return SendMessage(stream, EventsTaken{taken});
  } else if (const auto* chunk = std::get_if<BlockReportChunk>(&message)) {
    blocks_->Receive(uuid, *chunk, &effects);
  } else if (const auto* bad = std::get_if<BadReplica>(&message)) {
    blocks_->Receive(uuid, *bad);
  } else if (const auto* outcome = std::get_if<BlockSynchronization>(&message)) {
    blocks_->Receive(uuid, *outcome, &effects);
  } else if (const auto* failed = std::get_if<TransferFailed>(&message)) {
    blocks_->Receive(uuid, *failed);
  }
  Apply(effects);
}

void DatanodeLink::Closed(const GrpcStreamPtr& stream, const Session& session) {
  if (session.uuid.empty()) return;
  {
    MutexLock lock(mu_);
    const auto it = streams_.find(session.uuid);
    if (it == streams_.end() || it->second.stream != stream)
      return;  // another stream took its place
    streams_.erase(it);
  }
  LOG_WARN("datanode disconnected uuid={} peer={}", session.uuid, session.peer_host);
  BlockEffects effects;
  blocks_->Disconnected(session.uuid, session.incarnation, &effects);
  Apply(effects);
}

void DatanodeLink::Apply(const BlockEffects& effects) {
  if (!effects.empty()) effects_(effects);
}

}  // namespace tusk::namenode
