// addBlock, abandonBlock, getAdditionalDatanode: where the next block of a file goes.
//
// addBlock is idempotent by what it carries: asked again with the same `previous`, it answers the
// block it has already allocated.
#include "namenode/namesystem/namesystem.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {
namespace {

bool Matches(const Block& block, const BlockEntry& entry) {
  return block.id == entry.id && block.generation_stamp == entry.generation_stamp;
}

void ToRecord(const BlockEntry& entry, proto::edits::BlockRecord* out) {
  out->set_id(entry.id.value());
  out->set_generation_stamp(entry.generation_stamp.value());
  out->set_length(entry.length());
  out->set_state(static_cast<uint32_t>(entry.state_bits));
}

std::string Describe(const std::optional<ExtendedBlock>& block) {
  return block.has_value() ? BlockName(*block) : "null";
}

enum class PreviousIs { kLast, kPenultimate };

// What `previous` says about the state the client believes the file to be in.
StatusOr<PreviousIs> ComparePrevious(const std::string& path, const Inode& file,
                                     const std::optional<ExtendedBlock>& previous) {
  const uint32_t count = file.blocks.size();
  const auto is = [&](uint32_t blocks) {  // `previous` is the last of the first `blocks` blocks
    return blocks == 0 ? !previous.has_value()
                       : previous.has_value() && Matches(previous->block, file.blocks[blocks - 1]);
  };
  if (is(count)) return PreviousIs::kLast;
  // An append to a file whose last block is full begins with no block of its own.
  if (!previous.has_value() && file.blocks.back().complete() &&
      file.blocks.back().length() >= file.block_size) {
    return PreviousIs::kLast;
  }
  if (count > 0 && is(count - 1)) {
    const BlockEntry& last = file.blocks.back();
    if (last.length() == 0 && !last.complete()) return PreviousIs::kPenultimate;
    return FailedPreconditionError("Request looked like a retry to allocate block " +
                                   BlockName(last.ToBlock()) + " but it already contains " +
                                   std::to_string(last.length()) + " bytes");
  }
  return FailedPreconditionError(
      "Cannot allocate block in " + path + ": passed 'previous' block " + Describe(previous) +
      " does not match actual last block in file " +
      (count == 0 ? std::string("null") : BlockName(file.blocks.back().ToBlock())));
}

}  // namespace

void Namesystem::AddBlock(const Caller& caller, const AddBlockArgs& args,
                          HeldCall<LocatedBlock> held) {
  Hold<LocatedBlock>(
      [this, caller, args](const WaitForFile* wait) { return TryAddBlock(caller, args, wait); },
      FailedPreconditionError("Not replicated yet: " + args.path, Reason::kNotReplicatedYet),
      std::move(held));
}

std::optional<StatusOr<LocatedBlock>> Namesystem::TryAddBlock(const Caller& caller,
                                                              const AddBlockArgs& args,
                                                              const WaitForFile* wait) {
  WriterLock lock(mu_);
  auto result = AllocateBlock(caller, args, wait);
  if (!result.ok()) return std::move(result).status();
  if (!result->has_value()) return std::nullopt;
  return std::move(**result);
}

StatusOr<std::optional<LocatedBlock>> Namesystem::AllocateBlock(const Caller& caller,
                                                                const AddBlockArgs& args,
                                                                const WaitForFile* wait) {
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot add block to " + args.path));
  if (args.previous.has_value()) RETURN_IF_ERROR(CheckBlockPool(*args.previous));
  ASSIGN_OR_RETURN(Inode* const file, FileOpenFor(args.path, args.file_id, args.client_name));
  ASSIGN_OR_RETURN(const PreviousIs previous, ComparePrevious(args.path, *file, args.previous));
  const uint32_t count = file->blocks.size();
  if (previous == PreviousIs::kPenultimate) {
    const BlockEntry& last = file->blocks.back();
    LocatedBlock again =
        blocks_->Locate(last.ToBlock(), state_.directory.FileLength(*file), caller.host);
    if (!again.locations.empty()) return std::optional(std::move(again));
    // Allocated before a restart, or its nodes are gone: a pipeline stands in no edit.
  } else if (static_cast<int32_t>(count) >= options_.max_blocks_per_file) {
    return FailedPreconditionError(
        "File has reached the limit on maximum number of blocks "
        "(dfs.namenode.fs-limits.max-blocks-per-file): " +
        std::to_string(count) + " >= " + std::to_string(options_.max_blocks_per_file));
  }
  if (previous == PreviousIs::kLast && count >= 2 && !file->blocks[count - 2].complete() &&
      !blocks_->IsComplete(file->blocks[count - 2].id)) {
    if (wait != nullptr) (*wait)(file->id);
    return std::optional<LocatedBlock>();
  }

  PlacementRequest request;
  request.path = args.path;
  request.additional = file->replication;
  request.minimum = options_.min_replication;
  request.block_size_bytes = file->block_size;
  request.writer_host = caller.host;
  request.excluded = args.excluded;
  request.favored_nodes = args.favored_nodes;
  request.no_local_write = args.no_local_write;
  request.ignore_client_locality = args.ignore_client_locality;
  ASSIGN_OR_RETURN(const std::vector<ReplicaTarget> targets, blocks_->ChooseTargets(request));
  if (previous == PreviousIs::kPenultimate) {
    const Block again = file->blocks.back().ToBlock();
    blocks_->AddUnderConstruction(file->id, again, file->replication, targets);
    return std::optional(blocks_->Describe(again, state_.directory.FileLength(*file), targets));
  }

  proto::edits::EditOp op;
  auto* add = op.mutable_add_block();
  add->set_inode_id(file->id.value());
  if (count > 0 && !file->blocks.back().complete()) {
    RETURN_IF_ERROR(blocks_->Commit(args.previous->block));
    BlockEntry committed = file->blocks.back();
    committed.num_bytes = static_cast<uint64_t>(args.previous->block.num_bytes);
    committed.set_state(BlockState::kCommitted);
    ToRecord(committed, add->mutable_previous());
  }
  BlockEntry fresh;
  fresh.id = BlockId(state_.last_block.value() + 1);
  fresh.generation_stamp = GenerationStamp(state_.last_generation_stamp.value() + 1);
  ToRecord(fresh, add->mutable_block());
  Log(&op);
  const Block block = fresh.ToBlock();
  blocks_->AddUnderConstruction(file->id, block, file->replication, targets);
  return std::optional(blocks_->Describe(block, state_.directory.FileLength(*file), targets));
}

Status Namesystem::AbandonBlock(const Caller& /*caller*/, const ExtendedBlock& block,
                                const std::string& path, const std::string& client_name,
                                InodeId file_id) {
  WriterLock lock(mu_);
  RETURN_IF_ERROR(
      CheckNotInSafeMode("Cannot abandon block " + BlockName(block) + " for file" + path));
  RETURN_IF_ERROR(CheckBlockPool(block));
  ASSIGN_OR_RETURN(Inode* const file, FileOpenFor(path, file_id, client_name));
  if (file->blocks.empty() || file->blocks.back().id != block.block.id) return Status::Ok();
  if (file->blocks.back().complete()) {
    return FailedPreconditionError("Cannot abandon block " + BlockName(block) + ": it is complete");
  }
  proto::edits::EditOp op;
  op.mutable_abandon_block()->set_inode_id(file->id.value());
  op.mutable_abandon_block()->set_block_id(block.block.id.value());
  Log(&op);
  blocks_->Remove({block.block.id});
  return Status::Ok();
}

StatusOr<LocatedBlock> Namesystem::GetAdditionalDatanode(const Caller& caller,
                                                         const AdditionalDatanodeArgs& args) {
  PlacementRequest request;
  std::vector<ReplicaTarget> targets;
  {
    ReaderLock lock(mu_);
    RETURN_IF_ERROR(CheckNotInSafeMode("Cannot add datanode; src=" + args.path +
                                       ", blk=" + BlockName(args.block)));
    ASSIGN_OR_RETURN(const Inode* const file,
                     FileOpenFor(args.path, args.file_id, args.client_name));
    request.block_size_bytes = file->block_size;
  }
  request.path = args.path;
  request.additional = args.additional;
  request.minimum = args.additional;
  request.writer_host = caller.host;
  for (const DatanodeInfo& node : args.excluded) request.excluded.push_back(node.id);
  for (size_t i = 0; i < args.existing.size(); ++i) {
    ReplicaTarget target;
    target.node = args.existing[i];
    if (i < args.existing_storage_ids.size()) target.storage_id = args.existing_storage_ids[i];
    targets.push_back(target);
  }
  request.existing = targets;
  ASSIGN_OR_RETURN(std::vector<ReplicaTarget> more, blocks_->ChooseTargets(request));
  targets.insert(targets.end(), more.begin(), more.end());
  LocatedBlock located = blocks_->Describe(args.block.block, -1, targets);
  return located;
}

}  // namespace tusk::namenode
