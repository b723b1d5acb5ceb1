// ClientProtocol in plain C++: what a client may ask of a NameNode (digest: client-namenode).
//
// Implemented by the RPC stub (common/rpc/client_protocol_stub.h) for the client library; a test
// may implement it in memory. Calls block; thread-safe. Errors carry Hadoop's Reason and message.
// "Not found" is an empty optional where the wire leaves a field out, an error elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/protocol/file_status.h"
#include "common/protocol/located_block.h"

namespace tusk {

enum CreateFlag : uint32_t {
  kCreateFlagCreate = 1,
  kCreateFlagOverwrite = 2,
  kCreateFlagAppend = 4,
  kCreateFlagLazyPersist = 16,
  kCreateFlagNewBlock = 32,
  kCreateFlagShouldReplicate = 128,
};

enum class DatanodeReportType : uint8_t {  // numbers of the wire
  kAll = 1,
  kLive = 2,
  kDead = 3,
  kDecommissioning = 4,
  kEnteringMaintenance = 5,
  kInMaintenance = 6,
};

enum class SafeModeAction : uint8_t { kLeave = 1, kEnter = 2, kGet = 3, kForceExit = 4 };

struct CreateArgs {
  std::string path;
  FsPermission masked;                   // umask applied
  std::optional<FsPermission> unmasked;  // as the user gave it
  std::string client_name;               // lease holder
  uint32_t flags = kCreateFlagCreate;
  bool create_parent = true;
  int32_t replication = 3;
  int64_t block_size = 128LL << 20;
};

struct AddBlockArgs {
  std::string path;
  std::string client_name;
  std::optional<ExtendedBlock> previous;
  std::vector<DatanodeId> excluded;
  InodeId file_id;  // 0: by path
  std::vector<std::string> favored_nodes;
  bool no_local_write = false;
  bool ignore_client_locality = false;
};

struct AdditionalDatanodeArgs {
  std::string path;
  ExtendedBlock block;
  std::vector<DatanodeInfo> existing;
  std::vector<std::string> existing_storage_ids;
  std::vector<DatanodeInfo> excluded;
  int32_t additional = 1;
  std::string client_name;
  InodeId file_id;
};

struct AppendResult {
  std::optional<LocatedBlock> last_block;  // empty when the last block is full or there is none
  std::optional<FileStatus> status;
};

class ClientProtocol {
 public:
  virtual ~ClientProtocol() = default;

  // reading
  virtual StatusOr<std::optional<FileStatus>> GetFileInfo(const std::string& path) = 0;
  virtual StatusOr<std::optional<FileStatus>> GetLocatedFileInfo(const std::string& path) = 0;
  virtual StatusOr<std::optional<DirectoryListing>> GetListing(const std::string& path,
                                                               const std::string& start_after,
                                                               bool need_location) = 0;
  virtual StatusOr<LocatedBlocks> GetBlockLocations(const std::string& path, int64_t offset,
                                                    int64_t length) = 0;
  virtual StatusOr<ContentSummary> GetContentSummary(const std::string& path) = 0;
  virtual StatusOr<QuotaUsage> GetQuotaUsage(const std::string& path) = 0;
  virtual StatusOr<ServerDefaults> GetServerDefaults() = 0;
  virtual StatusOr<int64_t> GetPreferredBlockSize(const std::string& path) = 0;
  virtual StatusOr<bool> IsFileClosed(const std::string& path) = 0;
  virtual Status Msync() = 0;

  // writing
  virtual StatusOr<FileStatus> Create(const CreateArgs& args) = 0;
  virtual StatusOr<AppendResult> Append(const std::string& path, const std::string& client_name,
                                        uint32_t flags) = 0;
  virtual StatusOr<LocatedBlock> AddBlock(const AddBlockArgs& args) = 0;
  virtual Status AbandonBlock(const ExtendedBlock& block, const std::string& path,
                              const std::string& client_name, InodeId file_id) = 0;
  virtual StatusOr<bool> Complete(const std::string& path, const std::string& client_name,
                                  const std::optional<ExtendedBlock>& last, InodeId file_id) = 0;
  virtual Status Fsync(const std::string& path, const std::string& client_name,
                       int64_t last_block_length, InodeId file_id) = 0;
  virtual StatusOr<LocatedBlock> UpdateBlockForPipeline(const ExtendedBlock& block,
                                                        const std::string& client_name) = 0;
  virtual Status UpdatePipeline(const std::string& client_name, const ExtendedBlock& old_block,
                                const ExtendedBlock& new_block,
                                const std::vector<DatanodeId>& new_nodes,
                                const std::vector<std::string>& storage_ids) = 0;
  virtual StatusOr<LocatedBlock> GetAdditionalDatanode(const AdditionalDatanodeArgs& args) = 0;
  virtual Status RenewLease(const std::string& client_name) = 0;
  virtual StatusOr<bool> RecoverLease(const std::string& path, const std::string& client_name) = 0;
  virtual Status ReportBadBlocks(const std::vector<LocatedBlock>& blocks) = 0;

  // namespace
  virtual StatusOr<bool> Mkdirs(const std::string& path, FsPermission masked,
                                std::optional<FsPermission> unmasked, bool create_parent) = 0;
  virtual StatusOr<bool> Rename(const std::string& source, const std::string& target) = 0;
  virtual Status Rename2(const std::string& source, const std::string& target, bool overwrite,
                         bool to_trash) = 0;
  virtual StatusOr<bool> Delete(const std::string& path, bool recursive) = 0;
  virtual StatusOr<bool> SetReplication(const std::string& path, int32_t replication) = 0;
  virtual Status SetPermission(const std::string& path, FsPermission permission) = 0;
  // An empty name leaves that part as it is.
  virtual Status SetOwner(const std::string& path, const std::string& owner,
                          const std::string& group) = 0;
  // -1 leaves a time as it is.
  virtual Status SetTimes(const std::string& path, int64_t modification_time_ms,
                          int64_t access_time_ms) = 0;

  // cluster
  virtual StatusOr<FsStats> GetFsStats() = 0;
  virtual StatusOr<FsStats> GetReplicatedBlockStats() = 0;
  virtual StatusOr<FsStats> GetEcBlockGroupStats() = 0;
  virtual StatusOr<std::vector<DatanodeInfo>> GetDatanodeReport(DatanodeReportType type) = 0;
  virtual StatusOr<std::vector<DatanodeStorageReport>> GetDatanodeStorageReport(
      DatanodeReportType type) = 0;
  virtual StatusOr<std::vector<DatanodeInfo>> GetSlowDatanodeReport() = 0;
  virtual StatusOr<std::vector<StoragePolicy>> GetStoragePolicies() = 0;
  virtual StatusOr<bool> SetSafeMode(SafeModeAction action, bool checked) = 0;
};

}  // namespace tusk
