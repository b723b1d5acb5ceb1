// Writing and reading through the whole client, against a NameNode and DataNodes in memory.
#include "client/dfs_client.h"

#include <gtest/gtest.h>

#include "client/fake_datanodes.h"
#include "client/fake_namenode.h"
#include "common/testing/eventually.h"
#include "common/testing/status_matchers.h"

namespace tusk::client {
namespace {

using Fault = FakeDatanodes::Fault;

constexpr int64_t kBlockSize = 8192;

std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 7;
  for (char& c : bytes) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return bytes;
}

class DfsClientTest : public ::testing::Test {
 protected:
  void Start(int nodes, int replication) {
    std::vector<DatanodeInfo> infos;
    for (int i = 1; i <= nodes; ++i) infos.push_back(FakeNamenode::Node(i));
    auto context = std::make_shared<ClientContext>();
    context->options.uri = "hdfs://nn:8020";
    context->options.user = "alice";
    context->options.replication = replication;
    context->options.block_size = kBlockSize;
    context->options.packet_bytes = 1024 + 8 + static_cast<int32_t>(kMaxPacketPrefixSize);
    context->options.locate_block_delay = std::chrono::milliseconds(1);
    context->options.block_acquire_delay = std::chrono::milliseconds(1);
    context->options.lease_renewal = std::chrono::milliseconds(2);
    context->client_name = "test-client";
    auto namenode = std::make_unique<FakeNamenode>(infos);
    namenode_ = namenode.get();
    context->namenode = std::move(namenode);
    auto datanodes = std::make_unique<FakeDatanodes>();
    datanodes_ = datanodes.get();
    context->datanodes = std::move(datanodes);
    context_ = context;
    fs_ = std::make_shared<DfsClient>(context);
  }

  std::unique_ptr<FileWriter> Create(const std::string& path) {
    auto writer = fs_->Create(path);
    EXPECT_OK(writer);
    return std::move(writer).value();
  }
  void WriteAll(const std::string& path, const std::string& bytes) {
    ASSERT_OK(fs_->WriteFile(path, bytes));
  }
  void ExpectContent(const std::string& path, const std::string& bytes) {
    ASSERT_OK_AND_ASSIGN(const std::string read, fs_->ReadFile(path));
    EXPECT_TRUE(read == bytes) << read.size() << " bytes read, " << bytes.size() << " written";
  }

  std::shared_ptr<ClientContext> context_;
  FakeNamenode* namenode_ = nullptr;
  FakeDatanodes* datanodes_ = nullptr;
  std::shared_ptr<FileSystem> fs_;
};

TEST_F(DfsClientTest, WhatIsWrittenOverSeveralBlocksIsReadBack) {
  Start(3, 3);
  const std::string bytes = Pattern(3 * kBlockSize + 777);
  WriteAll("/f", bytes);
  EXPECT_EQ(namenode_->calls("addBlock"), 4);
  ExpectContent("/f", bytes);
}

TEST_F(DfsClientTest, AWriterWaitsForTheEndOfSafeModeButNotForEver) {
  Start(1, 1);
  const std::string bytes = Pattern(kBlockSize / 2);
  ASSERT_OK_AND_ASSIGN(auto file, fs_->Create("/f"));
  namenode_->BeInSafeMode(2);
  ASSERT_OK(file->Write(bytes));
  ASSERT_OK(file->Hflush());
  EXPECT_EQ(namenode_->calls("addBlock"), 3);
  namenode_->BeInSafeMode(3);
  ASSERT_OK(file->Close());
  EXPECT_EQ(namenode_->calls("complete"), 4);
  ExpectContent("/f", bytes);
  ASSERT_OK_AND_ASSIGN(auto other, fs_->Create("/g"));
  namenode_->BeInSafeMode(1000);
  EXPECT_EQ(other->Close().reason(), Reason::kSafeMode);
}

TEST_F(DfsClientTest, AFileThatEndsOnABlockBoundaryHasNoEmptyBlock) {
  Start(1, 1);
  WriteAll("/f", Pattern(2 * kBlockSize));
  EXPECT_EQ(namenode_->calls("addBlock"), 2);
  WriteAll("/empty", "");
  EXPECT_EQ(namenode_->calls("addBlock"), 2);
  ExpectContent("/empty", "");
}

TEST_F(DfsClientTest, AMiddleNodeThatFailsIsDroppedAndNothingIsLost) {
  Start(3, 3);
  datanodes_->FailOnce("10.0.0.2", {.after_packets = 3});
  const std::string bytes = Pattern(kBlockSize - 100);
  WriteAll("/f", bytes);
  EXPECT_EQ(namenode_->calls("updatePipeline"), 1);
  const LocatedBlock block = namenode_->blocks("/f")[0];
  ASSERT_EQ(block.locations.size(), 2u);
  EXPECT_EQ(block.locations[1].id.ip_addr, "10.0.0.3");
  const auto writes = datanodes_->writes();
  EXPECT_EQ(writes.back().stage, PipelineStage::kSetupStreamingRecovery);
  EXPECT_GT(writes.back().latest_generation_stamp, writes.back().block.block.generation_stamp);
  EXPECT_EQ(datanodes_->Replica("10.0.0.3", block.block.block.id), bytes);
  ExpectContent("/f", bytes);
}

TEST_F(DfsClientTest, AFirstNodeThatHangsUpIsDroppedToo) {
  Start(3, 3);
  datanodes_->FailOnce("10.0.0.1", {.after_packets = 2});
  const std::string bytes = Pattern(kBlockSize);
  WriteAll("/f", bytes);
  EXPECT_EQ(namenode_->blocks("/f")[0].locations.size(), 2u);
  ExpectContent("/f", bytes);
}

TEST_F(DfsClientTest, WithHalfTheReplicasLeftAReplacementJoins) {
  Start(4, 3);
  datanodes_->FailOnce("10.0.0.1", {.after_packets = 2});
  datanodes_->FailOnce("10.0.0.3", {.after_packets = 4});
  const std::string bytes = Pattern(kBlockSize);
  WriteAll("/f", bytes);
  EXPECT_EQ(namenode_->calls("getAdditionalDatanode"), 1);
  EXPECT_EQ(datanodes_->transfers(), 1);
  const LocatedBlock block = namenode_->blocks("/f")[0];
  EXPECT_EQ(block.locations.size(), 2u);
  EXPECT_EQ(datanodes_->Replica("10.0.0.4", block.block.block.id), bytes);
}

TEST_F(DfsClientTest, WithoutAReplacementTheWriteFailsUnlessBestEffortIsAskedFor) {
  for (const bool best_effort : {false, true}) {
    Start(3, 3);
    context_->options.replace_best_effort = best_effort;
    datanodes_->FailOnce("10.0.0.1", {.after_packets = 2});
    datanodes_->FailOnce("10.0.0.3", {.after_packets = 4});
    const Status written = fs_->WriteFile("/f", Pattern(kBlockSize));
    EXPECT_EQ(written.ok(), best_effort) << written;
    if (!best_effort) {
      EXPECT_THAT(written, MessageContains("no more good datanodes"));
    }
  }
}

TEST_F(DfsClientTest, AFailureWhileTheBlockIsClosedIsRecoveredWithoutPackets) {
  Start(3, 3);
  datanodes_->FailOnce("10.0.0.2", {.on_last = true});
  const std::string bytes = Pattern(1000);
  WriteAll("/f", bytes);
  const auto writes = datanodes_->writes();
  EXPECT_EQ(writes.back().stage, PipelineStage::kCloseRecovery);
  EXPECT_EQ(writes.back().min_bytes_received, 1000);
  ExpectContent("/f", bytes);
}

TEST_F(DfsClientTest, NoNodeLeftIsAnErrorThatStays) {
  Start(1, 1);
  datanodes_->FailOnce("10.0.0.1", {.after_packets = 1});
  auto writer = Create("/f");
  Status failed = writer->Write(Pattern(kBlockSize));
  if (failed.ok()) failed = writer->Hflush();
  EXPECT_THAT(failed, MessageContains("are bad. Aborting"));
  EXPECT_FALSE(writer->Write("x").ok());
  EXPECT_FALSE(writer->Close().ok());
  EXPECT_EQ(namenode_->calls("complete"), 0);
}

TEST_F(DfsClientTest, APipelineThatCannotBeSetUpIsAbandonedAndItsBadNodeLeftOut) {
  Start(4, 3);
  datanodes_->Refuse("10.0.0.2");  // named by the first node's answer
  const std::string bytes = Pattern(100);
  WriteAll("/f", bytes);
  EXPECT_EQ(namenode_->calls("abandonBlock"), 1);
  EXPECT_EQ(namenode_->calls("updatePipeline"), 0);
  const auto locations = namenode_->blocks("/f")[0].locations;
  ASSERT_EQ(locations.size(), 3u);
  EXPECT_EQ(locations[1].id.ip_addr, "10.0.0.3");
  ExpectContent("/f", bytes);
}

TEST_F(DfsClientTest, AfterAFlushInAChunkTheChunkIsSentAgainFromItsStart) {
  Start(2, 2);
  const std::string bytes = Pattern(1500);
  auto writer = Create("/f");
  ASSERT_OK(writer->Write(bytes.substr(0, 700)));
  ASSERT_OK(writer->Hflush());
  EXPECT_EQ(datanodes_->Replica("10.0.0.2", BlockId(1)), bytes.substr(0, 700));
  EXPECT_EQ(namenode_->calls("fsync"), 1);
  ASSERT_OK(writer->Write(bytes.substr(700)));
  ASSERT_OK(writer->Hflush());
  ASSERT_OK(writer->Close());
  EXPECT_EQ(namenode_->calls("fsync"), 1);  // once per block
  const auto packets = datanodes_->packets();
  ASSERT_GE(packets.size(), 2u);
  EXPECT_EQ(packets[0].data_length, 700);
  EXPECT_EQ(packets[1].offset_in_block, 512);
  ExpectContent("/f", bytes);
}

TEST_F(DfsClientTest, HsyncWithNothingNewStillAsksTheDisks) {
  Start(1, 1);
  auto writer = Create("/f");
  ASSERT_OK(writer->Write("abc"));
  ASSERT_OK(writer->Hflush());
  ASSERT_OK(writer->Hsync());
  const auto packets = datanodes_->packets();
  ASSERT_EQ(packets.size(), 2u);
  EXPECT_TRUE(packets[1].sync_block);
  EXPECT_EQ(packets[1].data_length, 0);
  ASSERT_OK(writer->Close());
  ExpectContent("/f", "abc");
}

TEST_F(DfsClientTest, CompleteIsAskedAgainUntilTheReplicasAreReported) {
  Start(1, 1);
  namenode_->set_incomplete_answers(3);
  WriteAll("/f", "abc");
  EXPECT_EQ(namenode_->calls("complete"), 4);
}

TEST_F(DfsClientTest, ALeaseIsRenewedWhileAFileIsOpenAndNotLonger) {
  Start(1, 1);
  auto writer = Create("/f");
  EXPECT_TRUE(
      Eventually(std::chrono::seconds(10), [&] { return namenode_->calls("renewLease") > 1; }));
  ASSERT_OK(writer->Close());
  context_->leases.reset();  // waits for a call under way
  const int renewed = namenode_->calls("renewLease");
  EXPECT_EQ(namenode_->calls("renewLease"), renewed);
}

TEST_F(DfsClientTest, ACorruptReplicaIsReportedAndAnotherRead) {
  Start(2, 2);
  const std::string bytes = Pattern(kBlockSize);
  WriteAll("/f", bytes);
  datanodes_->Corrupt("10.0.0.1", BlockId(1));
  ExpectContent("/f", bytes);
  const auto bad = namenode_->bad_blocks();
  ASSERT_EQ(bad.size(), 1u);
  ASSERT_EQ(bad[0].locations.size(), 1u);
  EXPECT_EQ(bad[0].locations[0].id.ip_addr, "10.0.0.1");
}

TEST_F(DfsClientTest, WithoutVerificationACorruptReplicaIsReadAsItIs) {
  Start(1, 1);
  WriteAll("/f", "abc");
  datanodes_->Corrupt("10.0.0.1", BlockId(1));
  ASSERT_OK_AND_ASSIGN(auto file, fs_->Open("/f", {.verify_checksums = false}));
  char buffer[3];
  EXPECT_OK(file->Read(buffer, sizeof(buffer)));
}

TEST_F(DfsClientTest, ADeadDatanodeIsPassedOver) {
  Start(3, 3);
  const std::string bytes = Pattern(2 * kBlockSize);
  WriteAll("/f", bytes);
  datanodes_->Refuse("10.0.0.1");
  ExpectContent("/f", bytes);
}

TEST_F(DfsClientTest, WithNoReplicaLeftTheReaderSaysWhichBlockAndWhere) {
  Start(1, 1);
  WriteAll("/f", "abc");
  datanodes_->Refuse("10.0.0.1");
  const auto read = fs_->ReadFile("/f");
  EXPECT_THAT(read, HasCode(Code::kDataLoss));
  EXPECT_THAT(read, MessageContains("Could not obtain block: BP-1:blk_1_1001 file=/f"));
  EXPECT_THAT(read, MessageContains("10.0.0.1:9866"));
}

TEST_F(DfsClientTest, PositionalReadsGoAcrossBlocksAndKeepTheirConnection) {
  Start(1, 1);
  const std::string bytes = Pattern(2 * kBlockSize);
  WriteAll("/f", bytes);
  ASSERT_OK_AND_ASSIGN(auto file, fs_->Open("/f"));
  const int dials_before = datanodes_->dials();
  std::string part(1000, '\0');
  for (const int64_t offset : {int64_t{0}, int64_t{700}, kBlockSize - 300, 2 * kBlockSize - 10}) {
    ASSERT_OK_AND_ASSIGN(const size_t got, file->PRead(offset, part.data(), part.size()));
    EXPECT_EQ(part.substr(0, got), bytes.substr(static_cast<size_t>(offset), 1000));
  }
  EXPECT_EQ(datanodes_->dials() - dials_before, 1);
  EXPECT_EQ(file->position(), 0);
  EXPECT_EQ(file->statistics().remote_bytes, 1000 + 1000 + 1000 + 10);
}

TEST_F(DfsClientTest, SeekingBeyondTheEndIsRefused) {
  Start(1, 1);
  WriteAll("/f", "abc");
  ASSERT_OK_AND_ASSIGN(auto file, fs_->Open("/f"));
  EXPECT_THAT(file->Seek(4), HasCode(Code::kOutOfRange));
  ASSERT_OK(file->Seek(2));
  char c;
  ASSERT_OK_AND_ASSIGN(const size_t got, file->Read(&c, 1));
  EXPECT_EQ(got, 1u);
  EXPECT_EQ(c, 'c');
}

TEST_F(DfsClientTest, AnOpenFileIsReadAsFarAsItsPipelineHasAcknowledged) {
  Start(2, 2);
  auto writer = Create("/f");
  ASSERT_OK(writer->Write("hello"));
  ASSERT_OK(writer->Hflush());
  ExpectContent("/f", "hello");
  ASSERT_OK(writer->Close());
}

TEST_F(DfsClientTest, PathsOfOtherFileSystemsAreRefused) {
  Start(1, 1);
  EXPECT_EQ(fs_->Resolve("a/../b//c/").value_or(""), "/user/alice/b/c");
  EXPECT_EQ(fs_->Resolve("hdfs://nn:8020/x").value_or(""), "/x");
  EXPECT_EQ(fs_->Resolve("hdfs://nn/x").value_or(""), "/x");
  EXPECT_THAT(fs_->Resolve("hdfs://other:8020/x"), MessageContains("Wrong FS"));
  EXPECT_THAT(fs_->Resolve("file:///x"), MessageContains("Wrong FS"));
}

}  // namespace
}  // namespace tusk::client
