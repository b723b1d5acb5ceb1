// What a file in HDFS holds, replica by replica: each one read from its own DataNode over a socket,
// checksums verified, and compared with the bytes that were written.
//
// For the programs of this folder that kill writers and DataNodes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "client/client_context.h"
#include "client/file_system.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/config/configuration.h"

namespace tusk::integration {

// The bytes [offset, offset + size) of the endless file that `seed` stands for.
std::string FileBytes(uint64_t seed, int64_t offset, size_t size);

// A client of the cluster that may also look below the file system.
struct Client {
  std::shared_ptr<client::ClientContext> context;
  std::shared_ptr<FileSystem> fs;
};
StatusOr<Client> ConnectClient(const Configuration& conf);

// The file is closed, `length` bytes long (-1: any), and each of its blocks has exactly
// `replication` replicas, all of the block's length and with the bytes of FileBytes(seed).
//
// kDataLoss when that will never come: a wrong length, a wrong byte, a replica that does not match
// its checksums. Any other error may still pass: open, too few or too many replicas, one just gone.
Status CheckReplicas(const Client& client, const std::string& path, uint64_t seed, int64_t length,
                     size_t replication);

// Waits until that is Ok, or never will be, or the time is `until`.
Status WaitForReplicas(const Client& client, const std::string& path, uint64_t seed, int64_t length,
                       size_t replication, TimePoint until);

// Waits until the workers' disks hold `blocks` blocks, each finalized on exactly `replication`
// DataNodes, and nothing in rbw/ or tmp/. `cluster_dir` as of `tusk cluster start --dir`.
Status WaitForDisks(const std::string& cluster_dir, int64_t blocks, int replication,
                    TimePoint until);

}  // namespace tusk::integration
