// What the daemons say to each other over their streams: DataNode and NameNode, NodeManager and
// ResourceManager; and YARN's messages from its clients. What was understood encodes to bytes that
// are understood as the same.
#include "common/base/check.h"
#include "common/grpc/datanode_link_codec.h"
#include "common/rpc/frame.h"
#include "proto/hadoop/yarn_protos.pb.h"
#include "proto/hadoop/yarn_reports.pb.h"
#include "tests/fuzz/fuzz_target.h"
#include "yarnlite/wire/convert_yarn.h"
#include "yarnlite/wire/node_link_codec.h"

namespace tusk::fuzz {
namespace {

namespace yarn = proto::yarn;

enum class Kind : uint8_t {
  kFromDatanode,
  kFromNamenode,
  kFromNode,             // NodeManager to ResourceManager
  kFromResourceManager,  // and back
  kSubmission,           // an application's submission
  kLaunch,               // a container's launch context
  kIds,                  // ids as messages and as text
  kCount,
};

std::string Bytes(StatusOr<std::string> encoded) {
  CHECK(encoded.ok());
  return std::move(encoded).value();
}

template <class Decode>
void Check(std::string_view bytes, Decode decode) {
  const auto message = decode(bytes);
  if (!message.ok()) return;
  using yarnlite::Encode;
  const std::string encoded = Bytes(Encode(*message));
  const auto again = decode(encoded);
  CHECK(again.ok());
  CHECK(Bytes(Encode(*again)) == encoded);
}

template <class Message>
void CheckYarn(std::string_view bytes) {
  Message message;
  if (!ParseMessage(bytes, &message)) return;
  const auto value = yarnlite::FromProto(message);
  if (!value.ok()) return;
  Message out;
  yarnlite::ToProto(*value, &out);
  CHECK(out.IsInitialized());
}

void CheckIds(const std::string& bytes) {
  CheckYarn<yarn::ApplicationIdProto>(bytes);
  CheckYarn<yarn::ApplicationAttemptIdProto>(bytes);
  CheckYarn<yarn::ContainerIdProto>(bytes);
  CheckYarn<yarn::NodeIdProto>(bytes);
  const auto application = yarnlite::ApplicationId::Parse(bytes);
  if (application.ok()) {
    CHECK(yarnlite::ApplicationId::Parse(application->ToString()).value() == *application);
  }
  const auto attempt = yarnlite::ApplicationAttemptId::Parse(bytes);
  if (attempt.ok()) {
    CHECK(yarnlite::ApplicationAttemptId::Parse(attempt->ToString()).value() == *attempt);
  }
  const auto container = yarnlite::ContainerId::Parse(bytes);
  if (container.ok()) {
    CHECK(yarnlite::ContainerId::Parse(container->ToString()).value() == *container);
  }
  IgnoreError(yarnlite::NodeId::Parse(bytes).status(), "or not");
}

}  // namespace

void RunTarget(const Input& input) {
  for (const Piece& piece : input) {
    switch (static_cast<Kind>(piece.tag % static_cast<uint8_t>(Kind::kCount))) {
      case Kind::kFromDatanode:
        Check(piece.bytes, &DecodeDatanodeMessage);
        break;
      case Kind::kFromNamenode:
        Check(piece.bytes, &DecodeNamenodeMessage);
        break;
      case Kind::kFromNode:
        Check(piece.bytes, &yarnlite::DecodeFromNode);
        break;
      case Kind::kFromResourceManager:
        Check(piece.bytes, &yarnlite::DecodeToNode);
        break;
      case Kind::kSubmission:
        CheckYarn<yarn::ApplicationSubmissionContextProto>(piece.bytes);
        break;
      case Kind::kLaunch:
        CheckYarn<yarn::ContainerLaunchContextProto>(piece.bytes);
        break;
      case Kind::kIds:
        CheckIds(piece.bytes);
        break;
      case Kind::kCount:
        break;
    }
  }
}

std::vector<Input> Seeds() {
  const auto piece = [](Kind kind, std::string bytes) {
    return Piece{static_cast<uint8_t>(kind), std::move(bytes)};
  };
  const auto up = [&](const DatanodeMessage& message) {
    return piece(Kind::kFromDatanode, Encode(message).value());
  };
  const auto down = [&](const NamenodeMessage& message) {
    return piece(Kind::kFromNamenode, Encode(message).value());
  };
  DatanodeRegistration registration;
  registration.id = {"127.0.10.1", "host", "uuid", 9866, 9864, 9867};
  registration.storages.push_back({});
  ReplicaEvent event;
  event.number = 1;
  event.block = {BlockId(1073741825), GenerationStamp(1001), 100};
  BlockReportChunk chunk{.report_id = 1, .first = true, .last = true};
  chunk.storage_uuid = "DS-1";
  chunk.replicas.push_back({event.block, ReplicaState::kFinalized});
  BlockSynchronization outcome;
  outcome.block = event.block;
  outcome.datanode_uuids = {"uuid"};
  outcome.storage_uuids = {"DS-1"};
  TransferBlock transfer;
  transfer.block = {"BP-1", event.block};
  transfer.targets.resize(1);
  transfer.target_storage_types.resize(1);
  transfer.target_storage_ids.resize(1);
  RecoverBlock recover;
  recover.block = {"BP-1", event.block};
  recover.locations.resize(1);
  recover.recovery_ports = {1};

  const yarnlite::ApplicationAttemptId attempt{{1700000000000, 3}, 1};
  yarnlite::ContainerStatus status;
  status.id = {attempt, 7};
  status.diagnostics = "why";
  yarnlite::NodeRegistration node;
  node.id = {"host", 1};
  node.containers.push_back(status);
  yarnlite::NodeMessage news;
  news.has_heartbeat = true;
  news.completed.push_back(status);
  yarnlite::NodeCommand command;
  command.launches.push_back({});
  command.launches.back().context.commands = {"true"};
  command.launches.back().context.environment["A"] = "b";
  command.launches.back().context.local_resources["link"] = {};
  command.kills.push_back({});
  command.kills.back().id = status.id;
  command.forget.push_back(status.id);
  command.ended_applications.push_back(attempt.application);
  yarn::ContainerLaunchContextProto launch;
  yarnlite::ToProto(command.launches.back().context, &launch);
  yarn::ApplicationSubmissionContextProto submission;
  yarnlite::ToProto(attempt.application, submission.mutable_application_id());
  submission.set_application_name("name");
  submission.set_queue("default");
  *submission.mutable_am_container_spec() = launch;
  yarn::ContainerIdProto container;
  yarnlite::ToProto(status.id, &container);
  return {
      {up(registration), up(ReplicaEvents{{event}}), up(chunk), up(Heartbeat{})},
      {up(BadReplica{event.block, "uuid", "DS-1"}), up(outcome), up(TransferFailed{})},
      {down(RegistrationAccepted{}), down(RegistrationRefused{}), down(EventsTaken{3})},
      {down(NamenodeCommand{1, transfer}), down(NamenodeCommand{1, recover}),
       down(NamenodeCommand{1, InvalidateBlocks{"BP-1", {event.block}}}),
       down(NamenodeCommand{1, SendFullReport{}})},
      {piece(Kind::kFromNode, yarnlite::Encode(yarnlite::FromNode(node))),
       piece(Kind::kFromNode, yarnlite::Encode(yarnlite::FromNode(news))),
       piece(Kind::kFromNode, yarnlite::Encode(yarnlite::FromNode(yarnlite::NodeLeaving{})))},
      {piece(Kind::kFromResourceManager,
             yarnlite::Encode(yarnlite::ToNode(yarnlite::NodeAccepted{}))),
       piece(Kind::kFromResourceManager, yarnlite::Encode(yarnlite::ToNode(command)))},
      {piece(Kind::kSubmission, submission.SerializePartialAsString()),
       piece(Kind::kLaunch, launch.SerializePartialAsString())},
      {piece(Kind::kIds, container.SerializePartialAsString()),
       piece(Kind::kIds, "application_1700000000000_0003"),
       piece(Kind::kIds, "appattempt_1700000000000_0003_000001"),
       piece(Kind::kIds, "container_1700000000000_0003_01_000007")},
  };
}

}  // namespace tusk::fuzz
