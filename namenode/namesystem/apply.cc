#include "namenode/namesystem/apply.h"

#include <algorithm>
#include <string>

#include "namenode/namesystem/namespace_state.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {
namespace {

namespace edits = proto::edits;

Status Misfit(const std::string& what) {
  return DataLossError("the edit log does not fit the image: " + what);
}

StatusOr<Inode*> FindInode(NamespaceState* state, int64_t id) {
  Inode* inode = state->directory.Find(InodeId(id));
  if (inode == nullptr) return Misfit("inode " + std::to_string(id) + " is not there");
  return inode;
}

StatusOr<Inode*> FindFile(NamespaceState* state, int64_t id) {
  ASSIGN_OR_RETURN(Inode* const inode, FindInode(state, id));
  if (!inode->is_file()) return Misfit("inode " + std::to_string(id) + " is a directory");
  return inode;
}

StatusOr<Inode*> FindOpenFile(NamespaceState* state, int64_t id) {
  ASSIGN_OR_RETURN(Inode* const file, FindFile(state, id));
  if (!file->open) return Misfit("file " + std::to_string(id) + " is not open");
  return file;
}

BlockEntry FromRecord(const edits::BlockRecord& record) {
  BlockEntry block;
  block.id = BlockId(record.id());
  block.generation_stamp = GenerationStamp(record.generation_stamp());
  block.num_bytes = static_cast<uint64_t>(record.length());
  block.set_state(static_cast<BlockState>(std::min(record.state(), 2u)));
  return block;
}

void SawGenerationStamp(NamespaceState* state, GenerationStamp stamp) {
  state->last_generation_stamp = std::max(state->last_generation_stamp, stamp);
}

// A new inode needs a fresh id and a free, valid name.
StatusOr<Inode*> AddInode(NamespaceState* state, const NewInode& from) {
  if (from.id <= state->last_inode) {
    return Misfit("inode id " + std::to_string(from.id.value()) + " was given out before");
  }
  if (from.id >= InodeMap::kMaxId) {
    return Misfit("inode id " + std::to_string(from.id.value()) + " is out of range");
  }
  ASSIGN_OR_RETURN(Inode* const parent, FindInode(state, from.parent.value()));
  if (!parent->directory || from.name.empty() || from.name.size() > NameArena::kMaxName ||
      state->directory.Child(*parent, from.name) != nullptr) {
    return Misfit("no place for " + std::string(from.name));
  }
  state->last_inode = from.id;
  return state->directory.Add(from);
}

Status AddDirectory(const edits::NewDirectory& op, int64_t time_ms, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const made,
                   AddInode(state, {.id = InodeId(op.inode_id()),
                                    .parent = InodeId(op.parent_id()),
                                    .name = op.name(),
                                    .directory = true,
                                    .owner = op.owner(),
                                    .group = op.group(),
                                    .permission = {static_cast<uint16_t>(op.permission())},
                                    .mtime_ms = time_ms}));
  state->directory.SetTimes(state->directory.Get(made->parent), time_ms, -1);
  return Status::Ok();
}

Status DetachInode(int64_t id, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const inode, FindInode(state, id));
  if (inode == state->directory.root()) return Misfit("the root is deleted");
  // Leases below go when the inodes are freed; this one at once, as its client may ask again.
  if (inode->open) state->leases.Remove(inode->id);
  state->directory.Detach(inode);
  return Status::Ok();
}

Status Apply(const edits::MakeDirectories& op, NamespaceState* state) {
  for (const auto& directory : op.directories()) {
    RETURN_IF_ERROR(AddDirectory(directory, op.time_ms(), state));
  }
  return Status::Ok();
}

Status Apply(const edits::CreateFile& op, NamespaceState* state) {
  if (op.has_overwritten_id()) RETURN_IF_ERROR(DetachInode(op.overwritten_id(), state));
  for (const auto& directory : op.directories()) {
    RETURN_IF_ERROR(AddDirectory(directory, op.time_ms(), state));
  }
  ASSIGN_OR_RETURN(Inode* const file,
                   AddInode(state, {.id = InodeId(op.inode_id()),
                                    .parent = InodeId(op.parent_id()),
                                    .name = op.name(),
                                    .owner = op.owner(),
                                    .group = op.group(),
                                    .permission = {static_cast<uint16_t>(op.permission())},
                                    .mtime_ms = op.time_ms(),
                                    .atime_ms = op.time_ms(),
                                    .replication = static_cast<int32_t>(op.replication()),
                                    .block_size = op.block_size()}));
  state->directory.SetTimes(state->directory.Get(file->parent), op.time_ms(), -1);
  state->directory.SetOpen(file, {op.client_name(), op.client_host(), 0});
  state->leases.Add(op.client_name(), file->id);
  return Status::Ok();
}

Status SetLastBlock(Inode* file, const edits::BlockRecord& record, NamespaceState* state) {
  const BlockEntry block = FromRecord(record);
  if (file->blocks.empty() || file->blocks.back().id != block.id) {
    return Misfit("block " + std::to_string(record.id()) + " is not the last of file " +
                  std::to_string(file->id.value()));
  }
  state->directory.SetBlock(file, file->blocks.size() - 1, block);
  SawGenerationStamp(state, block.generation_stamp);
  return Status::Ok();
}

Status Apply(const edits::AddBlock& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const file, FindOpenFile(state, op.inode_id()));
  if (op.has_previous()) {
    RETURN_IF_ERROR(SetLastBlock(file, op.previous(), state));
    // addBlock is allowed only when the block before `previous` is complete.
    if (file->blocks.size() > 1) {
      BlockEntry before = file->blocks[file->blocks.size() - 2];
      if (!before.complete()) {
        before.set_state(BlockState::kComplete);
        state->directory.SetBlock(file, file->blocks.size() - 2, before);
      }
    }
  }
  const BlockEntry block = FromRecord(op.block());
  if (block.id <= state->last_block) {
    return Misfit("block id " + std::to_string(op.block().id()) + " was given out before");
  }
  state->directory.AddBlock(file, block);
  state->last_block = block.id;
  SawGenerationStamp(state, block.generation_stamp);
  return Status::Ok();
}

Status RemoveLastBlock(Inode* file, int64_t block, NamespaceState* state) {
  if (file->blocks.empty() || file->blocks.back().id.value() != block) {
    return Misfit("block " + std::to_string(block) + " is not the last of file " +
                  std::to_string(file->id.value()));
  }
  state->directory.RemoveLastBlock(file);
  return Status::Ok();
}

Status Apply(const edits::AbandonBlock& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const file, FindOpenFile(state, op.inode_id()));
  return RemoveLastBlock(file, op.block_id(), state);
}

Status Apply(const edits::UpdateLastBlock& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const file, FindOpenFile(state, op.inode_id()));
  return SetLastBlock(file, op.block(), state);
}

void CloseInode(Inode* file, int64_t time_ms, NamespaceState* state) {
  Directory& directory = state->directory;
  for (uint32_t i = 0; i < file->blocks.size(); ++i) {
    BlockEntry block = file->blocks[i];
    if (block.complete()) continue;
    block.set_state(BlockState::kComplete);
    directory.SetBlock(file, i, block);
  }
  state->leases.Remove(file->id);
  directory.SetClosed(file);
  directory.SetTimes(file, time_ms, -1);
}

Status Apply(const edits::CloseFile& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const file, FindOpenFile(state, op.inode_id()));
  if (op.has_dropped_block_id()) {
    RETURN_IF_ERROR(RemoveLastBlock(file, op.dropped_block_id(), state));
  }
  if (op.has_last()) RETURN_IF_ERROR(SetLastBlock(file, op.last(), state));
  CloseInode(file, op.time_ms(), state);
  return Status::Ok();
}

Status Apply(const edits::ReopenFile& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const file, FindFile(state, op.inode_id()));
  if (file->open) return Misfit("file " + std::to_string(op.inode_id()) + " is open already");
  if (op.has_last()) RETURN_IF_ERROR(SetLastBlock(file, op.last(), state));
  state->directory.SetOpen(file, {op.client_name(), op.client_host(), 0});
  state->leases.Add(op.client_name(), file->id);
  return Status::Ok();
}

Status Apply(const edits::StartRecovery& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const file, FindOpenFile(state, op.inode_id()));
  state->leases.Reassign(file->id, op.holder());
  state->directory.SetRecovery(file, op.holder(), op.recovery_id());
  SawGenerationStamp(state, GenerationStamp(op.recovery_id()));
  return Status::Ok();
}

Status Apply(const edits::SynchronizeBlock& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const file, FindOpenFile(state, op.inode_id()));
  if (op.delete_block()) {
    RETURN_IF_ERROR(RemoveLastBlock(file, op.block().id(), state));
  } else {
    RETURN_IF_ERROR(SetLastBlock(file, op.block(), state));
  }
  if (op.close_file()) CloseInode(file, op.time_ms(), state);
  return Status::Ok();
}

Status Apply(const edits::Rename& op, NamespaceState* state) {
  Directory& directory = state->directory;
  ASSIGN_OR_RETURN(Inode* const inode, FindInode(state, op.inode_id()));
  ASSIGN_OR_RETURN(Inode* const parent, FindInode(state, op.parent_id()));
  if (op.has_overwritten_id()) RETURN_IF_ERROR(DetachInode(op.overwritten_id(), state));
  if (inode == directory.root() || !parent->directory || directory.IsBelow(*parent, *inode) ||
      op.name().empty() || op.name().size() > NameArena::kMaxName ||
      directory.Child(*parent, op.name()) != nullptr) {
    return Misfit("inode " + std::to_string(op.inode_id()) + " cannot become " + op.name());
  }
  directory.SetTimes(directory.Get(inode->parent), op.time_ms(), -1);
  directory.Move(inode, parent, op.name());
  directory.SetTimes(parent, op.time_ms(), -1);
  return Status::Ok();
}

Status Apply(const edits::Delete& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const inode, FindInode(state, op.inode_id()));
  Inode* parent = inode->parent == kNoInode ? nullptr : state->directory.Get(inode->parent);
  RETURN_IF_ERROR(DetachInode(op.inode_id(), state));
  state->directory.SetTimes(parent, op.time_ms(), -1);
  return Status::Ok();
}

Status Apply(const edits::SetReplication& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const file, FindFile(state, op.inode_id()));
  state->directory.SetReplication(file, static_cast<int32_t>(op.replication()));
  return Status::Ok();
}

Status Apply(const edits::SetPermission& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const inode, FindInode(state, op.inode_id()));
  state->directory.SetPermission(inode, {static_cast<uint16_t>(op.permission())});
  return Status::Ok();
}

Status Apply(const edits::SetOwner& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const inode, FindInode(state, op.inode_id()));
  state->directory.SetOwner(inode, op.has_owner() ? &op.owner() : nullptr,
                            op.has_group() ? &op.group() : nullptr);
  return Status::Ok();
}

Status Apply(const edits::SetTimes& op, NamespaceState* state) {
  ASSIGN_OR_RETURN(Inode* const inode, FindInode(state, op.inode_id()));
  state->directory.SetTimes(inode, op.has_mtime_ms() ? op.mtime_ms() : -1,
                            op.has_atime_ms() ? op.atime_ms() : -1);
  return Status::Ok();
}

Status Apply(const edits::RegisterDatanode& op, NamespaceState* state) {
  DatanodeId id{op.ip_addr(),   op.host_name(), op.uuid(),
                op.xfer_port(), op.info_port(), op.ipc_port()};
  state->changed_datanodes.push_back(id.uuid);
  state->datanodes[op.uuid()] = std::move(id);
  return Status::Ok();
}

Status ApplyOne(const edits::EditOp& op, NamespaceState* state) {
  switch (op.op_case()) {
    case edits::EditOp::kMakeDirectories:
      return Apply(op.make_directories(), state);
    case edits::EditOp::kCreateFile:
      return Apply(op.create_file(), state);
    case edits::EditOp::kAddBlock:
      return Apply(op.add_block(), state);
    case edits::EditOp::kAbandonBlock:
      return Apply(op.abandon_block(), state);
    case edits::EditOp::kUpdateLastBlock:
      return Apply(op.update_last_block(), state);
    case edits::EditOp::kCloseFile:
      return Apply(op.close_file(), state);
    case edits::EditOp::kReopenFile:
      return Apply(op.reopen_file(), state);
    case edits::EditOp::kAllocateGenerationStamp:
      SawGenerationStamp(state, GenerationStamp(op.allocate_generation_stamp().generation_stamp()));
      return Status::Ok();
    case edits::EditOp::kStartRecovery:
      return Apply(op.start_recovery(), state);
    case edits::EditOp::kSynchronizeBlock:
      return Apply(op.synchronize_block(), state);
    case edits::EditOp::kRename:
      return Apply(op.rename(), state);
    case edits::EditOp::kDelete:
      return Apply(op.delete_(), state);
    case edits::EditOp::kSetReplication:
      return Apply(op.set_replication(), state);
    case edits::EditOp::kSetPermission:
      return Apply(op.set_permission(), state);
    case edits::EditOp::kSetOwner:
      return Apply(op.set_owner(), state);
    case edits::EditOp::kSetTimes:
      return Apply(op.set_times(), state);
    case edits::EditOp::kRegisterDatanode:
      return Apply(op.register_datanode(), state);
    case edits::EditOp::OP_NOT_SET:
      break;
  }
  return Misfit("an edit of a kind this program does not know");
}

// What a retry of the call needs to be answered alike: the edit itself, without its own identity.
std::string AnswerOf(const edits::EditOp& op) {
  if (!op.has_create_file() && !op.has_reopen_file()) return {};
  edits::EditOp answer = op;
  answer.clear_retry();
  return answer.SerializeAsString();
}

}  // namespace

Status ApplyEdit(const edits::EditOp& op, NamespaceState* state) {
  RETURN_IF_ERROR(ApplyOne(op, state));
  if (op.has_retry()) {
    state->retries.Add({RetryCache::Key(op.retry().client_id(), op.retry().call_id()),
                        op.retry().time_ms(), AnswerOf(op)});
  }
  return Status::Ok();
}

}  // namespace tusk::namenode
