#include "namenode/edits/storage_dir.h"

#include "common/testing/fault_env.h"
#include "common/testing/status_matchers.h"

namespace tusk::namenode {
namespace {

class StorageDirTest : public testing::Test {
 protected:
  FaultEnv env_;
};

TEST_F(StorageDirTest, AFormattedDirectoryOpensWithItsIdentity) {
  ASSERT_OK_AND_ASSIGN(const NamespaceInfo info,
                       StorageDir::Format(&env_, "/nn", "CID-1", "127.0.0.1", 1234));
  env_.Crash();
  ASSERT_OK_AND_ASSIGN(const auto dir, StorageDir::Open(&env_, "/nn", "CID-1"));
  EXPECT_EQ(dir->info().cluster_id, "CID-1");
  EXPECT_EQ(dir->info().block_pool_id, info.block_pool_id);
  EXPECT_EQ(dir->info().namespace_id, info.namespace_id);
  EXPECT_EQ(dir->info().creation_time_ms, 1234);
  EXPECT_TRUE(env_.Exists(dir->edits_dir()));
}

TEST_F(StorageDirTest, AnUnformattedDirectoryNamesTheCure) {
  EXPECT_THAT(StorageDir::Open(&env_, "/nn"), MessageContains("tusk namenode -format"));
}

TEST_F(StorageDirTest, AForeignClusterIsRefusedNamingBoth) {
  ASSERT_OK(StorageDir::Format(&env_, "/nn", "CID-1", "127.0.0.1", 1));
  const auto dir = StorageDir::Open(&env_, "/nn", "CID-2");
  EXPECT_THAT(dir, HasCode(Code::kFailedPrecondition));
  EXPECT_THAT(dir, MessageContains("CID-1"));
  EXPECT_THAT(dir, MessageContains("CID-2"));
}

TEST_F(StorageDirTest, ALaterLayoutIsRefusedNamingBoth) {
  ASSERT_OK_AND_ASSIGN(NamespaceInfo info, StorageDir::Format(&env_, "/nn", "", "127.0.0.1", 1));
  info.layout_version = 99;
  ASSERT_OK(env_.WriteFileAtomically("/nn/current/VERSION", FormatVersion(info)));
  const auto dir = StorageDir::Open(&env_, "/nn");
  EXPECT_THAT(dir, MessageContains("layout version 99"));
  EXPECT_THAT(dir, MessageContains("up to 1"));
}

TEST_F(StorageDirTest, ADirectoryInUseIsNeitherOpenedNorFormatted) {
  ASSERT_OK(StorageDir::Format(&env_, "/nn", "", "127.0.0.1", 1));
  ASSERT_OK_AND_ASSIGN(const auto held, StorageDir::Open(&env_, "/nn"));
  EXPECT_FALSE(StorageDir::Open(&env_, "/nn").ok());
  EXPECT_FALSE(StorageDir::Format(&env_, "/nn", "", "127.0.0.1", 1).ok());
}

TEST_F(StorageDirTest, FormattingRemovesTheOlderNamespace) {
  ASSERT_OK(StorageDir::Format(&env_, "/nn", "CID-1", "127.0.0.1", 1));
  ASSERT_OK(env_.WriteFileAtomically("/nn/current/edits/edits_0000000000000000001", "old"));
  ASSERT_OK(StorageDir::Format(&env_, "/nn", "CID-2", "127.0.0.1", 1));
  EXPECT_FALSE(env_.Exists("/nn/current/edits/edits_0000000000000000001"));
}

TEST_F(StorageDirTest, ABrokenVersionFileIsRefused) {
  ASSERT_OK(StorageDir::Format(&env_, "/nn", "", "127.0.0.1", 1));
  ASSERT_OK(env_.WriteFileAtomically("/nn/current/VERSION", "layoutVersion=x\n"));
  EXPECT_THAT(StorageDir::Open(&env_, "/nn"), HasCode(Code::kDataLoss));
}

}  // namespace
}  // namespace tusk::namenode
