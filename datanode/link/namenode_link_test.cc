// The link over real gRPC on loopback, with a NameNode played by the test.
#include "datanode/link/namenode_link.h"

#include "common/concurrent/bounded_queue.h"
#include "common/concurrent/thread_pool.h"
#include "common/grpc/channel.h"
#include "common/grpc/datanode_link_codec.h"
#include "common/grpc/server.h"
#include "common/testing/eventually.h"
#include "datanode/storage/store_fixture.h"

namespace tusk::datanode {
namespace {

using namespace std::chrono_literals;

// Hears what one DataNode says and answers as the test wants.
class TestNamenode {
 public:
  TestNamenode(const ClusterSecret& secret, Executor* executor) {
    GrpcServices services;
    services.AddStream(kDatanodeLinkMethod, [this](const GrpcCaller&) {
      StreamHandler handler;
      handler.message = [this](const GrpcStreamPtr& stream, const std::string& bytes) {
        {
          MutexLock lock(mu_);
          stream_ = stream;
        }
        heard_.Push(DecodeDatanodeMessage(bytes).value());
      };
      handler.closed = [](const GrpcStreamPtr&, const Status&) {};
      return handler;
    });
    server_ = GrpcServer::Start({.host = "127.0.0.1"}, std::move(services), secret, Clock::Real(),
                                executor)
                  .value();
  }
  ~TestNamenode() {
    heard_.Close();
    server_->Stop(Duration(0));
  }

  int port() const { return server_->port(); }
  // The next message of that kind; others on the way are dropped.
  template <typename T>
  T Hear() {
    for (;;) {
      const std::optional<DatanodeMessage> message = heard_.Pop();
      if (!message) return T{};
      if (const T* wanted = std::get_if<T>(&*message)) return *wanted;
    }
  }
  void Say(const NamenodeMessage& message) { stream()->Send(Encode(message).value()); }
  void Accept(uint64_t last_taken, bool full, uint64_t epoch = 5) {
    RegistrationAccepted accepted;
    accepted.namespace_info = TestNamespace();
    accepted.epoch = epoch;
    accepted.last_event_taken = last_taken;
    accepted.need_full_report = full;
    accepted.heartbeat_interval_ms = 20;
    Say(accepted);
  }
  void Break() { stream()->Cancel(); }

 private:
  GrpcStreamPtr stream() {
    MutexLock lock(mu_);
    return stream_;
  }

  BoundedQueue<DatanodeMessage> heard_{10'000};
  Mutex mu_;
  GrpcStreamPtr stream_ GUARDED_BY(mu_);
  std::unique_ptr<GrpcServer> server_;
};

class NamenodeLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    ReplicaStoreOptions options;
    options.volumes = {{"/d1"}};
    options.boot_id = "boot";
    ASSERT_OK_AND_ASSIGN(store_, ReplicaStore::Open(options, {&env_, &deletions_, &events_,
                                                              indexes_.Opener(), nullptr}));
    CommandRunner::Deps commands;
    commands.store = store_.get();
    commands.send_full_report = [this] { link_->SendFullReport(); };
    commands_ = std::make_unique<CommandRunner>(std::move(commands));
    NamenodeLink::Deps deps;
    deps.open = [this](StreamHandler handler) {
      return channel_.OpenStream(kDatanodeLinkMethod, std::move(handler));
    };
    deps.events = &events_;
    deps.store = store_.get();
    deps.commands = commands_.get();
    deps.executor = &pool_;
    deps.timer = &timer_;
    deps.registration = [] {
      DatanodeRegistration registration;
      registration.id.uuid = "uuid-1";
      registration.incarnation = 77;
      return registration;
    };
    deps.heartbeat = [] { return Heartbeat{.xceiver_count = 3}; };
    deps.on_accepted = [](const RegistrationAccepted&) {};
    deps.on_refused = [this](const std::string& why) { refused_.Push(why); };
    link_ = std::make_unique<NamenodeLink>("test", std::move(deps));
  }
  void TearDown() override {
    link_->Stop();
    store_->Close();
  }

  void Put(int64_t id) {
    ASSERT_OK_AND_ASSIGN(auto writer, store_->CreateRbw(TestBlock(id, 1001), {}, DataChecksum{},
                                                        std::make_shared<WriterSession>([] {})));
    ASSERT_OK(store_->Finalize(std::move(writer)));
  }

  const ClusterSecret secret_ = ClusterSecret::FromBytes(std::string(32, 's')).value();
  ThreadPool pool_{"dn_link_test", 3};
  RealTimer timer_;
  TestNamenode namenode_{secret_, &pool_};
  GrpcChannel channel_{
      {.target = "127.0.0.1:" + std::to_string(namenode_.port()), .caller = "datanode"},
      secret_,
      Clock::Real(),
      &pool_};
  FaultEnv env_;
  ManualExecutor deletions_;
  MemoryIndexes indexes_;
  EventLog events_;
  BoundedQueue<std::string> refused_{10};
  std::unique_ptr<ReplicaStore> store_;
  std::unique_ptr<CommandRunner> commands_;
  std::unique_ptr<NamenodeLink> link_;
};

TEST_F(NamenodeLinkTest, RegistersReportsAndBeats) {
  link_->Start();
  const auto registration = namenode_.Hear<DatanodeRegistration>();
  EXPECT_EQ(registration.incarnation, 77u);
  EXPECT_EQ(registration.storages.size(), 1u);
  namenode_.Accept(0, true);
  const auto chunk = namenode_.Hear<BlockReportChunk>();
  EXPECT_TRUE(chunk.first);
  EXPECT_TRUE(chunk.last);
  EXPECT_EQ(chunk.all_storage_uuids.size(), 1u);
  EXPECT_EQ(namenode_.Hear<Heartbeat>().xceiver_count, 3);
  EXPECT_EQ(namenode_.Hear<Heartbeat>().xceiver_count, 3);
  EXPECT_EQ(store_->identity().cluster_id, "CID-test");
}

TEST_F(NamenodeLinkTest, EventsTravelAtOnceAndAreKeptUntilTaken) {
  link_->Start();
  namenode_.Hear<DatanodeRegistration>();
  namenode_.Accept(0, true);
  namenode_.Hear<BlockReportChunk>();
  ASSERT_NO_FATAL_FAILURE(Put(1));
  uint64_t last = 0;
  while (last < 2) last = namenode_.Hear<ReplicaEvents>().events.back().number;
  EXPECT_EQ(events_.kept(), 2u);
  namenode_.Say(EventsTaken{2});
  EXPECT_TRUE(Eventually(10s, [&] { return events_.kept() == 0; }));
}

TEST_F(NamenodeLinkTest, AfterABreakItDialsAgainAndResumesAfterWhatWasTaken) {
  link_->Start();
  namenode_.Hear<DatanodeRegistration>();
  namenode_.Accept(0, true);
  namenode_.Hear<BlockReportChunk>();
  ASSERT_NO_FATAL_FAILURE(Put(1));
  ASSERT_NO_FATAL_FAILURE(Put(2));
  uint64_t last = 0;
  while (last < 4) last = namenode_.Hear<ReplicaEvents>().events.back().number;
  namenode_.Break();
  namenode_.Hear<DatanodeRegistration>();
  namenode_.Accept(/*last_taken=*/1, /*full=*/false);
  const auto again = namenode_.Hear<ReplicaEvents>();
  EXPECT_EQ(again.events.front().number, 2u);
  EXPECT_EQ(again.events.front().block.id, BlockId(1));
}

TEST_F(NamenodeLinkTest, AFullReportStandsAtAnEventAndLaterEventsFollowIt) {
  ASSERT_OK(store_->Join(TestNamespace()));
  ASSERT_NO_FATAL_FAILURE(Put(1));
  link_->Start();
  namenode_.Hear<DatanodeRegistration>();
  namenode_.Accept(0, true);
  const auto chunk = namenode_.Hear<BlockReportChunk>();
  EXPECT_EQ(chunk.at_event, 2u);
  ASSERT_EQ(chunk.replicas.size(), 1u);
  EXPECT_EQ(chunk.replicas[0].block.id, BlockId(1));
  ASSERT_NO_FATAL_FAILURE(Put(2));
  EXPECT_EQ(namenode_.Hear<ReplicaEvents>().events.front().number, 3u);
}

TEST_F(NamenodeLinkTest, CommandsOfADeposedNamenodeAreIgnored) {
  ASSERT_OK(store_->Join(TestNamespace()));
  ASSERT_NO_FATAL_FAILURE(Put(1));
  ASSERT_NO_FATAL_FAILURE(Put(2));
  link_->Start();
  namenode_.Hear<DatanodeRegistration>();
  namenode_.Accept(0, true, /*epoch=*/5);
  namenode_.Hear<BlockReportChunk>();
  namenode_.Say(NamenodeCommand{4, InvalidateBlocks{kTestPool, {TestBlock(1, 1001).block}}});
  namenode_.Say(NamenodeCommand{5, InvalidateBlocks{kTestPool, {TestBlock(2, 1001).block}}});
  EXPECT_TRUE(Eventually(10s, [&] { return deletions_.RunAll() > 0; }));
  EXPECT_OK(store_->Find(TestBlock(1, 1001)));
  EXPECT_THAT(store_->Find(TestBlock(2, 1001)), HasReason(Reason::kReplicaNotFound));
}

TEST_F(NamenodeLinkTest, ARefusalForGoodIsToldToTheProcess) {
  link_->Start();
  namenode_.Hear<DatanodeRegistration>();
  namenode_.Say(RegistrationRefused{"belongs to CID-other", true});
  EXPECT_THAT(refused_.Pop().value_or(""), testing::HasSubstr("belongs to CID-other"));
}

TEST_F(NamenodeLinkTest, ANamenodeOfAnotherClusterIsNotObeyed) {
  NamespaceInfo other = TestNamespace();
  other.cluster_id = "CID-first";
  ASSERT_OK(store_->Join(other));
  link_->Start();
  namenode_.Hear<DatanodeRegistration>();
  namenode_.Accept(0, true);
  EXPECT_THAT(refused_.Pop().value_or(""),
              testing::AllOf(testing::HasSubstr("CID-first"), testing::HasSubstr("CID-test")));
}

}  // namespace
}  // namespace tusk::datanode
