#include "namenode/namesystem/checkpointer.h"

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "namenode/namesystem/namespace_state.h"
#include "proto/tusk/edits.pb.h"
#include "proto/tusk/image.pb.h"

namespace tusk::namenode {
namespace {

namespace image = proto::image;

constexpr int kEntriesPerClockLook = 64;

std::string DatanodeKey(const std::string& uuid) {
  return uuid + '\0';
}

std::string EncodeDatanode(const DatanodeId& id) {
  proto::edits::RegisterDatanode record;
  record.set_uuid(id.uuid);
  record.set_ip_addr(id.ip_addr);
  record.set_host_name(id.host_name);
  record.set_xfer_port(id.xfer_port);
  record.set_info_port(id.info_port);
  record.set_ipc_port(id.ipc_port);
  return record.SerializeAsString();
}

std::string EncodeRetry(const RetryCache::Entry& entry) {
  image::RetryRecord record;
  record.set_time_ms(entry.time_ms);
  record.set_answer(entry.answer);
  return record.SerializeAsString();
}

std::string EncodeInode(const Directory& directory, const Inode& inode) {
  image::InodeRecord record;
  record.set_parent_id(inode.parent == kNoInode ? 0 : directory.Get(inode.parent)->id.value());
  record.set_name(std::string(directory.NameOf(inode)));
  record.set_directory(inode.directory);
  const AccessEntry& access = directory.AccessOf(inode);
  record.set_permission(access.permission.bits);
  record.set_owner(access.owner);
  record.set_group(access.group);
  record.set_mtime_ms(inode.mtime_ms);
  if (inode.is_file()) {
    record.set_atime_ms(inode.atime_ms);
    record.set_replication(inode.replication);
    record.set_block_size(inode.block_size);
  }
  for (const BlockEntry& block : inode.blocks) {
    auto* out = record.add_blocks();
    out->set_id(block.id.value());
    out->set_generation_stamp(block.generation_stamp.value());
    out->set_length(block.length());
    out->set_state(static_cast<uint32_t>(block.state_bits));
  }
  if (inode.open) {
    const OpenFile& open = directory.OpenInfo(inode);
    record.mutable_open()->set_client_name(open.client_name);
    record.mutable_open()->set_client_host(open.client_host);
    record.mutable_open()->set_recovery_id(open.recovery_id);
  }
  return record.SerializeAsString();
}

Status LoadInode(std::string_view key, std::string_view value, NamespaceState* state) {
  image::InodeRecord record;
  if (key.size() != 8 || !record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return DataLossError("the image holds an unreadable inode");
  }
  std::vector<BlockEntry> blocks;
  for (const auto& from : record.blocks()) {
    BlockEntry block;
    block.id = BlockId(from.id());
    block.generation_stamp = GenerationStamp(from.generation_stamp());
    block.num_bytes = static_cast<uint64_t>(from.length());
    block.state_bits = from.state() & 3;
    blocks.push_back(block);
  }
  OpenFile open;
  if (record.has_open()) {
    open = {record.open().client_name(), record.open().client_host(), record.open().recovery_id()};
  }
  const InodeId id(LoadBigEndian<int64_t>(key.data()));
  return state->directory.Insert({.id = id,
                                  .parent = InodeId(record.parent_id()),
                                  .name = record.name(),
                                  .directory = record.directory(),
                                  .owner = record.owner(),
                                  .group = record.group(),
                                  .permission = {static_cast<uint16_t>(record.permission())},
                                  .mtime_ms = record.mtime_ms(),
                                  .atime_ms = record.atime_ms(),
                                  .replication = static_cast<int32_t>(record.replication()),
                                  .block_size = record.block_size()},
                                 blocks, record.has_open() ? &open : nullptr);
}

Status LoadRetry(std::string_view key, std::string_view value,
                 std::vector<RetryCache::Entry>* out) {
  image::RetryRecord record;
  if (!record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return DataLossError("the image holds an unreadable retry entry");
  }
  out->push_back({std::string(key), record.time_ms(), record.answer()});
  return Status::Ok();
}

Status LoadDatanode(std::string_view value, NamespaceState* state) {
  proto::edits::RegisterDatanode record;
  if (!record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return DataLossError("the image holds an unreadable DataNode");
  }
  state->datanodes[record.uuid()] = {record.ip_addr(),   record.host_name(), record.uuid(),
                                     record.xfer_port(), record.info_port(), record.ipc_port()};
  return Status::Ok();
}

}  // namespace

Checkpointer::Checkpointer(NamespaceState* state, Image* image, const Clock* clock, Duration slice)
    : state_(state),
      image_(image),
      clock_(clock),
      slice_(slice),
      retries_from_(state->retries.next_number()) {}

// ---- under the namesystem's lock ---------------------------------------------------------------

void Checkpointer::BeforeChange(Inode* inode) {
  if (active_ && (inode->marks & PendingMark()) != 0) {
    Encode(*inode);
    inode->marks &= DirtyMark();
  }
  if ((inode->marks & DirtyMark()) != 0) return;
  inode->marks |= DirtyMark();
  dirty_.push_back(inode->id);
}

void Checkpointer::BeforeFree(Inode* inode) {
  BeforeChange(inode);  // listed: the next checkpoint finds the id gone and writes that
  if (active_) freed_.insert(inode->id);
}

void Checkpointer::Encode(const Inode& inode) {
  encoded_.emplace_back(InodeImageKey(inode.id), EncodeInode(state_->directory, inode));
}

void Checkpointer::Cut(TxId txid) {
  CHECK(!active_);
  active_ = true;
  ++generation_;  // what was marked dirty is pending from here on
  pending_ = std::exchange(dirty_, {});
  next_ = 0;
  const Directory& directory = state_->directory;
  tag_ = {.txid = txid,
          .inodes = directory.size(),
          .sum_of_ids = directory.sum_of_ids(),
          .sum_of_lengths = directory.sum_of_lengths(),
          .last_inode = state_->last_inode,
          .last_block = state_->last_block,
          .last_generation_stamp = state_->last_generation_stamp};
  // Dropped entries first: the same call may have come again since.
  for (std::string& key : state_->retries.TakeDropped()) {
    others_.emplace_back(ImageRecord::kRetry, Encoded(std::move(key), {}));
  }
  retries_upto_ = state_->retries.next_number();
  for (const std::string& uuid : state_->changed_datanodes) {
    others_.emplace_back(ImageRecord::kDatanode,
                         Encoded(DatanodeKey(uuid), EncodeDatanode(state_->datanodes.at(uuid))));
  }
  state_->changed_datanodes.clear();
}

bool Checkpointer::EncodeSlice(std::vector<Encoded>* out) {
  const TimePoint end = clock_->Now() + slice_;
  int n = 0;
  const auto time_is_up = [&] { return ++n % kEntriesPerClockLook == 0 && clock_->Now() >= end; };
  bool done = true;
  for (; next_ < pending_.size(); ++next_) {
    if (time_is_up()) {
      done = false;
      break;
    }
    const InodeId id = pending_[next_];
    Inode* inode = state_->directory.FindRaw(id);
    if (inode == nullptr) {
      // Gone before the cut, unless it was freed since, and so encoded.
      if (!freed_.contains(id)) encoded_.emplace_back(InodeImageKey(id), std::string());
    } else if ((inode->marks & PendingMark()) != 0) {
      Encode(*inode);
      inode->marks &= DirtyMark();
    }
  }
  for (; done && retries_from_ < retries_upto_; ++retries_from_) {
    if (time_is_up()) {
      done = false;
      break;
    }
    const RetryCache::Entry* entry = state_->retries.At(retries_from_);
    if (entry == nullptr) continue;  // too old by now
    others_.emplace_back(ImageRecord::kRetry, Encoded(entry->key, EncodeRetry(*entry)));
  }
  *out = std::exchange(encoded_, {});
  if (done) {
    active_ = false;
    freed_.clear();
  }
  return done;
}

void Checkpointer::GiveUp() {
  // What was pending counts as changed, encoded or not.
  for (const InodeId id : pending_) {
    Inode* inode = state_->directory.FindRaw(id);
    if (inode != nullptr) {
      if ((inode->marks & DirtyMark()) != 0) continue;
      inode->marks = DirtyMark();
    }
    dirty_.push_back(id);
  }
  active_ = false;
  pending_.clear();
  encoded_.clear();
  freed_.clear();
}

// ---- without it --------------------------------------------------------------------------------

Status Checkpointer::Begin() {
  return image_->Begin();
}

Status Checkpointer::Write(const std::vector<Encoded>& inodes) {
  for (const auto& [key, value] : inodes) {
    RETURN_IF_ERROR(value.empty() ? image_->PutAbsent(ImageRecord::kInode, key)
                                  : image_->Put(ImageRecord::kInode, key, value));
  }
  return Status::Ok();
}

StatusOr<ImageTag> Checkpointer::Finish() {
  for (const auto& [type, entry] : others_) {
    RETURN_IF_ERROR(entry.second.empty() ? image_->PutAbsent(type, entry.first)
                                         : image_->Put(type, entry.first, entry.second));
  }
  RETURN_IF_ERROR(image_->Commit(&tag_));
  others_.clear();
  pending_.clear();
  return tag_;
}

// ---- loading -----------------------------------------------------------------------------------

StatusOr<ImageTag> Checkpointer::Load(Image* image, NamespaceState* state) {
  std::vector<RetryCache::Entry> retries;
  ASSIGN_OR_RETURN(const ImageTag tag, image->Load([&](ImageRecord type, std::string_view key,
                                                       std::string_view value) -> Status {
    if (type == ImageRecord::kInode) return LoadInode(key, value, state);
    return type == ImageRecord::kRetry ? LoadRetry(key, value, &retries)
                                       : LoadDatanode(value, state);
  }));
  if (tag.checkpoint == 0) return tag;
  RETURN_IF_ERROR(state->directory.FinishLoad());
  const Directory& directory = state->directory;
  if (directory.size() != tag.inodes || directory.sum_of_ids() != tag.sum_of_ids ||
      directory.sum_of_lengths() != tag.sum_of_lengths) {
    return DataLossError(
        "the image does not hold what its tag says: " + std::to_string(directory.size()) +
        " inodes of " + std::to_string(tag.inodes) +
        "; restore the image from a copy of the directory");
  }
  state->last_inode = tag.last_inode;
  state->last_block = tag.last_block;
  state->last_generation_stamp = tag.last_generation_stamp;
  std::sort(retries.begin(), retries.end(),
            [](const auto& a, const auto& b) { return a.time_ms < b.time_ms; });
  for (RetryCache::Entry& entry : retries) state->retries.Add(std::move(entry));
  for (const auto& [id, open] : directory.open_files()) {
    if (directory.Find(id) != nullptr) state->leases.Add(open.client_name, id);
  }
  return tag;
}

}  // namespace tusk::namenode
