// All volumes of this DataNode, and the choice of one for a new replica.
//
// Threads: thread-safe; the list is constant after construction.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "datanode/storage/volume.h"

namespace tusk::datanode {

class VolumeSet {
 public:
  explicit VolumeSet(std::vector<std::unique_ptr<Volume>> volumes);

  const std::vector<std::unique_ptr<Volume>>& all() const { return volumes_; }

  // The volume `storage_id` if it is ours, of that type and has room for `bytes`; else the one of
  // that type with the most room. kResourceExhausted says of each volume why not.
  StatusOr<Volume*> Choose(StorageType type, const std::string& storage_id, int64_t bytes) const;

  Volume* Find(const std::string& storage_id) const;
  int failed_count() const;

 private:
  const std::vector<std::unique_ptr<Volume>> volumes_;
};

}  // namespace tusk::datanode
