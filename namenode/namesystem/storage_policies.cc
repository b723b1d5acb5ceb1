#include "namenode/namesystem/storage_policies.h"

namespace tusk::namenode {

const std::vector<StoragePolicy>& BuiltInStoragePolicies() {
  using enum StorageType;
  static const auto* const kPolicies = new std::vector<StoragePolicy>{
      {1, "PROVIDED", {kProvided, kDisk}, {kProvided, kDisk}, {kProvided, kDisk}},
      {2, "COLD", {kArchive}, {}, {}},
      {5, "WARM", {kDisk, kArchive}, {kDisk, kArchive}, {kDisk, kArchive}},
      {7, "HOT", {kDisk}, {}, {kArchive}},
      {10, "ONE_SSD", {kSsd, kDisk}, {kSsd, kDisk}, {kSsd, kDisk}},
      {12, "ALL_SSD", {kSsd}, {kDisk}, {kDisk}},
      {14, "ALL_NVDIMM", {kNvdimm}, {kDisk}, {kDisk}},
      {15, "LAZY_PERSIST", {kRamDisk, kDisk}, {kDisk}, {kDisk}},
  };
  return *kPolicies;
}

}  // namespace tusk::namenode
