#include "namenode/namesystem/directory.h"

#include "common/testing/fake_clock.h"
#include "common/testing/status_matchers.h"
#include "namenode/namesystem/lease_manager.h"
#include "namenode/namesystem/retry_cache.h"
#include "namenode/namesystem/tree_walk.h"

namespace tusk::namenode {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() { tree_.Format("hdfs", "supergroup", 1); }

  Inode* Add(InodeId parent, const std::string& name, bool directory = false) {
    return tree_.Add({.id = InodeId(++last_id_),
                      .parent = parent,
                      .name = name,
                      .directory = directory,
                      .owner = "alice",
                      .group = "staff",
                      .permission = {0640}});
  }
  std::vector<std::string> Names(const Inode& directory) {
    std::vector<std::string> names;
    for (size_t i = 0; i < tree_.ChildCount(directory); ++i) {
      names.emplace_back(tree_.NameOf(*tree_.Get((*directory.children)[i])));
    }
    return names;
  }

  Directory tree_;
  int64_t last_id_ = kRootInodeId.value();
};

TEST_F(DirectoryTest, ChildrenAreInByteOrder) {
  for (const char* name : {"b", "\xc3\xa4", "a", "B", "ab"}) Add(kRootInodeId, name);
  EXPECT_THAT(Names(*tree_.root()), ElementsAre("B", "a", "ab", "b", "\xc3\xa4"));
}

TEST_F(DirectoryTest, AListingGoesOnAfterANameThatIsGone) {
  for (const char* name : {"a", "c", "e"}) Add(kRootInodeId, name);
  EXPECT_EQ(tree_.ChildPosition(*tree_.root(), ""), 0u);
  EXPECT_EQ(tree_.ChildPosition(*tree_.root(), "b"), 1u);
  EXPECT_EQ(tree_.ChildPosition(*tree_.root(), "c"), 2u);
  EXPECT_EQ(tree_.ChildPosition(*tree_.root(), "z"), 3u);
}

TEST_F(DirectoryTest, WhatHangsBelowADetachedRootIsAbsent) {
  Inode* dir = Add(kRootInodeId, "d", true);
  Inode* sub = Add(dir->id, "s", true);
  Inode* file = Add(sub->id, "f");
  const InodeId id = file->id;
  EXPECT_EQ(tree_.PathOf(*file), "/d/s/f");
  tree_.Detach(dir);
  EXPECT_EQ(tree_.Find(id), nullptr);
  EXPECT_EQ(tree_.FindRaw(id), file);
  EXPECT_THAT(Names(*tree_.root()), IsEmpty());
}

TEST_F(DirectoryTest, FreeingGoesBySlicesAndGivesEverythingBack) {
  Inode* dir = Add(kRootInodeId, "d", true);
  for (int i = 0; i < 10; ++i) {
    Inode* sub = Add(dir->id, "s" + std::to_string(i), true);
    Inode* file = Add(sub->id, "f");
    BlockEntry block;
    block.id = BlockId(100 + i);
    block.num_bytes = 7;
    tree_.AddBlock(file, block);
  }
  EXPECT_EQ(tree_.sum_of_lengths(), 70u);
  tree_.Detach(dir);
  std::vector<BlockId> blocks;
  std::vector<InodeId> open;
  int rounds = 1;
  while (tree_.FreeSome(4, &blocks, &open)) ++rounds;
  EXPECT_EQ(rounds, 6);  // 21 inodes
  EXPECT_THAT(blocks, SizeIs(10));
  EXPECT_EQ(tree_.size(), 1);
  EXPECT_EQ(tree_.sum_of_lengths(), 0u);
  EXPECT_EQ(tree_.sum_of_ids(), static_cast<uint64_t>(kRootInodeId.value()));
}

TEST_F(DirectoryTest, IdsMayBeFarApartButNotWithoutEnd) {
  last_id_ = int64_t{1} << 40;  // as after many years: what went before costs nearly nothing
  Inode* late = Add(kRootInodeId, "late");
  EXPECT_EQ(tree_.Find(late->id), late);
  EXPECT_EQ(tree_.Find(InodeId(last_id_ - 1)), nullptr);
  EXPECT_EQ(tree_.Find(InodeId(last_id_ / 2)), nullptr);
  EXPECT_EQ(tree_.Find(InodeId(-1)), nullptr);

  Directory loaded;
  EXPECT_THAT(
      loaded.Insert({.id = InodeMap::kMaxId, .parent = kRootInodeId, .name = "wild"}, {}, nullptr),
      HasCode(Code::kDataLoss));
}

TEST_F(DirectoryTest, MovingKeepsIdAndSubtree) {
  Inode* from = Add(kRootInodeId, "from", true);
  Inode* to = Add(kRootInodeId, "to", true);
  Inode* file = Add(from->id, "f");
  tree_.Move(from, to, "a much longer name than before");
  EXPECT_EQ(tree_.PathOf(*file), "/to/a much longer name than before/f");
  EXPECT_TRUE(tree_.IsBelow(*file, *to));
  EXPECT_FALSE(tree_.IsBelow(*to, *from));
}

TEST_F(DirectoryTest, AFileWithOneBlockCostsLessThan200Bytes) {
  // The slab's entry, the page table, the child's place, the name, the block.
  EXPECT_LE(sizeof(Inode) + 5 + 8 + 24 + (sizeof(BlockEntry) + 16), 200u);
}

TEST_F(DirectoryTest, AWalkFindsItsPlaceAgainAfterChanges) {
  Inode* dir = Add(kRootInodeId, "d", true);
  for (const char* name : {"a", "b", "c", "d"}) Add(dir->id, name);
  TreeWalk walk(dir->id);
  std::vector<std::string> seen;
  const auto visit = [&](const Inode& inode) {
    seen.push_back(tree_.PathOf(inode));
    return Status::Ok();
  };
  ASSERT_OK(walk.Step(tree_, 3, visit));
  EXPECT_THAT(seen, ElementsAre("/d", "/d/a", "/d/b"));
  tree_.Detach(tree_.Child(*dir, "b"));
  tree_.Detach(tree_.Child(*dir, "c"));
  Add(dir->id, "bb");
  while (walk.Step(tree_, 3, visit).value_or(false)) {
  }
  EXPECT_THAT(seen, ElementsAre("/d", "/d/a", "/d/b", "/d/bb", "/d/d"));
}

TEST(PathTest, SlashesAreToleratedAndInodesAreNamedById) {
  ASSERT_OK_AND_ASSIGN(const ParsedPath path, ParsePath("//a///b/"));
  EXPECT_THAT(path.components, ElementsAre("a", "b"));
  ASSERT_OK_AND_ASSIGN(const ParsedPath by_id, ParsePath("/.reserved/.inodes/16390/x"));
  EXPECT_EQ(by_id.base, InodeId(16390));
  EXPECT_THAT(by_id.components, ElementsAre("x"));
  EXPECT_FALSE(ParsePath("relative").ok());
  EXPECT_FALSE(ParsePath("/.reserved/.inodes/12x").ok());
}

TEST(PathTest, NewNamesAreChecked) {
  const auto check = [](const std::string& path) {
    return CheckNewPath(path, *ParsePath(path), 255);
  };
  EXPECT_OK(check("/a/b.c/d_1"));
  for (const char* bad : {"/a/..", "/./a", "/a:b"}) {
    EXPECT_THAT(check(bad), HasReason(Reason::kInvalidPath)) << bad;
  }
  EXPECT_THAT(check("/.snapshot"), HasReason(Reason::kIllegalArgument));
  EXPECT_THAT(check("/.reserved/x"), HasReason(Reason::kIllegalArgument));
  EXPECT_THAT(check("/" + std::string(256, 'x')), HasReason(Reason::kPathComponentTooLong));
}

TEST(LeaseManagerTest, TheSoftLimitCountsFromTheLastRenewal) {
  FakeClock clock;
  LeaseManager leases({}, &clock);
  leases.Add("c1", InodeId(20000));
  clock.Advance(seconds(50));
  leases.Renew("c1");
  clock.Advance(seconds(50));
  EXPECT_FALSE(leases.SoftExpired("c1"));
  clock.Advance(seconds(11));
  EXPECT_TRUE(leases.SoftExpired("c1"));
  EXPECT_THAT(leases.Expired(10), IsEmpty());
  clock.Advance(std::chrono::minutes(20));
  EXPECT_THAT(leases.Expired(10), ElementsAre(InodeId(20000)));
}

TEST(LeaseManagerTest, ALeaseOfTheNameNodesOwnIsTriedAgainSoon) {
  FakeClock clock;
  LeaseManager leases({}, &clock);
  leases.Add("c1", InodeId(20000));
  leases.Reassign(InodeId(20000), "HDFS_NameNode-1");
  EXPECT_FALSE(leases.HasLease("c1"));
  clock.Advance(seconds(31));
  EXPECT_THAT(leases.Expired(10), ElementsAre(InodeId(20000)));
}

TEST(RetryCacheTest, TheOldestGoesFirstAndTheNewestAnswerCounts) {
  RetryCache cache(2, 1000);
  const std::string client = "0123456789abcdef";
  for (int call = 1; call <= 3; ++call) {
    cache.Add({RetryCache::Key(client, call), 100 * call, "answer " + std::to_string(call)});
  }
  EXPECT_EQ(cache.Find(RetryCache::Key(client, 1), 300), nullptr);
  ASSERT_NE(cache.Find(RetryCache::Key(client, 3), 300), nullptr);
  EXPECT_EQ(cache.Find(RetryCache::Key(client, 3), 300)->answer, "answer 3");
  EXPECT_EQ(cache.Find(RetryCache::Key(client, 3), 2000), nullptr);  // expired
  EXPECT_THAT(cache.TakeDropped(), ElementsAre(RetryCache::Key(client, 1)));
}

TEST(RetryCacheTest, ACallWithoutIdentityIsNeverFound) {
  RetryCache cache(10, 1000);
  EXPECT_EQ(RetryCache::Key("", 5), "");
  EXPECT_EQ(RetryCache::Key("0123456789abcdef", -1), "");
  cache.Add({"", 0, "x"});
  EXPECT_EQ(cache.size(), 0u);
}

}  // namespace
}  // namespace tusk::namenode
