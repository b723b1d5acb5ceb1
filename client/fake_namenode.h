// A NameNode in memory, for tests: enough of ClientProtocol to write and read files.
//
// Every file's blocks are placed on the first `replication` nodes of `nodes` that are not excluded.
// Calls are counted by name. Threads: thread-safe.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "common/concurrent/mutex.h"
#include "common/protocol/client_protocol.h"

namespace tusk::client {

class FakeNamenode : public ClientProtocol {
 public:
  explicit FakeNamenode(std::vector<DatanodeInfo> nodes) : nodes_(std::move(nodes)) {}

  static DatanodeInfo Node(int n) {
    DatanodeInfo node;
    node.id.ip_addr = "10.0.0." + std::to_string(n);
    node.id.host_name = node.id.ip_addr;
    node.id.uuid = "uuid-" + std::to_string(n);
    node.id.xfer_port = 9866;
    return node;
  }

  // ---- what tests look at and set ----
  // The next `count` calls of a writer meet a NameNode that has just been started.
  void BeInSafeMode(int count) {
    MutexLock lock(mu_);
    safe_mode_answers_ = count;
  }
  static Status SafeMode() {
    return UnavailableError("Name node is in safe mode.", Reason::kSafeMode);
  }
  int calls(const std::string& name) {
    MutexLock lock(mu_);
    return calls_[name];
  }
  std::vector<LocatedBlock> bad_blocks() {
    MutexLock lock(mu_);
    return bad_blocks_;
  }
  std::vector<LocatedBlock> blocks(const std::string& path) {
    MutexLock lock(mu_);
    return files_[path].blocks;
  }
  void set_incomplete_answers(int n) {
    MutexLock lock(mu_);
    incomplete_answers_ = n;
  }

  // ---- ClientProtocol ----
  StatusOr<FileStatus> Create(const CreateArgs& args) override {
    MutexLock lock(mu_);
    ++calls_["create"];
    files_[args.path] = File{{}, args.replication, args.block_size, true};
    return StatusLocked(args.path);
  }
  StatusOr<LocatedBlock> AddBlock(const AddBlockArgs& args) override {
    MutexLock lock(mu_);
    ++calls_["addBlock"];
    if (safe_mode_answers_-- > 0) return SafeMode();
    File& file = files_[args.path];
    if (args.previous && !file.blocks.empty()) file.blocks.back().block = *args.previous;
    LocatedBlock block;
    block.block = {"BP-1", {BlockId(next_block_++), GenerationStamp(next_stamp_++), 0}};
    block.offset = LengthLocked(file);
    for (const DatanodeInfo& node : nodes_) {
      const bool excluded =
          std::find(args.excluded.begin(), args.excluded.end(), node.id) != args.excluded.end();
      if (!excluded && block.locations.size() < static_cast<size_t>(file.replication)) {
        Place(node, &block);
      }
    }
    if (block.locations.empty()) {
      return UnavailableError("File " + args.path +
                              " could only be written to 0 of the 1 minReplication nodes.");
    }
    file.blocks.push_back(block);
    return block;
  }
  Status AbandonBlock(const ExtendedBlock&, const std::string& path, const std::string&,
                      InodeId) override {
    MutexLock lock(mu_);
    ++calls_["abandonBlock"];
    files_[path].blocks.pop_back();
    return Status::Ok();
  }
  StatusOr<bool> Complete(const std::string& path, const std::string&,
                          const std::optional<ExtendedBlock>& last, InodeId) override {
    MutexLock lock(mu_);
    ++calls_["complete"];
    if (safe_mode_answers_-- > 0) return SafeMode();
    if (incomplete_answers_-- > 0) return false;
    File& file = files_[path];
    if (last) file.blocks.back().block = *last;
    file.open = false;
    return true;
  }
  Status Fsync(const std::string&, const std::string&, int64_t, InodeId) override {
    return Count("fsync");
  }
  StatusOr<LocatedBlock> UpdateBlockForPipeline(const ExtendedBlock& block,
                                                const std::string&) override {
    MutexLock lock(mu_);
    ++calls_["updateBlockForPipeline"];
    LocatedBlock updated;
    updated.block = block;
    updated.block.block.generation_stamp = GenerationStamp(next_stamp_++);
    return updated;
  }
  Status UpdatePipeline(const std::string&, const ExtendedBlock& old_block,
                        const ExtendedBlock& new_block, const std::vector<DatanodeId>& new_nodes,
                        const std::vector<std::string>&) override {
    MutexLock lock(mu_);
    ++calls_["updatePipeline"];
    for (auto& [path, file] : files_) {
      for (LocatedBlock& block : file.blocks) {
        if (block.block.block.id != old_block.block.id) continue;
        block.block = new_block;
        block.locations.clear();
        block.storage_types.clear();
        block.storage_ids.clear();
        for (const DatanodeInfo& node : nodes_) {
          if (std::find(new_nodes.begin(), new_nodes.end(), node.id) != new_nodes.end()) {
            Place(node, &block);
          }
        }
      }
    }
    return Status::Ok();
  }
  StatusOr<LocatedBlock> GetAdditionalDatanode(const AdditionalDatanodeArgs& args) override {
    MutexLock lock(mu_);
    ++calls_["getAdditionalDatanode"];
    LocatedBlock answer;
    answer.block = args.block;
    for (const DatanodeInfo& node : args.existing) Place(node, &answer);
    const auto known = [&](const DatanodeInfo& node) {
      const auto same = [&](const DatanodeInfo& other) { return other.id == node.id; };
      return std::any_of(args.existing.begin(), args.existing.end(), same) ||
             std::any_of(args.excluded.begin(), args.excluded.end(), same);
    };
    for (const DatanodeInfo& node : nodes_) {
      if (known(node)) continue;
      Place(node, &answer);
      return answer;
    }
    return answer;  // nobody is left: the existing ones only
  }
  StatusOr<LocatedBlocks> GetBlockLocations(const std::string& path, int64_t offset,
                                            int64_t length) override {
    MutexLock lock(mu_);
    ++calls_["getBlockLocations"];
    const auto it = files_.find(path);
    if (it == files_.end()) {
      return NotFoundError("File does not exist: " + path, Reason::kFileNotFound);
    }
    LocatedBlocks located;
    located.file_length = LengthLocked(it->second);
    located.under_construction = it->second.open;
    int64_t at = 0;
    for (LocatedBlock block : it->second.blocks) {
      block.offset = at;
      at += block.block.block.num_bytes;
      located.last_block = block;
      if (at > offset && block.offset - offset < length) located.blocks.push_back(block);
    }
    located.last_block_complete = !it->second.open;
    return located;
  }
  Status ReportBadBlocks(const std::vector<LocatedBlock>& blocks) override {
    MutexLock lock(mu_);
    bad_blocks_.insert(bad_blocks_.end(), blocks.begin(), blocks.end());
    return Status::Ok();
  }
  Status RenewLease(const std::string&) override { return Count("renewLease"); }
  StatusOr<std::optional<FileStatus>> GetFileInfo(const std::string& path) override {
    MutexLock lock(mu_);
    if (!files_.contains(path)) return std::optional<FileStatus>();
    return std::optional<FileStatus>(StatusLocked(path));
  }

  // ---- not needed by these tests ----
  static Status No() { return UnimplementedError("not in this fake"); }
  StatusOr<std::optional<FileStatus>> GetLocatedFileInfo(const std::string&) override {
    return No();
  }
  StatusOr<std::optional<DirectoryListing>> GetListing(const std::string&, const std::string&,
                                                       bool) override {
    return No();
  }
  StatusOr<ContentSummary> GetContentSummary(const std::string&) override { return No(); }
  StatusOr<QuotaUsage> GetQuotaUsage(const std::string&) override { return No(); }
  StatusOr<ServerDefaults> GetServerDefaults() override { return ServerDefaults(); }
  StatusOr<int64_t> GetPreferredBlockSize(const std::string&) override { return No(); }
  StatusOr<bool> IsFileClosed(const std::string&) override { return No(); }
  Status Msync() override { return No(); }
  StatusOr<AppendResult> Append(const std::string&, const std::string&, uint32_t) override {
    return No();
  }
  StatusOr<bool> RecoverLease(const std::string&, const std::string&) override { return No(); }
  StatusOr<bool> Mkdirs(const std::string&, FsPermission, std::optional<FsPermission>,
                        bool) override {
    return No();
  }
  StatusOr<bool> Rename(const std::string&, const std::string&) override { return No(); }
  Status Rename2(const std::string&, const std::string&, bool, bool) override { return No(); }
  StatusOr<bool> Delete(const std::string&, bool) override { return No(); }
  StatusOr<bool> SetReplication(const std::string&, int32_t) override { return No(); }
  Status SetPermission(const std::string&, FsPermission) override { return No(); }
  Status SetOwner(const std::string&, const std::string&, const std::string&) override {
    return No();
  }
  Status SetTimes(const std::string&, int64_t, int64_t) override { return No(); }
  StatusOr<FsStats> GetFsStats() override { return No(); }
  StatusOr<FsStats> GetReplicatedBlockStats() override { return No(); }
  StatusOr<FsStats> GetEcBlockGroupStats() override { return No(); }
  StatusOr<std::vector<DatanodeInfo>> GetDatanodeReport(DatanodeReportType) override {
    return No();
  }
  StatusOr<std::vector<DatanodeStorageReport>> GetDatanodeStorageReport(
      DatanodeReportType) override {
    return No();
  }
  StatusOr<std::vector<DatanodeInfo>> GetSlowDatanodeReport() override { return No(); }
  StatusOr<std::vector<StoragePolicy>> GetStoragePolicies() override { return No(); }
  StatusOr<bool> SetSafeMode(SafeModeAction, bool) override { return No(); }

 private:
  struct File {
    std::vector<LocatedBlock> blocks;
    int32_t replication = 3;
    int64_t block_size = 0;
    bool open = false;
  };

  static void Place(const DatanodeInfo& node, LocatedBlock* block) {
    block->locations.push_back(node);
    block->storage_types.push_back(StorageType::kDisk);
    block->storage_ids.push_back("DS-" + node.id.uuid);
  }
  static int64_t LengthLocked(const File& file) {
    int64_t length = 0;
    for (const LocatedBlock& block : file.blocks) length += block.block.block.num_bytes;
    return length;
  }
  FileStatus StatusLocked(const std::string& path) REQUIRES(mu_) {
    FileStatus status;
    status.length = LengthLocked(files_[path]);
    status.file_id = InodeId(16386);
    return status;
  }
  Status Count(const std::string& name) {
    MutexLock lock(mu_);
    ++calls_[name];
    return Status::Ok();
  }

  const std::vector<DatanodeInfo> nodes_;
  Mutex mu_;
  std::map<std::string, File> files_ GUARDED_BY(mu_);
  std::map<std::string, int> calls_ GUARDED_BY(mu_);
  std::vector<LocatedBlock> bad_blocks_ GUARDED_BY(mu_);
  int64_t next_block_ GUARDED_BY(mu_) = 1;
  int64_t next_stamp_ GUARDED_BY(mu_) = 1001;
  int incomplete_answers_ GUARDED_BY(mu_) = 0;
  int safe_mode_answers_ GUARDED_BY(mu_) = 0;
};

}  // namespace tusk::client
