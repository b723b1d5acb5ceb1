// What clients and daemons know of a DataNode.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/protocol/block.h"

namespace tusk {

// Identity and addresses. Stock clients match `ip_addr:xfer_port` literally: hand out one spelling.
struct DatanodeId {
  std::string ip_addr;
  std::string host_name;
  std::string uuid;
  int32_t xfer_port = 0;  // DataTransferProtocol
  int32_t info_port = 0;  // HTTP
  int32_t ipc_port = 0;   // ClientDatanodeProtocol

  std::string XferAddr() const { return ip_addr + ":" + std::to_string(xfer_port); }
  bool operator==(const DatanodeId&) const = default;
};

enum class AdminState : uint8_t {  // numbers of the wire
  kNormal = 0,
  kDecommissionInProgress = 1,
  kDecommissioned = 2,
  kEnteringMaintenance = 3,
  kInMaintenance = 4,
};

inline constexpr const char* kDefaultRack = "/default-rack";

struct DatanodeInfo {
  DatanodeId id;
  std::string network_location = kDefaultRack;
  int64_t capacity_bytes = 0;
  int64_t dfs_used_bytes = 0;
  int64_t remaining_bytes = 0;
  int64_t non_dfs_used_bytes = 0;
  int64_t block_pool_used_bytes = 0;
  int64_t cache_capacity_bytes = 0;
  int64_t cache_used_bytes = 0;
  int64_t last_update_ms = 0;  // wall clock
  int64_t last_update_monotonic_ms = 0;
  int64_t last_block_report_ms = 0;
  int32_t xceiver_count = 0;
  int32_t num_blocks = 0;
  AdminState admin_state = AdminState::kNormal;
};

// One volume of a DataNode, as in heartbeats and getDatanodeStorageReport.
struct StorageReport {
  std::string storage_uuid;  // "DS-<uuid>"
  StorageType type = StorageType::kDisk;
  bool failed = false;
  int64_t capacity_bytes = 0;
  int64_t dfs_used_bytes = 0;
  int64_t remaining_bytes = 0;
  int64_t block_pool_used_bytes = 0;
  int64_t non_dfs_used_bytes = 0;
};

struct DatanodeStorageReport {
  DatanodeInfo datanode;
  std::vector<StorageReport> storages;
};

}  // namespace tusk
