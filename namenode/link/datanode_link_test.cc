// The link over real gRPC on loopback, with a DataNode played by the test.
#include "namenode/link/datanode_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/concurrent/bounded_queue.h"
#include "common/concurrent/notification.h"
#include "common/concurrent/thread_pool.h"
#include "common/grpc/channel.h"
#include "common/grpc/datanode_link_codec.h"
#include "common/testing/eventually.h"
#include "common/testing/status_matchers.h"

namespace tusk::namenode {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

class OpenGate final : public LogGate {
 public:
  void WhenSynced(std::function<void()> work) override { work(); }
};

// The DataNode's end of a stream.
class TestDatanode {
 public:
  TestDatanode(int port, const ClusterSecret& secret, Executor* executor)
      : channel_({.target = "127.0.0.1:" + std::to_string(port), .caller = "datanode"}, secret,
                 Clock::Real(), executor) {
    StreamHandler handler;
    handler.message = [this](const GrpcStreamPtr&, const std::string& bytes) {
      received_.Push(DecodeNamenodeMessage(bytes).value());
    };
    handler.closed = [this](const GrpcStreamPtr&, const Status&) { closed_.Notify(); };
    stream_ = channel_.OpenStream(kDatanodeLinkMethod, std::move(handler));
  }
  ~TestDatanode() {
    stream_->Cancel();
    closed_.Wait();
  }

  void Say(const DatanodeMessage& message) { stream_->Send(Encode(message).value()); }
  template <typename T>
  T Hear() {
    return std::get<T>(*received_.Pop());
  }
  bool WaitClosed() { return closed_.WaitFor(seconds(20)); }

 private:
  GrpcChannel channel_;
  GrpcStreamPtr stream_;
  BoundedQueue<NamenodeMessage> received_{100};
  Notification closed_;
};

class DatanodeLinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    link_.Attach(&blocks_, [this](const BlockEffects& effects) {
      MutexLock lock(mu_);
      effects_.insert(effects_.end(), effects.begin(), effects.end());
    });
    blocks_.Activate();
    GrpcServices services;
    link_.AddTo(&services);
    ASSERT_OK_AND_ASSIGN(server_, GrpcServer::Start({.host = "127.0.0.1"}, std::move(services),
                                                    secret_, Clock::Real(), &pool_));
  }
  void TearDown() override {
    server_->Stop(Duration(0));
    blocks_.Stop();
  }

  static DatanodeRegistration Registration() {
    DatanodeRegistration registration;
    registration.id = {"", "", "uuid-1", 9866, 9864, 9867};
    registration.incarnation = 7;
    registration.storages = {
        {.storage_uuid = "DS-1", .capacity_bytes = 1 << 30, .remaining_bytes = 1 << 30}};
    return registration;
  }
  static DatanodeLinkOptions Options() {
    DatanodeLinkOptions options;
    options.namespace_info = {
        .cluster_id = "CID-ours", .block_pool_id = "BP-ours", .namespace_id = 42};
    options.name_dir = "/data/name";
    options.epoch = 5;
    options.racks.Set("127.0.0.1", "/rack7");
    return options;
  }

  const ClusterSecret secret_ = ClusterSecret::FromBytes(std::string(32, 's')).value();
  ThreadPool pool_{"link_test", 2};
  RealTimer timer_;
  OpenGate gate_;
  DatanodeLink link_{Options()};
  DatanodeManager datanodes_{{}, Clock::Real(), Random(1)};
  BlockManager blocks_{
      {.block_pool_id = "BP-ours"}, &datanodes_, Clock::Real(), &timer_, &pool_, &link_, &gate_,
      [](const BlockEffects&) {}};
  Mutex mu_;
  BlockEffects effects_;
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(DatanodeLinkTest, AcceptsADatanodeAtItsOwnAddressAndRackAndTellsItTheNamespace) {
  TestDatanode datanode(server_->port(), secret_, &pool_);
  datanode.Say(Registration());
  const auto accepted = datanode.Hear<RegistrationAccepted>();
  EXPECT_EQ(accepted.namespace_info.cluster_id, "CID-ours");
  EXPECT_EQ(accepted.epoch, 5u);
  EXPECT_TRUE(accepted.need_full_report);
  const auto info = datanodes_.Find("uuid-1");
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->id.ip_addr, "127.0.0.1");
  EXPECT_EQ(info->network_location, "/rack7");
}

TEST_F(DatanodeLinkTest, RefusesADatanodeOfAnotherClusterNamingBothAndTheDirectory) {
  TestDatanode datanode(server_->port(), secret_, &pool_);
  DatanodeRegistration foreign = Registration();
  foreign.cluster_id = "CID-theirs";
  datanode.Say(foreign);
  const auto refused = datanode.Hear<RegistrationRefused>();
  EXPECT_TRUE(refused.permanent);
  EXPECT_THAT(refused.message,
              AllOf(HasSubstr("CID-theirs"), HasSubstr("CID-ours"), HasSubstr("/data/name")));
  EXPECT_TRUE(datanode.WaitClosed());
  EXPECT_FALSE(datanodes_.Find("uuid-1").has_value());
}

TEST_F(DatanodeLinkTest, AcknowledgesEventsAndCarriesCommandsWithTheEpoch) {
  TestDatanode datanode(server_->port(), secret_, &pool_);
  datanode.Say(Registration());
  datanode.Hear<RegistrationAccepted>();
  datanode.Say(ReplicaEvents{{{.number = 1,
                               .type = ReplicaEventType::kReceiving,
                               .block = {BlockId(1), GenerationStamp(1), 0},
                               .storage_uuid = "DS-1"}}});
  EXPECT_EQ(datanode.Hear<EventsTaken>().up_to, 1u);
  link_.Send("uuid-1", {.work = SendFullReport{}});
  const auto command = datanode.Hear<NamenodeCommand>();
  EXPECT_EQ(command.epoch, 5u);
  EXPECT_TRUE(std::holds_alternative<SendFullReport>(command.work));
}

TEST_F(DatanodeLinkTest, ABrokenStreamMakesTheNodeSuspectAtOnce) {
  {
    TestDatanode datanode(server_->port(), secret_, &pool_);
    datanode.Say(Registration());
    datanode.Hear<RegistrationAccepted>();
    EXPECT_EQ(datanodes_.Counts().stale, 0);
  }
  EXPECT_TRUE(Eventually(seconds(20), [&] { return datanodes_.Counts().stale == 1; }));
  EXPECT_EQ(datanodes_.Counts().live, 1);
}

TEST_F(DatanodeLinkTest, AStreamThatDoesNotBeginWithARegistrationIsEnded) {
  TestDatanode datanode(server_->port(), secret_, &pool_);
  datanode.Say(Heartbeat{});
  EXPECT_TRUE(datanode.WaitClosed());
}

}  // namespace
}  // namespace tusk::namenode
