// Readers on the DataNodes' own host: who counts as local, and what happens when a descriptor, its
// DataNode or the socket that passes descriptors fails.
#include <gtest/gtest.h>

#include "client/dfs_client.h"
#include "client/fake_datanodes.h"
#include "client/fake_descriptors.h"
#include "client/fake_namenode.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk::client {
namespace {

constexpr int64_t kBlockSize = 8192;
constexpr int64_t kBytes = 2 * kBlockSize + 777;

class LocalReadTest : public ::testing::Test {
 protected:
  // DataNodes at 127.0.10.1, ...; each has its unix socket, and all replicas.
  void Start(int nodes, const std::string& bound_address = "") {
    std::vector<DatanodeInfo> infos;
    for (int i = 1; i <= nodes; ++i) {
      infos.push_back(FakeNamenode::Node(i));
      infos.back().id.ip_addr = Address(i);
    }
    context_->options.uri = "hdfs://nn:8020";
    context_->options.user = "alice";
    context_->options.replication = nodes;
    context_->options.block_size = kBlockSize;
    context_->options.block_acquire_delay = std::chrono::milliseconds(1);
    context_->options.local_address = bound_address;
    context_->options.domain_socket_path = dir_.File("dn__HOST.sock");
    context_->client_name = "test-client";
    auto namenode = std::make_unique<FakeNamenode>(infos);
    namenode_ = namenode.get();
    context_->namenode = std::move(namenode);
    auto datanodes = std::make_unique<FakeDatanodes>();
    datanodes_ = datanodes.get();
    context_->datanodes = std::move(datanodes);
    fs_ = std::make_shared<DfsClient>(context_);
    for (int i = 1; i <= nodes; ++i) {
      sockets_.push_back(std::make_unique<FakeDescriptors>(
          dir_.File("dn_" + Address(i) + ".sock"),
          [this, i](BlockId block) { return datanodes_->Replica(Address(i), block); }));
    }
    for (size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<char>(i * 7 + i / 512);
    ASSERT_OK(fs_->WriteFile("/f", bytes_));
    ASSERT_OK_AND_ASSIGN(file_, fs_->Open("/f"));
    dials_ = datanodes_->dials();
  }
  static std::string Address(int node) { return "127.0.10." + std::to_string(node); }

  // From where the file stands to its end, in pieces that are no multiple of anything.
  void ExpectRest() {
    std::string rest;
    char piece[1000];
    const auto from = static_cast<size_t>(file_->position());
    for (;;) {
      ASSERT_OK_AND_ASSIGN(const size_t got, file_->Read(piece, sizeof(piece)));
      if (got == 0) break;
      rest.append(piece, got);
    }
    EXPECT_TRUE(rest == bytes_.substr(from)) << rest.size() << " bytes from " << from;
  }
  int dials() { return datanodes_->dials() - dials_; }

  TempDir dir_;
  std::shared_ptr<ClientContext> context_ = std::make_shared<ClientContext>();
  FakeNamenode* namenode_ = nullptr;
  FakeDatanodes* datanodes_ = nullptr;
  std::vector<std::unique_ptr<FakeDescriptors>> sockets_;
  std::shared_ptr<FileSystem> fs_;
  std::string bytes_ = std::string(kBytes, '\0');
  std::unique_ptr<FileReader> file_;
  int dials_ = 0;
};

TEST_F(LocalReadTest, AClientThatIsNoWorkerReadsEveryDatanodeOfItsMachineThroughDescriptors) {
  Start(1);
  ExpectRest();
  EXPECT_EQ(file_->statistics().descriptor_bytes, kBytes);
  EXPECT_EQ(dials(), 0);
}

TEST_F(LocalReadTest, AWorkerTakesDescriptorsOfItsOwnDatanodeOnly) {
  Start(2, Address(2));
  ExpectRest();
  EXPECT_EQ(file_->statistics().descriptor_bytes, kBytes);
  EXPECT_EQ(sockets_[0]->passed(), 0);
}

TEST_F(LocalReadTest, AWorkerWithoutTheReplicaReadsItOverASocket) {
  Start(1, Address(2));
  ExpectRest();
  EXPECT_EQ(file_->statistics().remote_bytes, kBytes);
  EXPECT_EQ(sockets_[0]->passed(), 0);
}

TEST_F(LocalReadTest, SwitchedOffItReadsOverTheDatanodesSocket) {
  context_->options.short_circuit = false;
  Start(1);
  ExpectRest();
  EXPECT_EQ(file_->statistics().local_bytes, kBytes);
}

TEST_F(LocalReadTest, WhatOnlyTheDescriptorGivesWrongIsReadOverTheSocketAndAccusesNobody) {
  Start(1);
  sockets_[0]->set_change([](std::string* data, std::string*) { data->at(100) ^= 1; });
  ExpectRest();
  EXPECT_EQ(file_->statistics().local_bytes, kBytes);
  EXPECT_TRUE(namenode_->bad_blocks().empty());
}

TEST_F(LocalReadTest, AReplicaThatIsCorruptOverTheSocketTooIsReportedAndAnotherRead) {
  Start(2);
  sockets_[0]->set_change([](std::string*, std::string* sums) { sums->at(2) ^= 1; });
  for (int block = 1; block <= 3; ++block) datanodes_->Corrupt(Address(1), BlockId(block));
  ExpectRest();
  const auto bad = namenode_->bad_blocks();
  ASSERT_EQ(bad.size(), 1u);  // then the DataNode is left alone
  ASSERT_EQ(bad[0].locations.size(), 1u);
  EXPECT_EQ(bad[0].locations[0].id.ip_addr, Address(1));
  EXPECT_EQ(file_->statistics().descriptor_bytes, kBytes);
}

TEST_F(LocalReadTest, AFileThatIsTooShortIsReadOverTheSocket) {
  Start(1);
  sockets_[0]->set_change([](std::string* data, std::string* sums) {
    data->resize(512);
    sums->resize(4);
  });
  ExpectRest();
  EXPECT_EQ(file_->statistics().descriptor_bytes + file_->statistics().local_bytes, kBytes);
  EXPECT_TRUE(namenode_->bad_blocks().empty());
}

TEST_F(LocalReadTest, BytesThatAnAppendHasAddedAreNotShown) {
  Start(1);
  sockets_[0]->set_change([](std::string* data, std::string* sums) {
    data->append(1000, '!');
    sums->clear();
    AppendChecksums(DataChecksum{}, *data, sums);
  });
  ExpectRest();
  EXPECT_EQ(file_->statistics().descriptor_bytes, kBytes);
}

TEST_F(LocalReadTest, ADatanodeThatDiesAfterItHasPassedDescriptorsIsReadOn) {
  Start(1);
  char piece[100];
  ASSERT_OK(file_->Read(piece, sizeof(piece)));
  sockets_[0]->Stop();
  datanodes_->Refuse(Address(1));
  std::string rest(static_cast<size_t>(kBlockSize), '\0');
  ASSERT_OK_AND_ASSIGN(const size_t got, file_->PRead(0, rest.data(), rest.size()));
  EXPECT_TRUE(rest.substr(0, got) == bytes_.substr(0, rest.size()));
  EXPECT_THAT(file_->PRead(kBlockSize, rest.data(), 1), HasCode(Code::kDataLoss));
}

TEST_F(LocalReadTest, WithoutTheUnixSocketTheOtherOneServes) {
  Start(1);
  sockets_.clear();
  ExpectRest();
  EXPECT_EQ(file_->statistics().local_bytes, kBytes);
}

TEST_F(LocalReadTest, ADatanodeThatHangsOnItsUnixSocketIsPassedOver) {
  context_->options.socket_timeout = std::chrono::milliseconds(20);
  Start(2);
  sockets_[0]->Hang();
  ExpectRest();
  EXPECT_EQ(file_->statistics().descriptor_bytes, kBytes);
  EXPECT_EQ(sockets_[0]->passed(), 0);
  EXPECT_EQ(dials(), 0);
}

}  // namespace
}  // namespace tusk::client
