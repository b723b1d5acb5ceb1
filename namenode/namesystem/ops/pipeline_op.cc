// updateBlockForPipeline, updatePipeline, reportBadBlocks: a writer's pipeline has lost a node.
#include "namenode/namesystem/namesystem.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {

StatusOr<LocatedBlock> Namesystem::UpdateBlockForPipeline(const Caller& /*caller*/,
                                                          const ExtendedBlock& block,
                                                          const std::string& client_name) {
  WriterLock lock(mu_);
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot get a new GS for block " + BlockName(block)));
  RETURN_IF_ERROR(FileWritingBlock(block, client_name).status());
  const GenerationStamp stamp(state_.last_generation_stamp.value() + 1);
  proto::edits::EditOp op;
  op.mutable_allocate_generation_stamp()->set_generation_stamp(stamp.value());
  Log(&op);
  LocatedBlock located;
  located.block = block;
  located.block.block.generation_stamp = stamp;
  located.offset = -1;
  return located;
}

Status Namesystem::UpdatePipeline(const Caller& caller, const std::string& client_name,
                                  const ExtendedBlock& old_block, const ExtendedBlock& new_block,
                                  const std::vector<DatanodeId>& new_nodes,
                                  const std::vector<std::string>& storage_ids) {
  WriterLock lock(mu_);
  if (FindRetry(caller) != nullptr) return Status::Ok();
  RETURN_IF_ERROR(CheckNotInSafeMode("Pipeline not updated"));
  if (new_block.block.id != old_block.block.id) {
    return InvalidArgumentError(BlockName(old_block) + " and " + BlockName(new_block) +
                                " are not the same block");
  }
  ASSIGN_OR_RETURN(Inode* const file, FileWritingBlock(old_block, client_name));
  const BlockEntry& stored = file->blocks.back();
  if (new_block.block.generation_stamp <= stored.generation_stamp ||
      new_block.block.generation_stamp > state_.last_generation_stamp ||
      new_block.block.num_bytes < stored.length()) {
    return FailedPreconditionError("Update " + BlockName(stored.ToBlock()) +
                                   " (size=" + std::to_string(stored.length()) +
                                   ") to an older state: " + BlockName(new_block) +
                                   " (size=" + std::to_string(new_block.block.num_bytes) + ")");
  }
  RETURN_IF_ERROR(
      blocks_->UpdatePipeline(old_block.block, new_block.block, new_nodes, storage_ids));
  proto::edits::EditOp op;
  auto* update = op.mutable_update_last_block();
  update->set_inode_id(file->id.value());
  update->mutable_block()->set_id(new_block.block.id.value());
  update->mutable_block()->set_generation_stamp(new_block.block.generation_stamp.value());
  update->mutable_block()->set_length(new_block.block.num_bytes);
  update->mutable_block()->set_state(static_cast<uint32_t>(BlockState::kUnderConstruction));
  Log(&op, &caller);
  return Status::Ok();
}

Status Namesystem::ReportBadBlocks(const Caller& caller, const std::vector<LocatedBlock>& blocks) {
  for (const LocatedBlock& block : blocks) {
    for (size_t i = 0; i < block.locations.size(); ++i) {
      const std::string storage = i < block.storage_ids.size() ? block.storage_ids[i] : "";
      blocks_->ReportBad(block.block.block, block.locations[i].id.uuid, storage,
                         "reported by client " + caller.host);
    }
  }
  return Status::Ok();
}

}  // namespace tusk::namenode
