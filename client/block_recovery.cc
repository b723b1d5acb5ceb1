// How a BlockWriter gets a pipeline (first or again): the half of block_writer.h that talks to the
// NameNode.
#include <algorithm>
#include <thread>
#include <utility>

#include "client/block_writer.h"
#include "client/safe_mode_wait.h"
#include "common/base/log.h"

namespace tusk::client {
namespace {

constexpr int kReplacementTries = 3;

bool Contains(const std::vector<DatanodeInfo>& nodes, const DatanodeInfo& node) {
  return std::any_of(nodes.begin(), nodes.end(), [&](const DatanodeInfo& other) {
    return other.id.uuid == node.id.uuid && other.id.XferAddr() == node.id.XferAddr();
  });
}

// The block before may lack its replicas for a moment: asks again, each time after twice as long.
StatusOr<LocatedBlock> AddBlock(const ClientContext& context, const WrittenFile& file,
                                const std::optional<ExtendedBlock>& previous) {
  AddBlockArgs args;
  args.path = file.path;
  args.client_name = context.client_name;
  args.previous = previous;
  args.excluded = file.excluded;
  args.file_id = file.file_id;
  args.favored_nodes = file.favored_nodes;
  Duration delay = context.options.locate_block_delay;
  for (int retries = context.options.locate_block_retries;; --retries) {
    StatusOr<LocatedBlock> block =
        AfterSafeMode(context, [&] { return context.namenode->AddBlock(args); });
    if (block.ok() || block.status().reason() != Reason::kNotReplicatedYet || retries == 0) {
      return block;
    }
    std::this_thread::sleep_for(delay);
    delay *= 2;
  }
}

PipelineStage RecoveryOf(PipelineStage stage) {
  return static_cast<PipelineStage>(static_cast<uint8_t>(stage) | 1);
}

}  // namespace

StatusOr<std::unique_ptr<BlockWriter>> BlockWriter::Allocate(
    std::shared_ptr<const ClientContext> context, WrittenFile* file,
    const std::optional<ExtendedBlock>& previous) {
  PipelineFailure failure;
  for (int tries = 0; tries <= context->options.block_write_retries; ++tries) {
    StatusOr<LocatedBlock> added = AddBlock(*context, *file, previous);
    if (!added.ok() && tries == 0 && !file->excluded.empty()) {
      file->excluded.clear();  // what failed with earlier blocks may be well again
      added = AddBlock(*context, *file, previous);
    }
    if (!added.ok()) return std::move(added).status();
    const LocatedBlock block = std::move(added).value();
    if (block.locations.empty()) {
      return InternalError("the NameNode gave no DataNode for a block of " + file->path);
    }
    std::unique_ptr<BlockWriter> writer(new BlockWriter(context, file, block));
    PipelineSetup setup;
    setup.block = block.block;
    setup.token = block.token;
    setup.block_size = file->block_size;
    setup.checksum = file->checksum;
    setup.lazy_persist = file->lazy_persist;
    const PipelineNodes nodes = NodesOf(block);
    auto connection = OpenPipeline(*context, setup, nodes, &failure);
    if (connection != nullptr) {
      writer->stage_ = PipelineStage::kDataStreaming;
      writer->StartConnection(std::move(connection));
      return writer;
    }
    LOG_WARN("no pipeline block={} nodes={} error={}", BlockName(block.block), nodes.ToString(),
             failure.status);
    RETURN_IF_ERROR(context->namenode->AbandonBlock(block.block, file->path, context->client_name,
                                                    file->file_id));
    if (failure.bad_node >= 0) {
      file->excluded.push_back(nodes.nodes[static_cast<size_t>(failure.bad_node)].id);
    }
  }
  return UnavailableError("Unable to create new block: " + failure.status.message());
}

StatusOr<std::unique_ptr<BlockWriter>> BlockWriter::Reopen(
    std::shared_ptr<const ClientContext> context, WrittenFile* file, const LocatedBlock& block) {
  if (block.locations.empty()) {
    return UnavailableError("no DataNode holds the last block of " + file->path);
  }
  std::unique_ptr<BlockWriter> writer(new BlockWriter(std::move(context), file, block));
  writer->stage_ = PipelineStage::kSetupAppend;
  writer->bytes_sent_ = block.block.block.num_bytes;
  Status error;
  if (!writer->SetUpAgain(&error)) {
    RETURN_IF_ERROR(error);
    RETURN_IF_ERROR(writer->Recover());
  }
  return writer;
}

// One round for each failure.
Status BlockWriter::Recover() {
  for (;;) {
    StopConnection();
    PipelineFailure failure;
    {
      MutexLock lock(mu_);
      if (failure_) failure = *failure_;
      failure_.reset();
      if (last_acked_ != acked_at_recovery_) recoveries_ = 0;
      acked_at_recovery_ = last_acked_;
    }
    if (++recoveries_ > context_->options.max_pipeline_recoveries) {
      return Broken(UnavailableError("Failing write. Tried pipeline recovery " +
                                     std::to_string(context_->options.max_pipeline_recoveries) +
                                     " times without success: " + failure.status.message()));
    }
    LOG_WARN("pipeline recovery block={} bad_node={} error={}", BlockName(block()),
             failure.bad_node, failure.status);
    if (Status left = DropBadNode(failure); !left.ok()) return Broken(std::move(left));
    if (WantsReplacement()) {
      if (Status added = AddReplacement(); !added.ok()) {
        if (!context_->options.replace_best_effort) return Broken(std::move(added));
        LOG_WARN("going on without a replacement error={}", added);
      }
    }
    Status error;
    if (SetUpAgain(&error)) return Status::Ok();
    if (!error.ok()) return Broken(std::move(error));
  }
}

Status BlockWriter::DropBadNode(const PipelineFailure& failure) {
  if (failure.bad_node < 0) return Status::Ok();
  MutexLock lock(mu_);
  const auto bad = static_cast<size_t>(failure.bad_node);
  if (bad >= nodes_.size()) return Status::Ok();
  // For this block only, as in Hadoop: a DataNode that is restarted is well again for the next one.
  failed_nodes_.push_back(nodes_.nodes[bad]);
  if (nodes_.size() == 1) {
    return UnavailableError("All datanodes " + nodes_.ToString() +
                            " are bad. Aborting...: " + failure.status.message());
  }
  nodes_.Remove(bad);
  return Status::Ok();
}

bool BlockWriter::WantsReplacement() const {
  if (stage_ == PipelineStage::kClose) return false;
  const ClientOptions& options = context_->options;
  const auto left = static_cast<int32_t>(nodes().size());
  if (left >= file_->replication) return false;
  switch (options.replace_policy) {
    case ReplacePolicy::kNever:
      return false;
    case ReplacePolicy::kAlways:
      return true;
    case ReplacePolicy::kDefault:
      break;
  }
  if (file_->replication < 3) return false;
  return left <= file_->replication / 2 || file_->is_append || file_->is_hflushed;
}

Status BlockWriter::AddReplacement() {
  std::vector<DatanodeInfo> excluded = failed_nodes_;
  Status error;
  for (int tries = 0; tries < kReplacementTries; ++tries) {
    const PipelineNodes existing = nodes();
    AdditionalDatanodeArgs args;
    args.path = file_->path;
    args.block = block();
    args.existing = existing.nodes;
    args.existing_storage_ids = existing.storage_ids;
    args.excluded = excluded;
    args.client_name = context_->client_name;
    args.file_id = file_->file_id;
    ASSIGN_OR_RETURN(const LocatedBlock answer, AfterSafeMode(*context_, [&] {
                       return context_->namenode->GetAdditionalDatanode(args);
                     }));
    error = JoinReplacement(answer, &excluded);
    if (error.ok()) return error;
  }
  return error;
}

Status BlockWriter::JoinReplacement(const LocatedBlock& with_new_node,
                                    std::vector<DatanodeInfo>* excluded) {
  const PipelineNodes existing = nodes();
  const auto& locations = with_new_node.locations;
  size_t added = 0;
  while (added < locations.size() && Contains(existing.nodes, locations[added])) ++added;
  if (added == locations.size()) {
    return UnavailableError(
        "Failed to replace a bad datanode on the existing pipeline due to no more good datanodes "
        "being available to try. (Nodes: current=" +
        existing.ToString() +
        "). The current failed datanode replacement policy may be configured via "
        "'dfs.client.block.write.replace-datanode-on-failure.policy'.");
  }
  // Any node of the pipeline may be the source: take one near the place the new node was given.
  const DatanodeInfo& source =
      existing.nodes[added == 0 ? 0 : std::min(added, existing.size()) - 1];
  Status copied =
      TransferReplica(*context_, block(), with_new_node.token, source, locations[added],
                      with_new_node.storage_types[added], with_new_node.storage_ids[added]);
  if (!copied.ok()) {
    excluded->push_back(locations[added]);
    return copied;
  }
  MutexLock lock(mu_);
  nodes_.nodes.push_back(locations[added]);
  nodes_.storage_types.push_back(with_new_node.storage_types[added]);
  nodes_.storage_ids.push_back(with_new_node.storage_ids[added]);
  return Status::Ok();
}

bool BlockWriter::SetUpAgain(Status* error) {
  const ExtendedBlock old_block = block();
  StatusOr<LocatedBlock> updated = AfterSafeMode(*context_, [&] {
    return context_->namenode->UpdateBlockForPipeline(old_block, context_->client_name);
  });
  if (!updated.ok()) {
    *error = std::move(updated).status();
    return false;
  }
  token_ = updated->token;
  const bool first_append = stage_ == PipelineStage::kSetupAppend && failed_nodes_.empty();
  PipelineSetup setup;
  setup.block = old_block;
  setup.token = token_;
  setup.stage = first_append ? stage_ : RecoveryOf(stage_);
  setup.new_generation_stamp = updated->block.block.generation_stamp;
  setup.block_size = file_->block_size;
  setup.bytes_acked = old_block.block.num_bytes;
  setup.bytes_sent = bytes_sent_;
  setup.checksum = file_->checksum;
  const PipelineNodes nodes = this->nodes();
  PipelineFailure failure;
  auto connection = OpenPipeline(*context_, setup, nodes, &failure);
  if (connection == nullptr) {
    MutexLock lock(mu_);
    failure_ = std::move(failure);
    return false;
  }

  ExtendedBlock new_block = old_block;
  new_block.block.generation_stamp = setup.new_generation_stamp;
  std::vector<DatanodeId> ids;
  for (const DatanodeInfo& node : nodes.nodes) ids.push_back(node.id);
  *error = AfterSafeMode(*context_, [&] {
    return context_->namenode->UpdatePipeline(context_->client_name, old_block, new_block, ids,
                                              nodes.storage_ids);
  });
  if (!error->ok()) return false;
  {
    MutexLock lock(mu_);
    block_.block.generation_stamp = setup.new_generation_stamp;
    if (stage_ == PipelineStage::kClose) {
      unacked_.clear();  // the end of the block went with the connect: nothing follows
      return true;
    }
  }
  stage_ = PipelineStage::kDataStreaming;
  StartConnection(std::move(connection));
  return Resend();
}

// False when the new pipeline has failed already; the failure is noted.
bool BlockWriter::Resend() {
  std::deque<PacketPtr> packets;
  {
    MutexLock lock(mu_);
    packets = unacked_;
  }
  for (const PacketPtr& packet : packets) {
    Status sent = Transmit(*packet);
    if (sent.ok()) continue;
    MutexLock lock(mu_);
    if (!failure_) changed_.WaitFor(mu_, kBlameWait);
    if (!failure_) failure_ = PipelineFailure{std::move(sent), 0};
    return false;
  }
  return true;
}

}  // namespace tusk::client
