// A ResourceManager core on a fake clock, with nodes that record what they are told. For tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/testing/fake_clock.h"
#include "common/testing/status_matchers.h"
#include "yarnlite/resourcemanager/resource_manager.h"
#include "yarnlite/scheduler/fifo.h"

namespace tusk::yarnlite {

class RecordingLink final : public NodeLink {
 public:
  void Send(NodeSession session, NodeCommand command) override {
    for (auto& launch : command.launches) sent[session].launches.push_back(launch);
    for (auto& kill : command.kills) sent[session].kills.push_back(kill);
    for (auto& id : command.forget) sent[session].forget.push_back(id);
    for (auto& id : command.ended_applications) sent[session].ended_applications.push_back(id);
  }
  std::map<NodeSession, NodeCommand> sent;
};

class ResourceManagerTest : public testing::Test {
 protected:
  static constexpr int64_t kStartMs = 1'700'000'000'000;

  ResourceManagerTest() {
    ResourceManagerOptions options;
    options.start_ms = kStartMs;
    options.superuser = "root";
    rm_ = std::make_unique<ResourceManager>(
        options, std::make_unique<FifoScheduler>(SchedulerOptions{}), &clock_, &link_);
  }

  static NodeId Node(int number) { return {"127.0.10." + std::to_string(number), 8041}; }
  NodeRegistration Registration(int number, int64_t incarnation = 1) const {
    NodeRegistration registration;
    registration.id = Node(number);
    registration.http_port = 8042;
    registration.capability = {4096, 4};
    registration.incarnation = incarnation;
    return registration;
  }
  // The session is the node's number unless given.
  void Register(const NodeRegistration& registration, NodeSession session) {
    std::optional<StatusOr<NodeAccepted>> answer;
    rm_->RegisterNode(registration, session, [&](auto a) { answer = std::move(a); });
    ASSERT_TRUE(answer.has_value());
    ASSERT_OK(*answer);
  }
  void AddNode(int number) { Register(Registration(number), static_cast<NodeSession>(number)); }

  ApplicationSubmission Submission(const std::string& type = "TUSK") {
    ApplicationSubmission submission;
    submission.id = rm_->NewApplication();
    submission.name = "test";
    submission.type = type;
    submission.master.commands = {"run-master"};
    submission.master_resource = {256, 1};
    return submission;
  }
  ApplicationId Submit(const std::string& type = "TUSK") {
    ApplicationSubmission submission = Submission(type);
    EXPECT_OK(rm_->Submit(alice_, submission));
    return submission.id;
  }
  static ApplicationAttemptId AttemptOf(const ApplicationId& id, int number = 1) {
    return {id, number};
  }
  // The submission's master runs on node 1 and has registered.
  ApplicationAttemptId RunMaster(const std::string& type = "TUSK") {
    const ApplicationAttemptId attempt = AttemptOf(Submit(type));
    Started(1, {attempt, 1});
    EXPECT_OK(rm_->RegisterMaster(attempt, {"127.0.10.1", 4711, ""}));
    return attempt;
  }
  void Started(int node, const ContainerId& id) {
    NodeMessage message;
    message.started.push_back({id, ContainerState::kRunning, 0, "", {}});
    rm_->NodeSays(Node(node), static_cast<NodeSession>(node), message);
  }
  void Completed(int node, const ContainerId& id, int exit_code) {
    NodeMessage message;
    message.completed.push_back({id, ContainerState::kComplete, exit_code, "it ended", {}});
    rm_->NodeSays(Node(node), static_cast<NodeSession>(node), message);
  }
  void Heartbeat(int node, const std::string& health = "") {
    NodeMessage message;
    message.has_heartbeat = true;
    message.heartbeat.health_report = health;
    rm_->NodeSays(Node(node), static_cast<NodeSession>(node), message);
  }
  ApplicationReport Report(const ApplicationId& id) {
    auto report = rm_->Report(alice_, id);
    EXPECT_OK(report);
    return report.ok() ? report->report : ApplicationReport{};
  }

  static ResourceRequest Ask(int containers, const std::string& name = "*") {
    return {.priority = 1, .name = name, .capability = {512, 1}, .containers = containers};
  }
  // Answers into `allocated_`; empty while the call is held.
  void Allocate(const ApplicationAttemptId& attempt, int32_t response_id,
                std::vector<ResourceRequest> asks = {}, bool may_hold = false) {
    AllocateRequest request;
    request.response_id = response_id;
    request.update.asks = std::move(asks);
    request.may_hold = may_hold;
    allocated_.reset();
    rm_->Allocate(attempt, request, [this](auto answer) { allocated_ = std::move(answer); });
  }

  const User alice_{.name = "alice"};
  FakeClock clock_;
  RecordingLink link_;
  std::unique_ptr<ResourceManager> rm_;
  std::optional<StatusOr<AllocateAnswer>> allocated_;
};

}  // namespace tusk::yarnlite
