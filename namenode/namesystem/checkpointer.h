// Writes what changed since the last checkpoint to the image, in the background, while the
// namespace goes on changing, and still as the namespace was at one moment: the cut.
//
//   Cut -> wait for the log to be synced up to it -> encode in slices -> write batches -> tag
//       -> drop superseded versions -> let old edits go
//
// Entries that changed are listed. At the cut the list becomes `pending`; a mutator that touches a
// pending inode encodes its old state first (BeforeChange). So the image is exact although each
// slice holds the lock for 2 ms at most; replay of the edits after the tag finds what it expects.
//
// Owns:    the lists. Borrows the namespace state and the image; they outlive it.
// Threads: BeforeChange and BeforeFree under the namesystem's writer lock; Run on one thread at a
//          time, taking that lock by slices.
// Fails:   a failed checkpoint is given up with a logged line and tried again later: the edits
//          stay. Its entries count as changed again.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "namenode/edits/image.h"
#include "namenode/namesystem/directory.h"

namespace tusk::proto::image {
class InodeRecord;
}

namespace tusk::namenode {

struct NamespaceState;

class Checkpointer final : public DirectoryObserver {
 public:
  // `state` as the image has it: what changes from here on is the next checkpoint.
  Checkpointer(NamespaceState* state, Image* image, const Clock* clock, Duration slice);

  using Encoded = std::pair<std::string, std::string>;  // key, value; empty: a deletion

  // DirectoryObserver, under the writer lock.
  void BeforeChange(Inode* inode) override;
  void BeforeFree(Inode* inode) override;

  // Under the writer lock: whether a checkpoint would hold anything.
  bool dirty() const { return !dirty_.empty(); }

  // Under the writer lock. The checkpoint will hold everything up to `txid`.
  void Cut(TxId txid);
  // Under the writer lock: encodes for one slice of time. What is encoded, here and by mutators
  // meanwhile, goes to `out`. True when that was the last slice.
  bool EncodeSlice(std::vector<Encoded>* out);
  // Without the lock.
  Status Begin();
  Status Write(const std::vector<Encoded>& inodes);
  StatusOr<ImageTag> Finish();
  // Under the writer lock, after a failure: nothing that was cut is lost.
  void GiveUp();

  // ---- loading ---------------------------------------------------------------------------------

  // Fills the empty state from the image. kDataLoss when counts or sums differ from the tag.
  static StatusOr<ImageTag> Load(Image* image, NamespaceState* state);

 private:
  uint8_t DirtyMark() const { return static_cast<uint8_t>(1 + (generation_ & 1)); }
  uint8_t PendingMark() const { return static_cast<uint8_t>(2 - (generation_ & 1)); }
  void Encode(const Inode& inode);

  NamespaceState* const state_;
  Image* const image_;
  const Clock* const clock_;
  const Duration slice_;

  // Under the namesystem's lock.
  uint64_t generation_ = 0;       // of cuts; its parity says which mark of an inode means what
  std::vector<InodeId> dirty_;    // changed since the last cut
  std::vector<InodeId> pending_;  // changed before it, to be encoded
  size_t next_ = 0;               // in pending_
  bool active_ = false;
  std::unordered_set<InodeId> freed_;  // encoded, then freed, since the cut
  std::vector<Encoded> encoded_;       // inodes
  uint64_t retries_from_ = 0;          // first retry entry not yet in the image
  uint64_t retries_upto_ = 0;          // of the checkpoint under way
  std::vector<std::string> dropped_retries_;

  // Of the checkpoint under way. Retries and DataNodes are few: they are written at the end, and
  // kept until that has succeeded.
  ImageTag tag_;
  std::vector<std::pair<ImageRecord, Encoded>> others_;
};

}  // namespace tusk::namenode
