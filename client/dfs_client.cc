#include "client/dfs_client.h"

#include <unistd.h>

#include <utility>

#include "client/file_blocks.h"
#include "client/file_reader.h"
#include "client/file_writer.h"
#include "client/path.h"
#include "common/base/random.h"
#include "common/net/host_port.h"
#include "common/rpc/client_protocol_stub.h"

namespace tusk::client {
namespace {

// Unique for each client: the NameNode tells lease holders apart by it.
std::string NewClientName() {
  Random random(SecureRandomSeed());
  return "DFSClient_NONMAPREDUCE_" + std::to_string(random.Below(1u << 31)) + "_" +
         std::to_string(::getpid());
}

Status NoSuchFile(const std::string& path) {
  return NotFoundError("File does not exist: " + path, Reason::kFileNotFound);
}

// Pages of getListing.
class HdfsDirectoryIterator final : public DirectoryIterator {
 public:
  HdfsDirectoryIterator(std::shared_ptr<const FileSystem> keep_alive, ClientProtocol* namenode,
                        std::string path, bool with_locations, DirectoryListing first)
      : keep_alive_(std::move(keep_alive)),
        namenode_(namenode),
        path_(std::move(path)),
        with_locations_(with_locations),
        page_(std::move(first)) {}

  StatusOr<std::optional<FileStatus>> Next() override {
    if (next_ == page_.entries.size()) {
      if (page_.remaining_entries == 0 || page_.entries.empty()) return std::optional<FileStatus>();
      RETURN_IF_ERROR(FetchPage());
      if (page_.entries.empty()) return std::optional<FileStatus>();
    }
    return std::optional<FileStatus>(std::move(page_.entries[next_++]));
  }

 private:
  Status FetchPage() {
    ASSIGN_OR_RETURN(auto page, namenode_->GetListing(path_, last_name_, with_locations_));
    if (!page) return NoSuchFile(path_);  // deleted while it was being listed
    page_ = std::move(*page);
    next_ = 0;
    if (!page_.entries.empty()) last_name_ = page_.entries.back().name;
    return Status::Ok();
  }

  const std::shared_ptr<const FileSystem> keep_alive_;
  ClientProtocol* const namenode_;
  const std::string path_;
  const bool with_locations_;
  DirectoryListing page_;
  size_t next_ = 0;
  std::string last_name_ = page_.entries.empty() ? "" : page_.entries.back().name;
};

}  // namespace

std::shared_ptr<DfsClient> DfsClient::Make(ClientOptions options) {
  auto context = std::make_shared<ClientContext>();
  context->options = std::move(options);
  context->client_name = NewClientName();
  context->rpc = std::make_unique<RpcClient>(context->options.rpc);
  RpcServiceOptions service;
  service.addresses = context->options.namenodes;
  service.identity.user = context->options.user;
  service.retry = context->options.retry;
  context->namenode = MakeClientProtocolStub(context->rpc.get(), std::move(service));
  context->datanodes = MakeDatanodeConnector(context->options, context->rpc.get());
  return std::make_shared<DfsClient>(std::move(context));
}

DfsClient::DfsClient(std::shared_ptr<ClientContext> context) : context_(std::move(context)) {
  if (context_->connections == nullptr) {
    context_->connections = std::make_unique<ConnectionCache>(Clock::Real());
  }
  if (context_->leases == nullptr) {
    context_->leases = std::make_unique<LeaseRenewer>(
        context_->namenode.get(), context_->client_name, context_->options.lease_renewal);
  }
}

StatusOr<std::string> DfsClient::Resolve(std::string_view path_or_uri) const {
  if (path_or_uri.empty())
    return InvalidArgumentError("Can not create a Path from an empty string");
  ASSIGN_OR_RETURN(const UriParts parts, ParseUri(path_or_uri));
  if (!parts.scheme.empty()) {
    const std::string given = parts.scheme + "://" + parts.authority;
    const bool same =
        parts.scheme == "hdfs" && (parts.authority.empty() || given == uri() ||
                                   given + ":8020" == uri() || given == uri() + ":8020");
    if (!same) {
      return InvalidArgumentError("Wrong FS: " + std::string(path_or_uri) + ", expected: " + uri(),
                                  Reason::kIllegalArgument);
    }
    return NormalizePath(parts.path);
  }
  if (parts.path.starts_with("/")) return NormalizePath(parts.path);
  return NormalizePath(JoinPath(HomeDirectory(), parts.path));
}

// ---- reading
// -------------------------------------------------------------------------------------

StatusOr<std::optional<FileStatus>> DfsClient::FindStatus(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  return context_->namenode->GetFileInfo(resolved);
}

StatusOr<FileStatus> DfsClient::GetStatus(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  ASSIGN_OR_RETURN(auto found, context_->namenode->GetFileInfo(resolved));
  if (!found) return NoSuchFile(resolved);
  return std::move(*found);
}

StatusOr<std::unique_ptr<DirectoryIterator>> DfsClient::List(const std::string& path,
                                                             bool with_locations) {
  ASSIGN_OR_RETURN(std::string resolved, Resolve(path));
  ASSIGN_OR_RETURN(auto first, context_->namenode->GetListing(resolved, "", with_locations));
  if (!first) return NoSuchFile(resolved);
  return std::unique_ptr<DirectoryIterator>(std::make_unique<HdfsDirectoryIterator>(
      shared_from_this(), context_->namenode.get(), std::move(resolved), with_locations,
      std::move(*first)));
}

StatusOr<std::unique_ptr<FileReader>> DfsClient::Open(const std::string& path,
                                                      const ReadOptions& options) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  ASSIGN_OR_RETURN(std::unique_ptr<FileBlocks> blocks, FileBlocks::Open(context_, resolved));
  return std::unique_ptr<FileReader>(
      std::make_unique<HdfsFileReader>(shared_from_this(), context_, std::move(blocks), options));
}

StatusOr<ContentSummary> DfsClient::GetContentSummary(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  return context_->namenode->GetContentSummary(resolved);
}

StatusOr<FileChecksum> DfsClient::GetChecksum(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  return ChecksumOfFile(*context_, resolved);
}

StatusOr<LocatedBlocks> DfsClient::GetBlockLocations(const std::string& path, int64_t offset,
                                                     int64_t length) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  return context_->namenode->GetBlockLocations(resolved, offset, length);
}

StatusOr<FsStats> DfsClient::GetFsStats() {
  return context_->namenode->GetFsStats();
}

// ---- writing
// -------------------------------------------------------------------------------------

Status DfsClient::Mkdirs(const std::string& path, FsPermission permission, bool create_parent) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  ASSIGN_OR_RETURN(const bool made, context_->namenode->Mkdirs(
                                        resolved, permission.WithoutUmask(context_->options.umask),
                                        permission, create_parent));
  if (!made) return UnknownError("the NameNode did not make " + resolved);
  return Status::Ok();
}

StatusOr<std::unique_ptr<FileWriter>> DfsClient::Create(const std::string& path,
                                                        const CreateOptions& options) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  const ClientOptions& defaults = context_->options;
  CreateArgs args;
  args.path = resolved;
  args.masked = options.permission.WithoutUmask(defaults.umask);
  args.unmasked = options.permission;
  args.client_name = context_->client_name;
  args.flags = kCreateFlagCreate;
  if (options.overwrite) args.flags |= kCreateFlagOverwrite;
  if (options.lazy_persist) args.flags |= kCreateFlagLazyPersist;
  args.create_parent = options.create_parent;
  args.replication = options.replication > 0 ? options.replication : defaults.replication;
  args.block_size = options.block_size > 0 ? options.block_size : defaults.block_size;
  const int64_t chunk = defaults.checksum.bytes_per_checksum;
  if (args.block_size % chunk != 0) {
    return InvalidArgumentError(
        "Invalid values: dfs.bytes-per-checksum (=" + std::to_string(chunk) +
            ") must divide block size (=" + std::to_string(args.block_size) + ").",
        Reason::kIllegalArgument);
  }
  ASSIGN_OR_RETURN(const FileStatus created, context_->namenode->Create(args));
  WrittenFile file;
  file.path = resolved;
  file.file_id = created.file_id;
  file.replication = args.replication;
  file.block_size = args.block_size;
  file.checksum = defaults.checksum;
  file.lazy_persist = options.lazy_persist;
  file.favored_nodes = options.favored_nodes;
  return std::unique_ptr<FileWriter>(
      std::make_unique<HdfsFileWriter>(shared_from_this(), context_, std::move(file)));
}

StatusOr<std::unique_ptr<FileWriter>> DfsClient::Append(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  ASSIGN_OR_RETURN(AppendResult opened,
                   context_->namenode->Append(resolved, context_->client_name, kCreateFlagAppend));
  if (!opened.status) {
    ASSIGN_OR_RETURN(opened.status, context_->namenode->GetFileInfo(resolved));
    if (!opened.status) return NoSuchFile(resolved);
  }
  WrittenFile file;
  file.path = resolved;
  file.file_id = opened.status->file_id;
  file.replication = opened.status->replication;
  file.block_size = opened.status->block_size;
  file.checksum = context_->options.checksum;
  ASSIGN_OR_RETURN(std::unique_ptr<HdfsFileWriter> writer,
                   HdfsFileWriter::Continue(shared_from_this(), context_, std::move(file),
                                            opened.status->length, opened.last_block));
  return std::unique_ptr<FileWriter>(std::move(writer));
}

StatusOr<bool> DfsClient::Rename(const std::string& source, const std::string& target) {
  ASSIGN_OR_RETURN(const std::string from, Resolve(source));
  ASSIGN_OR_RETURN(const std::string to, Resolve(target));
  return context_->namenode->Rename(from, to);
}

Status DfsClient::Rename2(const std::string& source, const std::string& target,
                          const RenameOptions& options) {
  ASSIGN_OR_RETURN(const std::string from, Resolve(source));
  ASSIGN_OR_RETURN(const std::string to, Resolve(target));
  return context_->namenode->Rename2(from, to, options.overwrite, options.to_trash);
}

StatusOr<bool> DfsClient::Delete(const std::string& path, bool recursive) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  return context_->namenode->Delete(resolved, recursive);
}

StatusOr<bool> DfsClient::SetReplication(const std::string& path, int32_t replication) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  return context_->namenode->SetReplication(resolved, replication);
}

Status DfsClient::SetPermission(const std::string& path, FsPermission permission) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  return context_->namenode->SetPermission(resolved, permission);
}

Status DfsClient::SetOwner(const std::string& path, const std::string& owner,
                           const std::string& group) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  return context_->namenode->SetOwner(resolved, owner, group);
}

Status DfsClient::SetTimes(const std::string& path, int64_t modification_time_ms,
                           int64_t access_time_ms) {
  ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
  return context_->namenode->SetTimes(resolved, modification_time_ms, access_time_ms);
}

}  // namespace tusk::client
