// A server on a free loopback port with one test protocol, for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/notification.h"
#include "common/concurrent/thread_pool.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"
#include "common/security/group_mapping.h"
#include "proto/hadoop/refresh.pb.h"

namespace tusk {

inline constexpr char kTestProtocol[] = "org.tusk.TestProtocol";

using TestRequest = proto::common::GetGroupsForUserRequestProto;    // user
using TestResponse = proto::common::GetGroupsForUserResponseProto;  // groups

// Methods: echo (the text back), who (user, groups, host, token), fail (an error named by the
// text), slow (on the executor), later (kept until ReleaseAll), hold (the same, held), big (as many
// bytes as the text says).
class RpcFixture : public ::testing::Test {
 protected:
  void StartServer(RpcServerOptions options = {}) {
    options.host = "127.0.0.1";
    if (options.io_threads == 0) options.io_threads = 2;
    server_ = std::make_unique<RpcServer>(std::move(options), &groups_, &executor_);
    server_->Add(MakeProtocol());
    const Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started.ToString();
    to_ = {"127.0.0.1", server_->port()};
  }

  void TearDown() override {
    ReleaseAll();
    if (server_ != nullptr) server_->Stop();
  }

  void ReleaseAll() {
    std::vector<AsyncCall<TestRequest, TestResponse>> kept;
    {
      MutexLock lock(mu_);
      kept.swap(kept_);
    }
    for (const auto& call : kept) {
      call.response()->add_groups(call.request().user());
      call.Finish(Status::Ok());
    }
  }
  size_t kept() {
    MutexLock lock(mu_);
    return kept_.size();
  }

  Status Call(RpcClient* client, const std::string& method, const std::string& text,
              std::vector<std::string>* answer = nullptr, const RpcIdentity& as = {.user = "bob"}) {
    TestRequest request;
    request.set_user(text);
    TestResponse response;
    RETURN_IF_ERROR(client->Call(to_, as, kTestProtocol, method, request, &response));
    if (answer != nullptr) answer->assign(response.groups().begin(), response.groups().end());
    return Status::Ok();
  }

  ThreadPool executor_{"rpc-test", 2};
  GroupMapping groups_{{}, &executor_, Clock::Real(), [](const std::string& user) {
                         return GroupMapping::Groups{user + "-group"};
                       }};
  Mutex mu_;
  std::vector<AsyncCall<TestRequest, TestResponse>> kept_ GUARDED_BY(mu_);
  std::unique_ptr<RpcServer> server_;
  HostPort to_;

 private:
  RpcProtocol MakeProtocol() {
    RpcProtocol protocol(kTestProtocol);
    protocol.Register<TestRequest, TestResponse>("echo", [](RpcCall&, const auto& in, auto* out) {
      out->add_groups(in.user());
      return Status::Ok();
    });
    protocol.Register<TestRequest, TestResponse>("who", [](RpcCall& call, const auto&, auto* out) {
      out->add_groups(call.user().name);
      out->add_groups(call.user().groups.empty() ? "" : call.user().groups.front());
      out->add_groups(call.peer().host);
      out->add_groups(call.peer().token_identifier);
      out->add_groups(std::to_string(call.retry_count()));
      return Status::Ok();
    });
    protocol.Register<TestRequest, TestResponse>("fail", [](RpcCall&, const auto& in, auto*) {
      if (in.user() == "standby") return UnavailableError("not active", Reason::kStandby);
      if (in.user() == "retriable") return UnavailableError("again", Reason::kRetriable);
      return NotFoundError("File does not exist: " + in.user(), Reason::kFileNotFound);
    });
    protocol.Register<TestRequest, TestResponse>(
        "slow",
        [](RpcCall&, const auto& in, auto* out) {
          out->add_groups(in.user());
          return Status::Ok();
        },
        RpcRun::kSlow);
    protocol.Register<TestRequest, TestResponse>("big", [](RpcCall&, const auto& in, auto* out) {
      out->add_groups(std::string(std::stoul(in.user()), 'x'));
      return Status::Ok();
    });
    protocol.RegisterAsync<TestRequest, TestResponse>(
        "later", [this](AsyncCall<TestRequest, TestResponse> call) {
          MutexLock lock(mu_);
          kept_.push_back(std::move(call));
        });
    protocol.RegisterAsync<TestRequest, TestResponse>(
        "hold", [this](AsyncCall<TestRequest, TestResponse> call) {
          if (!call.call().TryHold()) {
            call.Finish(ResourceExhaustedError("too many held"));
            return;
          }
          MutexLock lock(mu_);
          kept_.push_back(std::move(call));
        });
    protocol.RegisterAsync<TestRequest, TestResponse>("drop",
                                                      [](AsyncCall<TestRequest, TestResponse>) {});
    return protocol;
  }
};

}  // namespace tusk
