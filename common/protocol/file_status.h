// What the namespace says of a path: getFileInfo, getListing, content summaries, defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/protocol/block.h"
#include "common/protocol/ids.h"
#include "common/protocol/located_block.h"
#include "common/protocol/permission.h"

namespace tusk {

enum class FileType : uint8_t { kDirectory = 1, kFile = 2, kSymlink = 3 };  // numbers of the wire

struct FileStatus {
  FileType type = FileType::kFile;
  std::string name;  // last component; empty for the very path that was asked for
  int64_t length = 0;
  FsPermission permission;
  std::string owner;
  std::string group;
  int64_t modification_time_ms = 0;
  int64_t access_time_ms = 0;
  int32_t replication = 0;  // 0 for directories
  int64_t block_size = 0;   // 0 for directories
  InodeId file_id;
  int32_t children_num = -1;  // directories: entries; files: 0
  int32_t storage_policy = 0;
  uint32_t flags = 0;  // wire numbers: HAS_ACL 1, HAS_CRYPT 2, HAS_EC 4, SNAPSHOT_ENABLED 8
  std::optional<LocatedBlocks> locations;  // only where they were asked for

  bool is_directory() const { return type == FileType::kDirectory; }
};

struct DirectoryListing {
  std::vector<FileStatus> entries;  // byte order of names, after the given start
  int32_t remaining_entries = 0;    // still to come
};

struct ContentSummary {
  int64_t length = 0;
  int64_t file_count = 0;
  int64_t directory_count = 0;  // the directory itself included
  int64_t space_consumed = 0;
  int64_t quota = -1;  // -1: none
  int64_t space_quota = -1;
  bool is_file = false;
};

struct QuotaUsage {
  int64_t file_and_directory_count = 0;
  int64_t quota = -1;
  int64_t space_consumed = 0;
  int64_t space_quota = -1;
};

struct ServerDefaults {
  int64_t block_size = 128LL << 20;
  int32_t bytes_per_checksum = 512;
  int32_t write_packet_size = 65536;
  int32_t replication = 3;
  int32_t file_buffer_size = 4096;
  int64_t trash_interval_minutes = 0;
  ChecksumType checksum_type = ChecksumType::kCrc32c;
  int32_t default_storage_policy_id = 7;
};

struct FsStats {
  int64_t capacity_bytes = 0;
  int64_t used_bytes = 0;
  int64_t remaining_bytes = 0;
  int64_t under_replicated = 0;
  int64_t corrupt_blocks = 0;
  int64_t missing_blocks = 0;
  int64_t missing_repl_one_blocks = 0;
  int64_t blocks_in_future = 0;
  int64_t pending_deletion_blocks = 0;
  int64_t highest_priority_low_redundancy_blocks = 0;
};

struct StoragePolicy {
  int32_t id = 0;
  std::string name;
  std::vector<StorageType> creation;
  std::vector<StorageType> creation_fallback;
  std::vector<StorageType> replication_fallback;
};

}  // namespace tusk
