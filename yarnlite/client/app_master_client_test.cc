#include "yarnlite/client/app_master_client.h"

#include <gtest/gtest.h>

#include <thread>

#include "common/base/clock.h"
#include "common/concurrent/notification.h"
#include "common/concurrent/thread_pool.h"
#include "common/rpc/server.h"
#include "common/security/group_mapping.h"
#include "common/testing/status_matchers.h"
#include "proto/hadoop/application_master.pb.h"
#include "yarnlite/wire/tokens.h"

namespace tusk::yarnlite {
namespace {

using namespace proto::yarn;  // NOLINT: only messages of this protocol

// A ResourceManager that never has news: it keeps every allocate until the test ends.
class AppMasterClientTest : public ::testing::Test {
 protected:
  using Allocate = AsyncCall<AllocateRequestProto, AllocateResponseProto>;

  void SetUp() override {
    RpcProtocol protocol("org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB");
    protocol.RegisterAsync<AllocateRequestProto, AllocateResponseProto>(
        "allocate", [this](Allocate call) {
          EXPECT_TRUE(call.call().TryHold());
          held_.push_back(call);
          arrived_.Notify();
        });
    server_.Add(std::move(protocol));
    ASSERT_OK(server_.Start());
    AppMasterOptions options;
    options.scheduler = "127.0.0.1:" + std::to_string(server_.port());
    options.amrm_token.kind = std::string(kAmRmTokenKind);
    options.amrm_token.identifier = "attempt";
    options.amrm_token.password = "password";
    ASSERT_OK_AND_ASSIGN(client_, AppMasterClient::Create(options));
  }
  void TearDown() override {
    client_.reset();
    server_.Stop();
  }

  std::vector<Allocate> held_;  // of the server's one I/O thread
  Notification arrived_;
  ThreadPool pool_{"test", 1};
  GroupMapping groups_{{}, &pool_, Clock::Real()};
  RpcServer server_{{.host = "127.0.0.1",
                     .io_threads = 1,
                     .token_verifier =
                         [](std::string_view identifier) {
                           return TokenIdentity{std::string(identifier), "password"};
                         }},
                    &groups_,
                    &pool_};
  std::unique_ptr<AppMasterClient> client_;
};

TEST_F(AppMasterClientTest, InterruptEndsAPollThatIsBeingHeld) {
  Status ended;
  std::thread poller([&] { ended = client_->Poll().status(); });
  arrived_.Wait();
  client_->Interrupt();
  poller.join();
  EXPECT_EQ(ended.code(), Code::kCancelled) << ended;
}

TEST_F(AppMasterClientTest, APollThatBeginsAfterAnInterruptAsksNobody) {
  client_->Interrupt();
  EXPECT_EQ(client_->Poll().status().code(), Code::kCancelled);
  EXPECT_FALSE(arrived_.notified());
}

}  // namespace
}  // namespace tusk::yarnlite
