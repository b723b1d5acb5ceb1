#include "namenode/edits/image.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/base/log.h"
#include "proto/tusk/image.pb.h"

namespace tusk::namenode {
namespace {

constexpr size_t kBatchBytes = 4 << 20;
constexpr std::string_view kTagKey = "T";
constexpr std::string_view kNumberKey = "N";  // highest checkpoint number ever begun

// Newest first: the number is inverted.
std::string VersionedKey(std::string_view key, int64_t number) {
  std::string versioned(key);
  AppendBigEndian(&versioned, ~static_cast<uint64_t>(number));
  return versioned;
}

// False for a key that is no record's.
bool SplitKey(std::string_view versioned, std::string_view* key, int64_t* number) {
  if (versioned.size() < 1 + 8) return false;
  *key = versioned.substr(0, versioned.size() - 8);
  *number = static_cast<int64_t>(~LoadBigEndian<uint64_t>(versioned.data() + key->size()));
  return true;
}

bool IsRecord(std::string_view key) {
  return !key.empty() && (key[0] == static_cast<char>(ImageRecord::kInode) ||
                          key[0] == static_cast<char>(ImageRecord::kRetry) ||
                          key[0] == static_cast<char>(ImageRecord::kDatanode));
}

StatusOr<ImageTag> ParseTag(const std::string& bytes) {
  proto::image::TagRecord record;
  if (!record.ParseFromString(bytes)) return DataLossError("the image's tag is unreadable");
  return ImageTag{.checkpoint = record.checkpoint(),
                  .txid = TxId(record.txid()),
                  .inodes = record.inodes(),
                  .sum_of_ids = static_cast<uint64_t>(record.sum_of_ids()),
                  .sum_of_lengths = static_cast<uint64_t>(record.sum_of_lengths()),
                  .last_inode = InodeId(record.last_inode_id()),
                  .last_block = BlockId(record.last_block_id()),
                  .last_generation_stamp = GenerationStamp(record.last_generation_stamp())};
}

std::string EncodeTag(const ImageTag& tag) {
  proto::image::TagRecord record;
  record.set_checkpoint(tag.checkpoint);
  record.set_txid(tag.txid.value());
  record.set_inodes(tag.inodes);
  record.set_sum_of_ids(static_cast<int64_t>(tag.sum_of_ids));
  record.set_sum_of_lengths(static_cast<int64_t>(tag.sum_of_lengths));
  record.set_last_inode_id(tag.last_inode.value());
  record.set_last_block_id(tag.last_block.value());
  record.set_last_generation_stamp(tag.last_generation_stamp.value());
  return record.SerializeAsString();
}

std::string EncodeNumber(int64_t number) {
  std::string bytes;
  AppendBigEndian(&bytes, number);
  return bytes;
}

}  // namespace

std::string InodeImageKey(InodeId inode) {
  std::string key;
  AppendBigEndian(&key, inode.value());
  return key;
}

StatusOr<std::unique_ptr<Image>> Image::Open(const std::string& dir, LevelDbOptions options) {
  options.paranoid = true;
  auto store = OpenLevelDb(dir, options);
  if (!store.ok() && store.status().code() == Code::kDataLoss) {
    LOG_WARN("image opened leniently: {}; what is left must agree with its tag",
             store.status().message());
    options.paranoid = false;
    store = OpenLevelDb(dir, options);
  }
  if (!store.ok() && store.status().code() == Code::kDataLoss) {
    LOG_WARN("image repaired: {}; what is left must agree with its tag", store.status().message());
    RETURN_IF_ERROR(RepairLevelDb(dir, options.env).WithContext("image"));
    options.paranoid = true;
    store = OpenLevelDb(dir, options);
  }
  if (!store.ok()) return std::move(store).status().WithContext("image");
  return std::make_unique<Image>(std::move(store).value());
}

Image::Image(std::unique_ptr<KvStore> store) : store_(std::move(store)) {}

StatusOr<ImageTag> Image::Load(const Visit& visit) {
  ImageTag tag;
  auto tag_bytes = Find(kTagKey);
  if (tag_bytes.ok()) {
    ASSIGN_OR_RETURN(tag, ParseTag(*tag_bytes));
  } else if (tag_bytes.status().code() != Code::kNotFound) {
    return std::move(tag_bytes).status();
  }
  number_ = tag.checkpoint;
  auto number_bytes = Find(kNumberKey);
  if (number_bytes.ok() && number_bytes->size() == 8) {
    number_ = std::max(number_, LoadBigEndian<int64_t>(number_bytes->data()));
  } else if (number_bytes.ok() || number_bytes.status().code() != Code::kNotFound) {
    return DataLossError("the image's checkpoint number is unreadable");
  }

  // Versions newer than the tag belong to a checkpoint that was not finished, older ones than the
  // first that counts were replaced.
  std::vector<std::string> stale;
  const std::unique_ptr<KvIterator> it = store_->NewIterator();
  std::string current;  // key whose newest version has been seen
  bool seen = false;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    std::string_view key;
    int64_t number = 0;
    if (!IsRecord(it->key()) || !SplitKey(it->key(), &key, &number)) continue;
    if (number > tag.checkpoint || (seen && key == current)) {
      stale.emplace_back(it->key());
      continue;
    }
    current = key;
    seen = true;
    if (it->value().empty()) {  // a deletion; nothing older stays, so it need not either
      stale.emplace_back(it->key());
      continue;
    }
    RETURN_IF_ERROR(visit(static_cast<ImageRecord>(key[0]), key.substr(1), it->value()));
  }
  RETURN_IF_ERROR(it->status());
  // Oldest versions first, a deletion after what it hides: broken off anywhere, nothing reappears.
  std::reverse(stale.begin(), stale.end());
  RETURN_IF_ERROR(DeleteInBatches(stale));
  return tag;
}

StatusOr<std::string> Image::Find(std::string_view key) {
  const std::unique_ptr<KvIterator> it = store_->NewIterator();
  it->Seek(key);
  RETURN_IF_ERROR(it->status());
  if (!it->Valid() || it->key() != key)
    return NotFoundError("the image has no " + std::string(key));
  return std::string(it->value());
}

Status Image::DeleteInBatches(const std::vector<std::string>& keys) {
  KvBatch batch;
  for (const std::string& key : keys) {
    batch.Delete(key);
    if (batch.bytes() < kBatchBytes / 4) continue;
    RETURN_IF_ERROR(store_->Write(batch, WriteSync::kYes));
    batch.Clear();
  }
  return batch.empty() ? Status::Ok() : store_->Write(batch, WriteSync::kYes);
}

Status Image::Begin() {
  batch_.Clear();  // of a checkpoint that was given up
  ++number_;
  numbered_ = false;
  written_.clear();
  return Status::Ok();
}

Status Image::Add(ImageRecord type, std::string_view key, std::string_view value) {
  std::string full(1, static_cast<char>(type));
  full += key;
  batch_.Put(VersionedKey(full, number_), std::string(value));
  written_.push_back(std::move(full));
  return batch_.bytes() < kBatchBytes ? Status::Ok() : Flush();
}

Status Image::Put(ImageRecord type, std::string_view key, std::string_view value) {
  CHECK(!value.empty()) << "an empty record would read as a deletion";
  return Add(type, key, value);
}

Status Image::PutAbsent(ImageRecord type, std::string_view key) {
  return Add(type, key, {});
}

Status Image::Flush() {
  if (!numbered_) {  // with the first batch: this number is never used again
    batch_.Put(std::string(kNumberKey), EncodeNumber(number_));
    numbered_ = true;
  }
  const Status status = store_->Write(batch_, WriteSync::kYes);
  batch_.Clear();
  return status;
}

Status Image::Commit(ImageTag* tag) {
  tag->checkpoint = number_;
  batch_.Put(std::string(kTagKey), EncodeTag(*tag));
  return Flush();
}

Status Image::PurgeSuperseded() {
  std::sort(written_.begin(), written_.end());
  std::vector<std::string> stale;
  {
    const std::unique_ptr<KvIterator> it = store_->NewIterator();
    for (const std::string& key : written_) {
      it->Seek(VersionedKey(key, number_));
      const bool deletion = it->Valid() && it->value().empty();
      const std::string newest(it->Valid() ? it->key() : std::string_view());
      if (it->Valid()) it->Next();
      const size_t older = stale.size();
      for (; it->Valid(); it->Next()) {
        std::string_view of;
        int64_t number = 0;
        if (!SplitKey(it->key(), &of, &number) || of != key) break;
        stale.emplace_back(it->key());
      }
      std::reverse(stale.begin() + static_cast<std::ptrdiff_t>(older), stale.end());
      if (deletion) stale.push_back(newest);
    }
    RETURN_IF_ERROR(it->status());
  }
  written_.clear();
  written_.shrink_to_fit();
  return DeleteInBatches(stale);
}

}  // namespace tusk::namenode
