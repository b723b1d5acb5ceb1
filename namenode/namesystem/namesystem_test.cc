// Names, attributes and permissions: what each call answers and says.
#include "namenode/namesystem/namesystem_fixture.h"

namespace tusk::namenode {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NamesTest : public NamesystemTest {
 protected:
  NamesTest() {
    Start();
    AddDatanode("dn1");
  }
  Status Mkdirs(const std::string& path, const Caller& caller = Super(), uint16_t mode = 0755) {
    return ns_->Mkdirs(caller, path, {mode}, true).status();
  }
  std::vector<std::string> List(const std::string& path, const std::string& after = "") {
    auto listing = ns_->GetListing(Super(), path, after, false);
    EXPECT_OK(listing);
    std::vector<std::string> names;
    if (listing.ok() && listing->has_value()) {
      for (const FileStatus& entry : (*listing)->entries) names.push_back(entry.name);
    }
    return names;
  }
  bool Exists(const std::string& path) {
    auto status = ns_->GetFileInfo(Super(), path);
    EXPECT_OK(status);
    return status.ok() && status->has_value();
  }
};

TEST_F(NamesTest, MkdirsMakesParentsAndIsIdempotent) {
  EXPECT_OK(Mkdirs("/a/b/c", As("hdfs"), 0700));
  EXPECT_OK(Mkdirs("/a/b/c"));
  ASSERT_OK_AND_ASSIGN(const auto status, ns_->GetFileInfo(Super(), "/a/b"));
  EXPECT_EQ(status->permission.bits, 0700);
  EXPECT_EQ(status->group, "supergroup");
  EXPECT_EQ(status->children_num, 1);
}

TEST_F(NamesTest, MkdirsRefusesFilesInTheWay) {
  WriteFile("/f", "dn1");
  EXPECT_THAT(Mkdirs("/f"), HasReason(Reason::kFileAlreadyExists));
  EXPECT_THAT(Mkdirs("/f/x"), HasReason(Reason::kParentNotDirectory));
  EXPECT_THAT(Mkdirs("/f/x"), MessageContains("/f (is not a directory)"));
  EXPECT_THAT(ns_->Mkdirs(Super(), "/no/x", {0755}, false), HasReason(Reason::kFileNotFound));
}

TEST_F(NamesTest, DeniedAccessReadsAsHadoops) {
  ASSERT_OK(Mkdirs("/t", Super(), 0755));
  const Status denied = Mkdirs("/t/x", As("bob"));
  EXPECT_THAT(denied, HasReason(Reason::kAccessControl));
  EXPECT_EQ(denied.message(),
            "Permission denied: user=bob, access=WRITE, inode=\"/t\":hdfs:supergroup:drwxr-xr-x");
  ASSERT_OK(Mkdirs("/p", Super(), 0700));
  EXPECT_THAT(ns_->GetFileInfo(As("bob"), "/p/x"), MessageContains("access=EXECUTE"));
  EXPECT_OK(Mkdirs("/p/y", As("root", {"supergroup"})));
}

TEST_F(NamesTest, BelowAFileSuperusersFindNothingAndOthersAreTold) {
  WriteFile("/f", "dn1");
  ASSERT_OK_AND_ASSIGN(const auto status, ns_->GetFileInfo(Super(), "/f/x"));
  EXPECT_FALSE(status.has_value());
  EXPECT_THAT(ns_->GetFileInfo(As("bob"), "/f/x"), HasReason(Reason::kAccessControl));
}

TEST_F(NamesTest, TheStickyBitKeepsOthersFiles) {
  ASSERT_OK(Mkdirs("/tmp", Super(), 01777));
  ASSERT_OK(Mkdirs("/tmp/alice", As("alice")));
  EXPECT_THAT(ns_->Delete(As("bob"), "/tmp/alice", false),
              MessageContains("Permission denied by sticky bit: user=bob"));
  EXPECT_OK(ns_->Delete(As("alice"), "/tmp/alice", false));
}

TEST_F(NamesTest, OnlyTheOwnerChangesPermissionsAndOnlyTheSuperuserOwners) {
  ASSERT_OK(Mkdirs("/home", Super(), 0777));
  ASSERT_OK(Mkdirs("/home/alice", As("alice")));
  EXPECT_EQ(ns_->SetPermission(As("bob"), "/home/alice", {0700}).message(),
            "Permission denied. user=bob is not the owner of inode=/home/alice");
  EXPECT_OK(ns_->SetPermission(As("alice"), "/home/alice", {01750}));
  EXPECT_THAT(ns_->SetOwner(As("alice"), "/home/alice", "bob", ""),
              HasReason(Reason::kAccessControl));
  EXPECT_THAT(ns_->SetOwner(As("alice"), "/home/alice", "", "wheel"),
              HasReason(Reason::kAccessControl));
  EXPECT_OK(ns_->SetOwner(As("alice", {"staff"}), "/home/alice", "", "staff"));
  ASSERT_OK_AND_ASSIGN(const auto status, ns_->GetFileInfo(Super(), "/home/alice"));
  EXPECT_EQ(status->group, "staff");
  EXPECT_EQ(status->permission.bits, 01750);
  EXPECT_THAT(ns_->SetPermission(Super(), "/none", {0700}), HasReason(Reason::kFileNotFound));
}

TEST_F(NamesTest, AListingComesInPages) {
  for (int i = 0; i < 7; ++i) ASSERT_OK(Mkdirs("/d/" + std::to_string(i)));
  options_.list_limit = 3;
  Settle();
  Restart();
  ASSERT_OK_AND_ASSIGN(const auto page, ns_->GetListing(Super(), "/d", "", false));
  EXPECT_EQ(page->entries.size(), 3u);
  EXPECT_EQ(page->remaining_entries, 4);
  EXPECT_THAT(List("/d", "2"), ElementsAre("3", "4", "5"));
  EXPECT_THAT(List("/d", "5"), ElementsAre("6"));
  EXPECT_THAT(List("/d", "6"), IsEmpty());
}

TEST_F(NamesTest, AFileListsAsOneEntryWithoutName) {
  WriteFile("/f", "dn1", 42);
  ASSERT_OK_AND_ASSIGN(const auto listing, ns_->GetListing(Super(), "/f", "", true));
  ASSERT_EQ(listing->entries.size(), 1u);
  EXPECT_EQ(listing->entries[0].name, "");
  EXPECT_EQ(listing->entries[0].length, 42);
  ASSERT_TRUE(listing->entries[0].locations.has_value());
  EXPECT_EQ(listing->entries[0].locations->blocks.at(0).locations.at(0).id.uuid, "dn1");
}

TEST_F(NamesTest, RenameMovesIntoAnExistingDirectory) {
  ASSERT_OK(Mkdirs("/a/x"));
  ASSERT_OK(Mkdirs("/b"));
  EXPECT_TRUE(*ns_->Rename(Super(), "/a/x", "/b"));
  EXPECT_TRUE(Exists("/b/x"));
  ASSERT_OK(Mkdirs("/a/x"));
  EXPECT_FALSE(*ns_->Rename(Super(), "/a/x", "/b"));  // there is one already
}

TEST_F(NamesTest, RenameAnswersFalseWhereRename2Fails) {
  ASSERT_OK(Mkdirs("/d/sub"));
  WriteFile("/f", "dn1");
  WriteFile("/g", "dn1");
  EXPECT_FALSE(*ns_->Rename(Super(), "/none", "/x"));
  EXPECT_FALSE(*ns_->Rename(Super(), "/f", "/no/parent"));
  EXPECT_FALSE(*ns_->Rename(Super(), "/f", "/g"));
  EXPECT_FALSE(*ns_->Rename(Super(), "/d", "/d/sub/y"));
  EXPECT_FALSE(*ns_->Rename(Super(), "/d", "/d"));
  EXPECT_TRUE(*ns_->Rename(Super(), "/f", "/f"));
  const auto rename2 = [&](const char* from, const char* to, bool overwrite = false) {
    return ns_->Rename2(Super(), from, to, overwrite, false);
  };
  EXPECT_EQ(rename2("/none", "/x").message(), "rename source /none is not found.");
  EXPECT_THAT(rename2("/f", "/no/parent"), HasReason(Reason::kFileNotFound));
  EXPECT_EQ(rename2("/f", "/g").message(), "rename destination /g already exists");
  EXPECT_EQ(rename2("/f", "/f").message(), "The source /f and destination /f are the same");
  EXPECT_THAT(rename2("/d", "/d/sub/y"), MessageContains("under source /d"));
  EXPECT_EQ(rename2("/f", "/d", true).message(),
            "Source /f and destination /d must both be directories");
  ASSERT_OK(Mkdirs("/e"));
  EXPECT_EQ(rename2("/e", "/d", true).message(), "rename destination directory is not empty: /d");
  EXPECT_THAT(rename2("/e", "/f/x"), HasReason(Reason::kParentNotDirectory));
}

TEST_F(NamesTest, Rename2ReplacesAFile) {
  WriteFile("/f", "dn1", 1);
  const ExtendedBlock replaced = WriteFile("/g", "dn1", 2);
  EXPECT_OK(ns_->Rename2(Super(), "/f", "/g", true, false));
  EXPECT_FALSE(Exists("/f"));
  EXPECT_EQ((*ns_->GetFileInfo(Super(), "/g"))->length, 1);
  Settle();
  EXPECT_FALSE(blocks_->Get(replaced.block.id).ok());  // freed
}

TEST_F(NamesTest, DeleteNeedsRecursiveForAFullDirectory) {
  ASSERT_OK(Mkdirs("/d/sub"));
  const auto refused = ns_->Delete(Super(), "/d", false);
  EXPECT_THAT(refused, HasReason(Reason::kPathIsNotEmptyDirectory));
  EXPECT_EQ(refused.status().message(), "`/d is non empty': Directory is not empty");
  EXPECT_TRUE(*ns_->Delete(Super(), "/d", true));
  EXPECT_FALSE(*ns_->Delete(Super(), "/d", true));
  EXPECT_FALSE(*ns_->Delete(Super(), "/", true));
}

TEST_F(NamesTest, AUserDeletesOnlyWhatIsTheirsAllTheWayDown) {
  ASSERT_OK(Mkdirs("/home", Super(), 0777));
  ASSERT_OK(Mkdirs("/home/d", As("alice"), 0777));
  ASSERT_OK(Mkdirs("/home/d/bobs/full", As("bob"), 0755));
  EXPECT_THAT(ns_->Delete(As("alice"), "/home/d", true),
              MessageContains("access=ALL, inode=\"/home/d/bobs\":bob"));
  EXPECT_TRUE(Exists("/home/d/bobs"));
}

TEST_F(NamesTest, ContentSummaryCountsWhatIsBelow) {
  ASSERT_OK(Mkdirs("/d/e"));
  WriteFile("/d/f", "dn1", 10);
  WriteFile("/d/e/g", "dn1", 20);
  ASSERT_OK_AND_ASSIGN(const ContentSummary summary, ns_->GetContentSummary(Super(), "/d"));
  EXPECT_EQ(summary.directory_count, 2);
  EXPECT_EQ(summary.file_count, 2);
  EXPECT_EQ(summary.length, 30);
  EXPECT_EQ(summary.quota, -1);
  ASSERT_OK_AND_ASSIGN(const QuotaUsage usage, ns_->GetQuotaUsage(Super(), "/d"));
  EXPECT_EQ(usage.file_and_directory_count, 4);
  EXPECT_THAT(ns_->GetContentSummary(Super(), "/none"), HasReason(Reason::kFileNotFound));
}

TEST_F(NamesTest, ReadingMovesTheAccessTimeInStepsOfThePrecision) {
  WriteFile("/f", "dn1");
  const int64_t before = (*ns_->GetFileInfo(Super(), "/f"))->access_time_ms;
  ASSERT_OK(ns_->GetBlockLocations(Super(), "/f", 0, 10));
  EXPECT_EQ((*ns_->GetFileInfo(Super(), "/f"))->access_time_ms, before);
  clock_.Advance(std::chrono::hours(2));
  ASSERT_OK(ns_->GetBlockLocations(Super(), "/f", 0, 10));
  EXPECT_GT((*ns_->GetFileInfo(Super(), "/f"))->access_time_ms, before);
}

TEST_F(NamesTest, SafeModeRefusesChangesWithHadoopsFirstLine) {
  WriteFile("/f", "dn1");
  blocks_->EnterSafeMode();
  const Status refused = Mkdirs("/x");
  EXPECT_THAT(refused, HasReason(Reason::kSafeMode));
  EXPECT_EQ(refused.message().substr(0, refused.message().find('\n')),
            "Cannot create directory /x. Name node is in safe mode.");
  EXPECT_THAT(ns_->Delete(Super(), "/f", false), HasReason(Reason::kSafeMode));
  EXPECT_OK(ns_->GetFileInfo(Super(), "/f"));
}

TEST_F(NamesTest, PathsByInodeIdFollowRenames) {
  WriteFile("/f", "dn1", 5);
  const InodeId id = (*ns_->GetFileInfo(Super(), "/f"))->file_id;
  ASSERT_OK(ns_->Rename(Super(), "/f", "/g"));
  const std::string path = "/.reserved/.inodes/" + std::to_string(id.value());
  ASSERT_OK_AND_ASSIGN(const auto status, ns_->GetFileInfo(Super(), path));
  EXPECT_EQ(status->length, 5);
  EXPECT_FALSE(Exists("/.reserved/.inodes/99999"));
}

}  // namespace
}  // namespace tusk::namenode
