#include "namenode/edits/image.h"

#include <map>

#include "common/kv/memory_store.h"
#include "common/testing/status_matchers.h"
#include "namenode/edits/shared_store.h"

namespace tusk::namenode {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class ImageTest : public testing::Test {
 protected:
  std::unique_ptr<Image> Open() {
    return std::make_unique<Image>(std::make_unique<SharedStore>(&store_));
  }
  std::map<std::string, std::string> Load(Image* image, ImageTag* tag = nullptr) {
    std::map<std::string, std::string> found;
    auto loaded = image->Load([&](ImageRecord, std::string_view key, std::string_view value) {
      found[std::string(key)] = std::string(value);
      return Status::Ok();
    });
    EXPECT_OK(loaded);
    if (tag != nullptr && loaded.ok()) *tag = *loaded;
    return found;
  }
  Status Put(Image* image, const std::string& key, const std::string& value) {
    return image->Put(ImageRecord::kRetry, key, value);
  }
  Status Commit(Image* image, int64_t txid) {
    ImageTag tag{.txid = TxId(txid)};
    return image->Commit(&tag);
  }

  MemoryStore store_;
};

TEST_F(ImageTest, AFreshImageIsEmptyAtTxidZero) {
  ImageTag tag;
  EXPECT_THAT(Load(Open().get(), &tag), IsEmpty());
  EXPECT_EQ(tag.txid, TxId(0));
  EXPECT_EQ(tag.checkpoint, 0);
}

TEST_F(ImageTest, ALoadSeesTheNewestOfEachEntry) {
  auto image = Open();
  Load(image.get());
  ASSERT_OK(image->Begin());
  ASSERT_OK(Put(image.get(), "a", "1"));
  ASSERT_OK(Put(image.get(), "b", "1"));
  ASSERT_OK(Commit(image.get(), 10));
  ASSERT_OK(image->Begin());
  ASSERT_OK(Put(image.get(), "b", "2"));
  ASSERT_OK(image->PutAbsent(ImageRecord::kRetry, "a"));
  ASSERT_OK(Commit(image.get(), 20));
  ImageTag tag;
  EXPECT_THAT(Load(Open().get(), &tag), ElementsAre(Pair("b", "2")));
  EXPECT_EQ(tag.txid, TxId(20));
}

TEST_F(ImageTest, AnUnfinishedCheckpointIsAsIfItHadNotBegun) {
  auto image = Open();
  Load(image.get());
  ASSERT_OK(image->Begin());
  ASSERT_OK(Put(image.get(), "a", "1"));
  ASSERT_OK(Commit(image.get(), 10));
  ASSERT_OK(image->Begin());
  // Big enough that batches are written before the tag.
  for (int i = 0; i < 100; ++i) {
    ASSERT_OK(Put(image.get(), "x" + std::to_string(i), std::string(100'000, 'v')));
  }
  ASSERT_OK(Put(image.get(), "a", "2"));
  image.reset();
  EXPECT_GT(store_.size(), 3u);  // some of it did reach the store
  image = Open();
  ImageTag tag;
  EXPECT_THAT(Load(image.get(), &tag), ElementsAre(Pair("a", "1")));
  EXPECT_EQ(tag.txid, TxId(10));
  // Its number is not used again, so its remains could not come back to life.
  ASSERT_OK(image->Begin());
  tag = {.txid = TxId(11)};
  ASSERT_OK(image->Commit(&tag));
  EXPECT_EQ(tag.checkpoint, 3);
  EXPECT_THAT(Load(Open().get()), ElementsAre(Pair("a", "1")));
}

TEST_F(ImageTest, PurgingDropsWhatWasReplaced) {
  auto image = Open();
  Load(image.get());
  ASSERT_OK(image->Begin());
  for (const char* key : {"a", "b", "c"}) ASSERT_OK(Put(image.get(), key, "1"));
  ASSERT_OK(Commit(image.get(), 10));
  ASSERT_OK(image->PurgeSuperseded());
  ASSERT_OK(image->Begin());
  ASSERT_OK(Put(image.get(), "b", "2"));
  ASSERT_OK(image->PutAbsent(ImageRecord::kRetry, "c"));
  ASSERT_OK(Commit(image.get(), 20));
  ASSERT_OK(image->PurgeSuperseded());
  EXPECT_EQ(store_.size(), 2u + 2u);  // a, b; the tag and the number
  EXPECT_THAT(Load(Open().get()), ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST_F(ImageTest, ALoadDropsWhatACrashLeftUnpurged) {
  auto image = Open();
  Load(image.get());
  for (const char* value : {"1", "2", "3"}) {
    ASSERT_OK(image->Begin());
    ASSERT_OK(Put(image.get(), "a", value));
    ASSERT_OK(Commit(image.get(), 10));
  }
  EXPECT_THAT(Load(Open().get()), ElementsAre(Pair("a", "3")));
  EXPECT_EQ(store_.size(), 1u + 2u);
}

}  // namespace
}  // namespace tusk::namenode
