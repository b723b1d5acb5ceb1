#include "yarnlite/wire/node_link_codec.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace tusk::yarnlite {
namespace {

const ContainerId kContainer{{{1700000000000, 3}, 1}, 2};

TEST(NodeLinkCodecTest, ARegistrationComesBackWhole) {
  NodeRegistration registration;
  registration.id = {"127.0.10.1", 8041};
  registration.http_port = 8042;
  registration.capability = {4096, 4};
  registration.version = "0.1.0";
  registration.incarnation = -7;
  registration.resource_manager = 1700000000000;
  registration.containers.push_back({kContainer, ContainerState::kRunning, -1000, "", {512, 1}});
  ASSERT_OK_AND_ASSIGN(const FromNode decoded, DecodeFromNode(Encode(FromNode(registration))));
  const auto& back = std::get<NodeRegistration>(decoded);
  EXPECT_EQ(back.id, registration.id);
  EXPECT_EQ(back.http_port, 8042);
  EXPECT_EQ(back.capability, registration.capability);
  EXPECT_EQ(back.incarnation, -7);
  EXPECT_EQ(back.resource_manager, 1700000000000);
  EXPECT_EQ(back.containers, registration.containers);
}

TEST(NodeLinkCodecTest, NewsAndLeavingComeBackWhole) {
  NodeMessage message;
  message.has_heartbeat = true;
  message.heartbeat = {123, 4, "disk full"};
  message.started.push_back({kContainer, ContainerState::kRunning, -1000, "", {}});
  message.completed.push_back({kContainer, ContainerState::kComplete, -104, "too much", {}});
  ASSERT_OK_AND_ASSIGN(const FromNode decoded, DecodeFromNode(Encode(FromNode(message))));
  const auto& back = std::get<NodeMessage>(decoded);
  EXPECT_TRUE(back.has_heartbeat);
  EXPECT_EQ(back.heartbeat.health_report, "disk full");
  EXPECT_EQ(back.started, message.started);
  EXPECT_EQ(back.completed, message.completed);
  ASSERT_OK_AND_ASSIGN(const FromNode leaving, DecodeFromNode(Encode(FromNode(NodeLeaving{}))));
  EXPECT_TRUE(std::holds_alternative<NodeLeaving>(leaving));
}

TEST(NodeLinkCodecTest, AcceptanceAndCommandsComeBackWhole) {
  const NodeAccepted accepted{
      1700000000000, {1, "key one"}, {2, "key two"}, std::chrono::milliseconds(500)};
  ASSERT_OK_AND_ASSIGN(const ToNode first, DecodeToNode(Encode(ToNode(accepted))));
  EXPECT_EQ(std::get<NodeAccepted>(first).container_key, accepted.container_key);
  EXPECT_EQ(std::get<NodeAccepted>(first).nm_token_key, accepted.nm_token_key);
  EXPECT_EQ(std::get<NodeAccepted>(first).heartbeat_interval, accepted.heartbeat_interval);

  NodeCommand command;
  command.launches.push_back({{"i", "p", "ContainerToken", "s"}, {.commands = {"run"}}});
  command.kills.push_back({kContainer, -105, "enough"});
  command.forget = {kContainer};
  command.ended_applications = {kContainer.attempt.application};
  ASSERT_OK_AND_ASSIGN(const ToNode second, DecodeToNode(Encode(ToNode(command))));
  const auto& back = std::get<NodeCommand>(second);
  ASSERT_EQ(back.launches.size(), 1u);
  EXPECT_EQ(back.launches[0].container_token, command.launches[0].container_token);
  EXPECT_EQ(back.launches[0].context.commands, command.launches[0].context.commands);
  ASSERT_EQ(back.kills.size(), 1u);
  EXPECT_EQ(back.kills[0].exit_status, -105);
  EXPECT_EQ(back.forget, command.forget);
  EXPECT_EQ(back.ended_applications, command.ended_applications);
}

TEST(NodeLinkCodecTest, GarbageIsRefused) {
  EXPECT_THAT(DecodeFromNode("\xff\xff\xff"), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(DecodeFromNode(""), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(DecodeToNode("\x0a\x00"), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(DecodeToNode(""), HasCode(Code::kInvalidArgument));
}

}  // namespace
}  // namespace tusk::yarnlite
