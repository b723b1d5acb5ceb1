#include "tests/integration/replica_check.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "client/block_reader.h"
#include "client/client_options.h"
#include "client/dfs_client.h"
#include "common/base/random.h"
#include "common/rpc/client_protocol_stub.h"

namespace tusk::integration {
namespace {

// The finalizer of splitmix64: neighbouring words have nothing in common.
uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

Status CheckReplica(const Client& client, const LocatedBlock& block, const DatanodeInfo& node,
                    uint64_t seed) {
  const int64_t length = block.block.block.num_bytes;
  ASSIGN_OR_RETURN(const int64_t held,
                   client.context->datanodes->VisibleLength(node.id, block.block));
  if (held != length) {
    return DataLossError("the replica has " + std::to_string(held) + " bytes, the block " +
                         std::to_string(length));
  }
  client::BlockRange range;
  range.block = block.block;
  range.token = block.token;
  range.length = length;
  ASSIGN_OR_RETURN(const auto reader, client::OpenRemoteReader(client.context, node, range));
  std::string bytes(256 << 10, '\0');
  for (int64_t at = 0; at < length;) {
    ASSIGN_OR_RETURN(const size_t got, reader->Read(bytes.data(), bytes.size()));
    if (got == 0) return DataLossError("ends at " + std::to_string(at));
    if (bytes.compare(0, got, FileBytes(seed, block.offset + at, got)) != 0) {
      return DataLossError("wrong bytes after " + std::to_string(at));
    }
    at += static_cast<int64_t>(got);
  }
  return Status::Ok();
}

// What the workers' disks hold.
struct DiskReplicas {
  std::map<BlockId, int> finalized;     // on so many DataNodes
  std::vector<std::string> unfinished;  // paths below rbw/ or tmp/
};

// kUnavailable when a folder went away meanwhile.
StatusOr<DiskReplicas> ListDisks(const std::string& cluster_dir) {
  namespace files = std::filesystem;
  DiskReplicas found;
  std::error_code error;
  files::recursive_directory_iterator it(cluster_dir + "/workers", error);
  for (; !error && it != files::recursive_directory_iterator(); it.increment(error)) {
    const std::string path = it->path().string();
    const std::string name = it->path().filename().string();
    if (!name.starts_with("blk_")) continue;
    if (path.find("/finalized/") == std::string::npos) {
      found.unfinished.push_back(path);
    } else if (!name.ends_with(".meta")) {
      ++found.finalized[BlockId(std::stoll(name.substr(4)))];
    }
  }
  if (error) return UnavailableError("listing " + cluster_dir + ": " + error.message());
  return found;
}

Status CheckDisks(const std::string& cluster_dir, int64_t blocks, int replication) {
  ASSIGN_OR_RETURN(const DiskReplicas disks, ListDisks(cluster_dir));
  int64_t few = 0;
  int64_t many = 0;
  for (const auto& [id, count] : disks.finalized) {
    few += count < replication ? 1 : 0;
    many += count > replication ? 1 : 0;
  }
  const auto found = static_cast<int64_t>(disks.finalized.size());
  if (found == blocks && few == 0 && many == 0 && disks.unfinished.empty()) return Status::Ok();
  return FailedPreconditionError(
      "the disks hold " + std::to_string(found) + " blocks, the files " + std::to_string(blocks) +
      "; " + std::to_string(few) + " have too few, " + std::to_string(many) +
      " too many replicas; " + std::to_string(disks.unfinished.size()) + " files are unfinished" +
      (disks.unfinished.empty() ? "" : ", as " + disks.unfinished.front()));
}

template <typename Check>
Status WaitFor(TimePoint until, const Check& check) {
  for (;;) {
    Status status = check();
    if (status.ok() || status.code() == Code::kDataLoss) return status;
    if (Clock::Real()->Now() > until) return status.WithContext("in the end");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace

std::string FileBytes(uint64_t seed, int64_t offset, size_t size) {
  const auto begin = static_cast<uint64_t>(offset) / 8;
  const auto skip = static_cast<size_t>(offset % 8);
  const size_t words = (skip + size + 7) / 8;
  std::string bytes(words * 8, '\0');
  for (size_t i = 0; i < words; ++i) {
    const uint64_t word = Mix(seed * 0x9e3779b97f4a7c15ULL + begin + i);
    std::memcpy(bytes.data() + i * 8, &word, 8);
  }
  return bytes.substr(skip, size);
}

StatusOr<Client> ConnectClient(const Configuration& conf) {
  auto context = std::make_shared<client::ClientContext>();
  ASSIGN_OR_RETURN(context->options, client::ReadClientOptions(conf, "", ""));
  context->client_name =
      "DFSClient_NONMAPREDUCE_replica_check_" + std::to_string(SecureRandomSeed());
  context->rpc = std::make_unique<RpcClient>(context->options.rpc);
  RpcServiceOptions service;
  service.addresses = context->options.namenodes;
  service.identity.user = context->options.user;
  service.retry = context->options.retry;
  context->namenode = MakeClientProtocolStub(context->rpc.get(), std::move(service));
  context->datanodes = client::MakeDatanodeConnector(context->options, context->rpc.get());
  std::shared_ptr<FileSystem> fs = std::make_shared<client::DfsClient>(context);
  return Client{std::move(context), std::move(fs)};
}

Status CheckReplicas(const Client& client, const std::string& path, uint64_t seed, int64_t length,
                     size_t replication) {
  ASSIGN_OR_RETURN(const FileStatus status, client.fs->GetStatus(path));
  ASSIGN_OR_RETURN(const LocatedBlocks located,
                   client.fs->GetBlockLocations(path, 0, std::max<int64_t>(status.length, 1)));
  if (located.under_construction) return FailedPreconditionError(path + " is open");
  if (length >= 0 && status.length != length) {
    return DataLossError(path + " has " + std::to_string(status.length) + " bytes, written were " +
                         std::to_string(length));
  }
  int64_t end = 0;
  for (const LocatedBlock& block : located.blocks) {
    const std::string name = path + ": " + BlockName(block.block.block);
    if (block.offset != end) return DataLossError(name + " leaves a gap");
    end += block.block.block.num_bytes;
    if (block.corrupt) return DataLossError(name + " is corrupt");
    if (block.locations.size() != replication) {
      return FailedPreconditionError(name + " has " + std::to_string(block.locations.size()) +
                                     " replicas");
    }
    for (const DatanodeInfo& node : block.locations) {
      const Status replica = CheckReplica(client, block, node, seed);
      if (!replica.ok()) return replica.WithContext(name + " on " + node.id.XferAddr());
    }
  }
  if (end != status.length) return DataLossError(path + ": its blocks have another length");
  return Status::Ok();
}

Status WaitForReplicas(const Client& client, const std::string& path, uint64_t seed, int64_t length,
                       size_t replication, TimePoint until) {
  return WaitFor(until, [&] { return CheckReplicas(client, path, seed, length, replication); });
}

Status WaitForDisks(const std::string& cluster_dir, int64_t blocks, int replication,
                    TimePoint until) {
  return WaitFor(until, [&] { return CheckDisks(cluster_dir, blocks, replication); });
}

}  // namespace tusk::integration
