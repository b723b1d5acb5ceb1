// The NodeManager's core with the real launcher; time and work move when the test says so.
#include "yarnlite/nodemanager/node_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "common/testing/eventually.h"
#include "common/testing/fake_clock.h"
#include "common/testing/manual_executor.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "yarnlite/nodemanager/logs.h"

namespace tusk::yarnlite {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kResourceManager = 1'600'000'000'000;

class NoSource final : public ResourceSource {
 public:
  StatusOr<Info> Stat(const std::string& uri, const std::string&) override {
    return NotFoundError("File does not exist: " + uri);
  }
  Status Fetch(const std::string&, const std::string&, const std::string&) override {
    return InternalError("not reached");
  }
};

class RecordingReporter final : public NodeReporter {
 public:
  void Tell(const NodeMessage& message) override {
    for (const auto& status : message.started) started.push_back(status);
    for (const auto& status : message.completed) completed.push_back(status);
    if (!message.completed.empty() && on_completed) on_completed();
  }
  std::function<void()> on_completed;
  std::vector<ContainerStatus> started;
  std::vector<ContainerStatus> completed;
};

class NodeManagerTest : public testing::Test {
 protected:
  NodeManagerTest()
      : localizer_({dir_.File("local")}, 1 << 30, &clock_, &source_),
        files_(&clock_),
        node_(Options(), &clock_, &executor_, &localizer_, &files_) {
    container_secrets_.Roll();
    nm_secrets_.Roll();
  }
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // as daemons do: an order may meet a launcher that has ended
    auto runner = ContainerRunner::Create(
        TUSK_LAUNCHER, [this](const ContainerId& id, int code) { node_.Ended(id, code); });
    ASSERT_OK(runner);
    runner_ = *std::move(runner);
    node_.Attach(runner_.get(), &reporter_);
    Accept(kResourceManager);
  }
  void TearDown() override { runner_.reset(); }

  NodeManagerOptions Options() const {
    std::filesystem::create_directories(dir_.File("local"));
    NodeManagerOptions options;
    options.id = {"127.0.10.1", 8041};
    options.capability = {4096, 4};
    options.local_dirs = {dir_.File("local")};
    options.log_dirs = {dir_.File("logs")};
    options.inherited = {{"PATH", "/usr/bin:/bin"}};
    return options;
  }
  void Accept(int64_t resource_manager) {
    node_.Accepted(
        {resource_manager, *container_secrets_.Current(), *nm_secrets_.Current(), seconds(1)});
  }
  ContainerClaims Claims(int64_t number) const {
    ContainerClaims claims;
    claims.id = {attempt_, number};
    claims.node = Options().id;
    claims.user = "alice";
    claims.resource = {256, 1};
    claims.expires_ms = clock_.WallMillis() + 600'000;
    claims.resource_manager = kResourceManager;
    return claims;
  }
  Status Start(const ContainerClaims& claims, const std::string& command,
               std::map<std::string, std::string> service_data = {}) {
    ContainerLaunchContext context;
    context.commands = {command};
    context.service_data = std::move(service_data);
    ContainerId id;
    return node_.Start(attempt_, MakeContainerToken(container_secrets_, claims), context, &id);
  }
  // Runs posted work until so many containers have ended.
  bool Completed(size_t count) {
    return Eventually(seconds(20), [&] {
      executor_.RunAll();
      return reporter_.completed.size() >= count;
    });
  }

  const ApplicationAttemptId attempt_{{kResourceManager, 3}, 1};
  TempDir dir_;
  FakeClock clock_;
  ManualExecutor executor_;
  NoSource source_;
  RecordingReporter reporter_;
  Localizer localizer_;
  LocalFileService files_;
  NodeManager node_;
  std::unique_ptr<ContainerRunner> runner_;
  TokenSecrets container_secrets_;
  TokenSecrets nm_secrets_;
};

TEST_F(NodeManagerTest, RunsACommandAndTellsItsEnd) {
  ASSERT_OK(Start(Claims(2), "echo $CONTAINER_ID; echo oops >&2; exit 3"));
  ASSERT_TRUE(Completed(1));
  EXPECT_THAT(reporter_.started, SizeIs(1));
  EXPECT_EQ(reporter_.completed[0].exit_status, 3);
  EXPECT_THAT(reporter_.completed[0].diagnostics, HasSubstr("non-zero exit code 3"));
  EXPECT_THAT(reporter_.completed[0].diagnostics, HasSubstr("oops"));
  const auto logs = ListLogs({dir_.File("logs")}, attempt_.application);
  ASSERT_THAT(logs, SizeIs(2));
  EXPECT_EQ(logs[1].name, "stdout");
  EXPECT_EQ(TailOfFile(ContainerLogDirectory(dir_.File("logs"), Claims(2).id) + "/stdout", 100),
            Claims(2).id.ToString() + "\n");
  ASSERT_OK_AND_ASSIGN(const auto status, node_.GetStatus(attempt_, Claims(2).id));
  EXPECT_EQ(status.state, ContainerState::kComplete);
}

TEST_F(NodeManagerTest, RefusesWhatTheResourceManagerDidNotSign) {
  TokenSecrets strangers;
  strangers.Roll();
  ContainerId id;
  EXPECT_THAT(node_.Start(attempt_, MakeContainerToken(strangers, Claims(2)), {}, &id),
              HasReason(Reason::kInvalidToken));
  EXPECT_THAT(node_.Start(attempt_, {}, {}, &id), HasReason(Reason::kInvalidToken));
}

TEST_F(NodeManagerTest, RefusesExpiredForeignAndRepeatedTokens) {
  ContainerClaims claims = Claims(2);
  claims.expires_ms = clock_.WallMillis() - 1;
  EXPECT_THAT(Start(claims, "true"), MessageContains("This token is expired"));
  claims = Claims(2);
  claims.node.host = "127.0.10.2";
  EXPECT_THAT(Start(claims, "true"), MessageContains("is for node 127.0.10.2:8041"));
  claims = Claims(2);
  claims.resource_manager = 1;
  EXPECT_THAT(Start(claims, "true"), MessageContains("allocated by a previous RM"));
  claims = Claims(2);
  claims.id.attempt.application.id = 4;
  EXPECT_THAT(Start(claims, "true"), MessageContains("Unauthorized request"));
  claims = Claims(2);
  claims.user = "../root";
  EXPECT_THAT(Start(claims, "true"), MessageContains("not a user's name"));
  EXPECT_OK(Start(Claims(2), "true"));
  EXPECT_THAT(Start(Claims(2), "true"), MessageContains("relaunch the same container"));
}

TEST_F(NodeManagerTest, RefusesAnUnknownAuxiliaryService) {
  EXPECT_THAT(Start(Claims(2), "true", {{"mapreduce_shuffle", "x"}}),
              HasReason(Reason::kInvalidAuxService));
  EXPECT_OK(Start(Claims(2), "true", {{"tusk_files", "secret"}}));
}

TEST_F(NodeManagerTest, StopsWithSigtermAndThenSigkill) {
  ASSERT_OK(Start(Claims(2), "trap '' TERM; sleep 1000"));
  executor_.RunAll();
  ASSERT_THAT(reporter_.started, SizeIs(1));
  ASSERT_OK(node_.StopContainer(attempt_, Claims(2).id));
  clock_.Advance(milliseconds(250));
  node_.Tick();
  ASSERT_TRUE(Completed(1));
  EXPECT_EQ(reporter_.completed[0].exit_status, exit_status::kKilledByAppMaster);
  EXPECT_THAT(reporter_.completed[0].diagnostics, HasSubstr("killed by the ApplicationMaster"));
}

TEST_F(NodeManagerTest, AnotherApplicationMayNotTouchAContainer) {
  ASSERT_OK(Start(Claims(2), "sleep 1000"));
  ApplicationAttemptId other = attempt_;
  other.application.id = 9;
  EXPECT_THAT(node_.StopContainer(other, Claims(2).id), HasCode(Code::kPermissionDenied));
  EXPECT_THAT(node_.GetStatus(other, Claims(2).id), HasCode(Code::kPermissionDenied));
  EXPECT_THAT(node_.GetStatus(attempt_, Claims(3).id), HasCode(Code::kNotFound));
}

TEST_F(NodeManagerTest, AKillBeforeTheStartIsNotLost) {
  ASSERT_OK(Start(Claims(2), "sleep 1000"));
  node_.Obey({.kills = {{Claims(2).id, exit_status::kKilledByResourceManager, "enough"}}});
  ASSERT_TRUE(Completed(1));
  EXPECT_EQ(reporter_.completed[0].exit_status, exit_status::kKilledByResourceManager);
  EXPECT_THAT(reporter_.started, IsEmpty());
}

TEST_F(NodeManagerTest, ALocalResourceThatIsGoneFailsTheContainerWithItsName) {
  ContainerLaunchContext context;
  context.commands = {"true"};
  context.local_resources["job"] = {.uri = "hdfs://n/job", .size_bytes = 1, .timestamp_ms = 1};
  ContainerId id;
  ASSERT_OK(node_.Start(attempt_, MakeContainerToken(container_secrets_, Claims(2)), context, &id));
  ASSERT_TRUE(Completed(1));
  EXPECT_EQ(reporter_.completed[0].exit_status, exit_status::kInvalid);
  EXPECT_THAT(reporter_.completed[0].diagnostics, HasSubstr("hdfs://n/job"));
}

TEST_F(NodeManagerTest, TooMuchMemoryIsKilledWithHadoopsStatus) {
  ContainerClaims claims = Claims(2);
  claims.resource.memory_mb = 32;
  ASSERT_OK(Start(claims,
                  "exec python3 -c 'import time; x = bytearray(64 << 20); "
                  "time.sleep(1000)'"));
  ASSERT_TRUE(Eventually(seconds(20), [&] {
    executor_.RunAll();
    clock_.Advance(milliseconds(200));
    node_.Tick();
    return !reporter_.completed.empty();
  }));
  EXPECT_EQ(reporter_.completed[0].exit_status, exit_status::kKilledExceededPmem);
  EXPECT_THAT(reporter_.completed[0].diagnostics, HasSubstr("beyond the 'PHYSICAL' memory limit"));
}

TEST_F(NodeManagerTest, AnEndedApplicationLosesItsFilesButNotItsLogs) {
  ASSERT_OK(Start(Claims(2), "touch $LOCAL_DIRS/map_output; sleep 1000"));
  const std::string directory =
      ApplicationDirectory(dir_.File("local"), "alice", attempt_.application);
  ASSERT_TRUE(Eventually(seconds(20), [&] {
    executor_.RunAll();
    return std::filesystem::exists(directory + "/map_output");
  }));
  node_.Obey({.ended_applications = {attempt_.application}});
  ASSERT_TRUE(Completed(1));
  executor_.RunAll();
  EXPECT_FALSE(std::filesystem::exists(directory));
  EXPECT_THAT(ListLogs({dir_.File("logs")}, attempt_.application), SizeIs(2));
  EXPECT_THAT(node_.Registration().containers, IsEmpty());
}

TEST_F(NodeManagerTest, TheLastContainersFilesGoBeforeThoseOfItsApplication) {
  const std::string directory =
      ApplicationDirectory(dir_.File("local"), "alice", attempt_.application);
  bool there_meanwhile = false;
  reporter_.on_completed = [&] {
    // The container has ended and its directory is still there: another thread ends the
    // application.
    node_.Obey({.ended_applications = {attempt_.application}});
    executor_.RunAll();
    there_meanwhile = std::filesystem::exists(directory);
  };
  ASSERT_OK(Start(Claims(2), "touch file"));
  ASSERT_TRUE(Completed(1));
  executor_.RunAll();
  EXPECT_TRUE(there_meanwhile);
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST_F(NodeManagerTest, ContainersOfAnOldResourceManagerAreEndedAndNotTold) {
  ASSERT_OK(Start(Claims(2), "sleep 1000"));
  executor_.RunAll();
  EXPECT_THAT(node_.Registration().containers, SizeIs(1));
  Accept(kResourceManager + 1);
  ASSERT_TRUE(Eventually(seconds(20), [&] {
    executor_.RunAll();
    return node_.running() == 0;
  }));
  EXPECT_THAT(reporter_.completed, IsEmpty());
  EXPECT_THAT(node_.Registration().containers, IsEmpty());
  EXPECT_THAT(Start(Claims(3), "true"), MessageContains("allocated by a previous RM"));
}

TEST_F(NodeManagerTest, AnEndIsRepeatedUntilItWasTakenNoteOf) {
  ASSERT_OK(Start(Claims(2), "exit 1"));
  ASSERT_TRUE(Completed(1));
  ASSERT_THAT(node_.Registration().containers, SizeIs(1));
  EXPECT_EQ(node_.Registration().containers[0].exit_status, 1);
  node_.Obey({.forget = {Claims(2).id}});
  EXPECT_THAT(node_.Registration().containers, IsEmpty());
}

}  // namespace
}  // namespace tusk::yarnlite
