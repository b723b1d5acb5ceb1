// The image: the newest durable state of every inode, retry entry and DataNode, in a KvStore.
//
// A checkpoint writes what changed since the one before, in synced batches of at most 4 MB; every
// key ends in the checkpoint's number, the last batch sets the tag. Until the tag is there, a load
// sees the checkpoint before: newer versions are deleted. docs/formats/image.md has the grammar.
//
//   load:   Open -> Load(visit)                      streams each entry's newest version up to the
//   tag write:  Begin(n) -> Put / PutAbsent ... -> Commit(tag) -> PurgeSuperseded
//
// Threads: not thread-safe; the checkpointer is its only user after the load.
// Fails:   kDataLoss when the store is damaged or the counts differ from the tag.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/kv/kv_store.h"
#include "common/kv/leveldb_store.h"
#include "common/protocol/ids.h"

namespace tusk::namenode {

enum class ImageRecord : char {
  kInode = 'i',     // key: inode id, big-endian
  kRetry = 'r',     // key: client id (16 bytes), call id
  kDatanode = 'd',  // key: uuid
};

struct ImageTag {
  int64_t checkpoint = 0;
  TxId txid;  // the last one covered
  int64_t inodes = 0;
  uint64_t sum_of_ids = 0;
  uint64_t sum_of_lengths = 0;
  InodeId last_inode;
  BlockId last_block;
  GenerationStamp last_generation_stamp;
};

std::string InodeImageKey(InodeId inode);

class Image {
 public:
  // Opens the LevelDB in `dir`. Opened strictly first; when that fails for damage (a power loss may
  // leave zeros at the end of a log, or of the list of tables), once more leniently, then repaired:
  // the caller's check of counts and sums decides whether what is left may be used.
  static StatusOr<std::unique_ptr<Image>> Open(const std::string& dir, LevelDbOptions options = {});
  explicit Image(std::unique_ptr<KvStore> store);

  using Visit = std::function<Status(ImageRecord, std::string_view key, std::string_view value)>;
  // The tag's content; a fresh image has checkpoint 0 and txid 0. Visits in key order. Removes what
  // an unfinished checkpoint left.
  StatusOr<ImageTag> Load(const Visit& visit);

  // Begins the next checkpoint; its number was never used before.
  Status Begin();
  // Entries of the checkpoint; written when 4 MB have gathered.
  Status Put(ImageRecord type, std::string_view key, std::string_view value);
  Status PutAbsent(ImageRecord type, std::string_view key);
  // The last batch. `tag.checkpoint` is filled in.
  Status Commit(ImageTag* tag);
  // Drops versions that the committed checkpoint replaced. May be left undone: a later load does
  // it.
  Status PurgeSuperseded();

 private:
  // By an iterator: see RepairLevelDb. kNotFound when there is none.
  StatusOr<std::string> Find(std::string_view key);
  Status Flush();
  Status Add(ImageRecord type, std::string_view key, std::string_view value);
  Status DeleteInBatches(const std::vector<std::string>& keys);

  const std::unique_ptr<KvStore> store_;
  int64_t number_ = 0;  // of the checkpoint under way or the last one
  KvBatch batch_;
  std::vector<std::string> written_;  // keys without the number, of the checkpoint under way
  bool numbered_ = false;             // the number is reserved on disk
};

}  // namespace tusk::namenode
