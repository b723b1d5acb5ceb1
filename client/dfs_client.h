// An HDFS as a FileSystem: every call goes to the NameNode by ClientProtocol, bytes to and from
// DataNodes by DataTransferProtocol. Nothing here knows whether they are Tusk's or Hadoop's.
#pragma once

#include <memory>
#include <string>

#include "client/client_context.h"
#include "client/file_system.h"
#include "common/concurrent/mutex.h"

namespace tusk::client {

class DfsClient final : public FileSystem {
 public:
  // Over the network.
  static std::shared_ptr<DfsClient> Make(ClientOptions options);
  // With everything given, for tests.
  explicit DfsClient(std::shared_ptr<ClientContext> context);

  const std::string& uri() const override { return context_->options.uri; }
  const std::string& user() const override { return context_->options.user; }
  std::string HomeDirectory() const override { return "/user/" + user(); }
  StatusOr<std::string> Resolve(std::string_view path_or_uri) const override;

  StatusOr<FileStatus> GetStatus(const std::string& path) override;
  StatusOr<std::optional<FileStatus>> FindStatus(const std::string& path) override;
  StatusOr<std::unique_ptr<DirectoryIterator>> List(const std::string& path,
                                                    bool with_locations) override;
  Status Mkdirs(const std::string& path, FsPermission permission, bool create_parent) override;
  StatusOr<std::unique_ptr<FileWriter>> Create(const std::string& path,
                                               const CreateOptions& options) override;
  StatusOr<std::unique_ptr<FileWriter>> Append(const std::string& path) override;
  StatusOr<std::unique_ptr<FileReader>> Open(const std::string& path,
                                             const ReadOptions& options) override;
  StatusOr<bool> Rename(const std::string& source, const std::string& target) override;
  Status Rename2(const std::string& source, const std::string& target,
                 const RenameOptions& options) override;
  StatusOr<bool> Delete(const std::string& path, bool recursive) override;
  StatusOr<bool> SetReplication(const std::string& path, int32_t replication) override;
  Status SetPermission(const std::string& path, FsPermission permission) override;
  Status SetOwner(const std::string& path, const std::string& owner,
                  const std::string& group) override;
  Status SetTimes(const std::string& path, int64_t modification_time_ms,
                  int64_t access_time_ms) override;
  StatusOr<ContentSummary> GetContentSummary(const std::string& path) override;
  StatusOr<FileChecksum> GetChecksum(const std::string& path) override;
  StatusOr<LocatedBlocks> GetBlockLocations(const std::string& path, int64_t offset,
                                            int64_t length) override;
  StatusOr<FsStats> GetFsStats() override;
  int64_t DefaultBlockSize() const override { return context_->options.block_size; }
  int32_t DefaultReplication() const override { return context_->options.replication; }
  ClientProtocol* protocol() override { return context_->namenode.get(); }

 private:
  const std::shared_ptr<ClientContext> context_;
};

// MD5MD5CRC or COMPOSITE_CRC of a file, from its DataNodes' word on each block.
StatusOr<FileChecksum> ChecksumOfFile(const ClientContext& context, const std::string& path);

}  // namespace tusk::client
