#include "client/file_reader.h"

#include <algorithm>
#include <thread>

#include "common/base/log.h"
#include "common/base/random.h"

namespace tusk::client {
namespace {

constexpr size_t kMaxKeptDescriptors = 16;

}  // namespace

HdfsFileReader::HdfsFileReader(std::shared_ptr<const FileSystem> keep_alive,
                               std::shared_ptr<const ClientContext> context,
                               std::unique_ptr<FileBlocks> blocks, const ReadOptions& options)
    : keep_alive_(std::move(keep_alive)),
      context_(std::move(context)),
      blocks_(std::move(blocks)),
      options_(options),
      own_host_(OwnHost::Of(context_->options.local_address)) {}

StatusOr<size_t> HdfsFileReader::Read(char* to, size_t count) {
  const int64_t left = length() - position_;
  if (left <= 0 || count == 0) return size_t{0};
  count = static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(count), left));
  int failures = 0;
  for (;;) {
    if (source_ == nullptr) {
      ASSIGN_OR_RETURN(Source source, OpenSource(position_, left, &failures));
      source_ = std::make_unique<Source>(std::move(source));
    }
    const StatusOr<size_t> got = ReadSource(source_.get(), to, count);
    if (!got.ok() || *got == 0) {  // a bad replica, or the end of its block
      source_.reset();
      continue;
    }
    position_ += static_cast<int64_t>(*got);
    return got;
  }
}

StatusOr<size_t> HdfsFileReader::PRead(int64_t offset, char* to, size_t count) {
  if (offset < 0) return OutOfRangeError("negative offset");
  const int64_t left = length() - offset;
  if (left <= 0) return size_t{0};
  count = static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(count), left));
  size_t done = 0;
  int failures = 0;
  while (done < count) {
    ASSIGN_OR_RETURN(Source source, OpenSource(offset + static_cast<int64_t>(done),
                                               static_cast<int64_t>(count - done), &failures));
    for (;;) {
      const StatusOr<size_t> got = ReadSource(&source, to + done, count - done);
      if (!got.ok() || *got == 0) break;
      done += *got;
      if (done == count) break;
    }
  }
  return done;
}

Status HdfsFileReader::Seek(int64_t position) {
  if (position < 0 || position > length()) {
    return OutOfRangeError("cannot seek to " + std::to_string(position) + " in " + blocks_->path() +
                           ", which has " + std::to_string(length()) + " bytes");
  }
  if (position != position_) source_.reset();
  position_ = position;
  return Status::Ok();
}

ReadStatistics HdfsFileReader::statistics() const {
  return {descriptor_bytes_, local_bytes_, remote_bytes_};
}

StatusOr<std::vector<std::string>> HdfsFileReader::ReplicaHosts(int64_t offset) {
  if (offset < 0 || offset >= length()) return std::vector<std::string>();
  ASSIGN_OR_RETURN(const LocatedBlock block, blocks_->Locate(offset));
  std::vector<std::string> hosts;
  for (size_t i : ReplicaOrder(block, own_host_, {})) {
    hosts.push_back(block.locations[i].id.XferAddr());
  }
  return hosts;
}

// ---- sources
// -------------------------------------------------------------------------------------

StatusOr<HdfsFileReader::Source> HdfsFileReader::OpenSource(int64_t offset, int64_t length,
                                                            int* failures) {
  ASSIGN_OR_RETURN(LocatedBlock block, blocks_->Locate(offset));
  for (;;) {
    BlockRange range;
    range.block = block.block;
    range.token = block.token;
    range.offset = offset - block.offset;
    range.length = std::min(length, block.block.block.num_bytes - range.offset);
    range.verify_checksums = options_.verify_checksums;
    std::set<std::string> dead;
    {
      MutexLock lock(mu_);
      dead = dead_;
    }
    for (size_t location : ReplicaOrder(block, own_host_, dead)) {
      StatusOr<std::unique_ptr<BlockReader>> reader = OpenReplica(block, location, range);
      if (reader.ok()) return Source{std::move(block), location, std::move(reader).value()};
      NoteBad(block, location, reader.status());
    }
    // Nobody has it. The first time the locations may just be old; later, somebody may come back.
    if (++*failures > context_->options.max_block_acquire_failures) return NoReplicaLeft(block);
    if (*failures > 1) {
      const Duration window = context_->options.block_acquire_delay * (*failures - 1);
      std::this_thread::sleep_for(std::chrono::nanoseconds(
          Random(SecureRandomSeed()).Below(static_cast<uint64_t>(window.count()) + 1)));
    }
    ASSIGN_OR_RETURN(block, blocks_->Refresh(offset));
    MutexLock lock(mu_);
    dead_.clear();
    // A replica known to be corrupt stays out, whatever else is tried again.
    for (const auto& [id, address] : corrupt_) {
      if (id == block.block.block.id) dead_.insert(address);
    }
  }
}

StatusOr<std::unique_ptr<BlockReader>> HdfsFileReader::OpenReplica(const LocatedBlock& block,
                                                                   size_t location,
                                                                   const BlockRange& range) {
  const DatanodeInfo& datanode = block.locations[location];
  if (context_->options.short_circuit && !context_->options.domain_socket_path.empty() &&
      own_host_.Has(datanode.id.ip_addr) && !blocks_->IsBeingWritten(block)) {
    auto descriptors = DescriptorsOf(block, datanode.id);
    if (descriptors.ok()) return MakeLocalReader(std::move(descriptors).value(), range);
    // A DataNode that hangs there would hang on the other socket too.
    if (descriptors.status().code() == Code::kDeadlineExceeded) return descriptors.status();
    LOG_DEBUG("no descriptors block={} error={}", BlockName(block.block), descriptors.status());
  }
  return OpenRemoteReader(context_, datanode, range);
}

StatusOr<std::shared_ptr<const LocalReplica>> HdfsFileReader::DescriptorsOf(
    const LocatedBlock& block, const DatanodeId& datanode) {
  const std::string address = datanode.XferAddr();
  const ReplicaKey key(block.block.block.id, address);
  {
    MutexLock lock(mu_);
    if (no_descriptors_.contains(address) || sockets_only_.contains(key)) {
      return UnimplementedError("no descriptors from " + address);
    }
    const auto known = descriptors_.find(key);
    if (known != descriptors_.end()) return known->second;
  }
  StatusOr<std::shared_ptr<const LocalReplica>> opened =
      LocalReplica::Open(DomainSocketPath(context_->options.domain_socket_path, datanode),
                         block.block, block.token, context_->options.socket_timeout);
  MutexLock lock(mu_);
  if (!opened.ok()) {
    if (opened.status().code() == Code::kUnimplemented) no_descriptors_.insert(address);
    return opened;
  }
  if (descriptors_.size() >= kMaxKeptDescriptors) descriptors_.erase(descriptors_.begin());
  descriptors_[key] = *opened;
  return opened;
}

StatusOr<size_t> HdfsFileReader::ReadSource(Source* source, char* to, size_t count) {
  StatusOr<size_t> got = source->reader->Read(to, count);
  const DatanodeId& datanode = source->block.locations[source->location].id;
  if (!got.ok()) {
    if (source->reader->through_descriptor()) {
      GiveUpDescriptors(source->block, datanode, got.status());
    } else {
      NoteBad(source->block, source->location, got.status());
    }
    return got;
  }
  const auto bytes = static_cast<int64_t>(*got);
  if (source->reader->through_descriptor()) {
    descriptor_bytes_ += bytes;
  } else if (own_host_.Has(datanode.ip_addr)) {
    local_bytes_ += bytes;
  } else {
    remote_bytes_ += bytes;
  }
  return got;
}

void HdfsFileReader::NoteBad(const LocatedBlock& block, size_t location, const Status& error) {
  const std::string address = block.locations[location].id.XferAddr();
  LOG_WARN("replica failed block={} datanode={} error={}", BlockName(block.block), address, error);
  const BlockId id = block.block.block.id;
  size_t corrupt_replicas = 0;
  {
    MutexLock lock(mu_);
    dead_.insert(address);
    last_error_ = error.message();
    if (error.code() != Code::kDataLoss) return;
    if (!corrupt_.emplace(id, address).second) return;
    for (const auto& bad : corrupt_) corrupt_replicas += bad.first == id ? 1 : 0;
  }
  // When all of several replicas look corrupt, the fault is more likely ours.
  const size_t replicas = block.locations.size();
  if (replicas > 1 && corrupt_replicas == replicas) return;
  LocatedBlock bad = block;
  bad.locations = {block.locations[location]};
  bad.storage_types = {block.storage_types[location]};
  bad.storage_ids = {block.storage_ids[location]};
  const Status reported = context_->namenode->ReportBadBlocks({bad});
  if (!reported.ok()) LOG_WARN("corrupt replica not reported error={}", reported);
}

void HdfsFileReader::GiveUpDescriptors(const LocatedBlock& block, const DatanodeId& datanode,
                                       const Status& error) {
  const std::string address = datanode.XferAddr();
  LOG_WARN("descriptor failed, the socket is next block={} datanode={} error={}",
           BlockName(block.block), address, error);
  const ReplicaKey key(block.block.block.id, address);
  MutexLock lock(mu_);
  sockets_only_.insert(key);
  descriptors_.erase(key);
}

Status HdfsFileReader::NoReplicaLeft(const LocatedBlock& block) {
  std::string locations;
  for (const DatanodeInfo& node : block.locations) locations += " " + node.id.XferAddr();
  MutexLock lock(mu_);
  return DataLossError(
      "Could not obtain block: " + BlockName(block.block) + " file=" + blocks_->path() +
      (locations.empty() ? " No live nodes contain current block"
                         : " Block locations:" + locations + " Last error: " + last_error_));
}

}  // namespace tusk::client
