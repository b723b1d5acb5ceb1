// Many threads at once, on real executors: for the sanitizers, and for what one thread cannot show.
#include <atomic>
#include <thread>

#include "common/concurrent/thread_pool.h"
#include "common/testing/eventually.h"
#include "common/testing/temp_dir.h"
#include "namenode/namesystem/namesystem_fixture.h"

namespace tusk::namenode {
namespace {

// A namesystem on real threads, timers and files.
class ConcurrencyTest : public testing::Test, public DatanodeCommander, public LogGate {
 protected:
  ConcurrencyTest() { Start(); }
  ~ConcurrencyTest() override { Stop(); }

  void Start() {
    options_.block_pool_id = kPool;
    options_.fs_owner = "hdfs";
    options_.checkpoint_check_interval = std::chrono::milliseconds(5);
    options_.checkpoint_edits = 50;
    options_.checkpoint_slice = Duration(0);
    ASSERT_OK(Env::Posix()->MakeDirs(dir_.File("edits")));
    journal_pool_ = std::make_unique<ThreadPool>("journal", 1);
    pool_ = std::make_unique<ThreadPool>("background", 2);
    replies_ = std::make_unique<ThreadPool>("replies", 1);
    timer_ = std::make_unique<RealTimer>();
    datanodes_ = std::make_unique<DatanodeManager>(DatanodeManagerOptions{}, Clock::Real(),
                                                   Random(TestSeed()));
    blocks_ = std::make_unique<BlockManager>(
        BlockManagerOptions{.block_pool_id = kPool}, datanodes_.get(), Clock::Real(), timer_.get(),
        pool_.get(), this, this,
        [this](const BlockEffects& effects) { ns_->ApplyEffects(effects); });
    ns_ = std::make_unique<Namesystem>(
        options_,
        Namesystem::Dependencies{
            .clock = Clock::Real(),
            .timer = timer_.get(),
            .executor = pool_.get(),
            .reply_executor = replies_.get(),
            .blocks = blocks_.get(),
            .datanodes = datanodes_.get(),
            .journal = std::make_unique<LocalJournal>(
                LocalJournalOptions{.dir = dir_.File("edits")}, Env::Posix(), journal_pool_.get()),
            .image = std::make_unique<Image>(std::make_unique<SharedStore>(&store_)),
            .on_fatal = [](const Status& status) { ADD_FAILURE() << status.ToString(); }});
    ASSERT_OK(ns_->Load());
    blocks_->Activate();
    ns_->Start();
    blocks_->LeaveSafeMode();
  }
  void Stop() {
    if (ns_ == nullptr) return;
    blocks_->Stop();
    ns_->Stop();
    journal_pool_->Stop();
    pool_->Stop();
    replies_->Stop();
    timer_.reset();
    ns_.reset();
    blocks_.reset();
    datanodes_.reset();
  }
  void Send(const std::string&, NamenodeCommand) override {}
  void WhenSynced(std::function<void()> work) override { ns_->WhenSynced(std::move(work)); }

  TempDir dir_;
  MemoryStore store_;
  NamesystemOptions options_;
  std::unique_ptr<ThreadPool> journal_pool_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<ThreadPool> replies_;
  std::unique_ptr<RealTimer> timer_;
  std::unique_ptr<DatanodeManager> datanodes_;
  std::unique_ptr<BlockManager> blocks_;
  std::unique_ptr<Namesystem> ns_;
};

TEST_F(ConcurrencyTest, WhatManyThreadsWereAnsweredIsThereAfterARestart) {
  constexpr int kThreads = 4;
  constexpr int kSteps = 100;
  constexpr int kMaxSteps = 20'000;
  const Caller super{.user = {.name = "hdfs"}, .host = "127.0.0.1"};
  std::atomic<int> answered{0};
  std::atomic<int> asked{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const std::string mine = "/t" + std::to_string(t);
      // Until checkpoints have been written under the load.
      const auto enough = [&] { return ns_->Counts().checkpoint_txid > TxId(500); };
      for (int i = 0; i < kSteps || (i < kMaxSteps && !enough()); ++i) {
        const std::string path = mine + "/" + std::to_string(i);
        EXPECT_OK(ns_->Mkdirs(super, path + "/x/y", {0755}, true));
        CreateArgs args;
        args.path = path + "/f";
        args.client_name = mine;
        args.replication = 1;
        EXPECT_OK(ns_->Create(super, args));
        ns_->Complete(super, args.path, mine, std::nullopt, InodeId(0),
                      {.may_hold = [] { return false; },
                       .done = [](const StatusOr<bool>& closed) { EXPECT_TRUE(*closed); }});
        EXPECT_TRUE(*ns_->Rename(super, path + "/f", mine + "/f" + std::to_string(i)));
        EXPECT_TRUE(*ns_->Delete(super, path, true));
        EXPECT_OK(ns_->GetListing(super, "/t" + std::to_string((t + 1) % kThreads), "", false));
        if (i % 10 == 0) EXPECT_OK(ns_->GetContentSummary(super, "/"));
        ++asked;
        ns_->WhenSynced([&answered] { ++answered; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(Eventually(std::chrono::seconds(20), [&] { return answered == asked; }));
  Stop();
  Start();
  EXPECT_GT(ns_->Counts().checkpoint_txid, TxId(0));
  ASSERT_OK_AND_ASSIGN(const ContentSummary summary, ns_->GetContentSummary(super, "/"));
  EXPECT_EQ(summary.file_count, asked);
  EXPECT_EQ(summary.directory_count, 1 + kThreads);
}

}  // namespace
}  // namespace tusk::namenode
