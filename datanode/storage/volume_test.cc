#include "datanode/storage/volume.h"

#include "common/testing/status_matchers.h"
#include "datanode/storage/meta_file.h"

namespace tusk::datanode {
namespace {

TEST(ParseDataDirsTest, TakesHadoopsForms) {
  ASSERT_OK_AND_ASSIGN(const auto specs,
                       ParseDataDirs({"[SSD]file:///a/", "/b", "[disk]/c", "file:/d"}));
  ASSERT_EQ(specs.size(), 4u);
  EXPECT_EQ(specs[0].dir, "/a");
  EXPECT_EQ(specs[0].type, StorageType::kSsd);
  EXPECT_EQ(specs[1].dir, "/b");
  EXPECT_EQ(specs[1].type, StorageType::kDisk);
  EXPECT_EQ(specs[2].dir, "/c");
  EXPECT_EQ(specs[3].dir, "/d");
}

TEST(ParseDataDirsTest, NamesWhatIsWrong) {
  EXPECT_THAT(ParseDataDirs({"[TAPE]/a"}), MessageContains("TAPE"));
  EXPECT_THAT(ParseDataDirs({"[SSD/a"}), MessageContains("no ]"));
  EXPECT_THAT(ParseDataDirs({"a/b"}), MessageContains("a/b"));
  EXPECT_THAT(ParseDataDirs({"/a", "file:///a"}), MessageContains("twice"));
  EXPECT_THAT(ParseDataDirs({}), MessageContains("empty"));
}

TEST(ReplicaFileNameTest, IsParsedAndMadeAlike) {
  EXPECT_EQ(BlockFileName(BlockId(1073741825)), "blk_1073741825");
  EXPECT_EQ(MetaFileName(BlockId(7), GenerationStamp(1001)), "blk_7_1001.meta");
  const auto meta = ParseReplicaFileName("blk_7_1001.meta");
  ASSERT_TRUE(meta.has_value());
  EXPECT_EQ(meta->id, BlockId(7));
  EXPECT_EQ(meta->stamp, GenerationStamp(1001));
  EXPECT_FALSE(ParseReplicaFileName("blk_7")->stamp.has_value());
  for (const char* other :
       {"blk_", "blk_x", "blk_7.meta", "blk_7_.meta", "VERSION", "blk_7_1.tmp"}) {
    EXPECT_FALSE(ParseReplicaFileName(other).has_value()) << other;
  }
}

}  // namespace
}  // namespace tusk::datanode
