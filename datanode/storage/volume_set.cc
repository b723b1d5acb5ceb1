#include "datanode/storage/volume_set.h"

namespace tusk::datanode {

VolumeSet::VolumeSet(std::vector<std::unique_ptr<Volume>> volumes) : volumes_(std::move(volumes)) {}

StatusOr<Volume*> VolumeSet::Choose(StorageType type, const std::string& storage_id,
                                    int64_t bytes) const {
  Volume* best = nullptr;
  int64_t best_room = 0;
  std::string reasons;
  for (const auto& volume : volumes_) {
    std::string reason;
    const int64_t room = volume->failed() ? 0 : volume->AvailableBytes();
    if (volume->failed()) {
      reason = "failed: " + volume->failure();
    } else if (volume->type() != type) {
      reason = "is " + std::string(StorageTypeName(volume->type()));
    } else if (room < bytes) {
      reason = "has " + std::to_string(room) + " bytes left";
    } else if (volume->storage_id() == storage_id) {
      return volume.get();
    } else if (best == nullptr || room > best_room) {
      best = volume.get();
      best_room = room;
    }
    if (!reason.empty()) reasons += (reasons.empty() ? "" : "; ") + volume->dir() + " " + reason;
  }
  if (best != nullptr) return best;
  return ResourceExhaustedError("no " + std::string(StorageTypeName(type)) +
                                " volume takes a replica of " + std::to_string(bytes) +
                                " bytes: " + reasons);
}

Volume* VolumeSet::Find(const std::string& storage_id) const {
  for (const auto& volume : volumes_) {
    if (volume->storage_id() == storage_id) return volume.get();
  }
  return nullptr;
}

int VolumeSet::failed_count() const {
  int count = 0;
  for (const auto& volume : volumes_) count += volume->failed() ? 1 : 0;
  return count;
}

}  // namespace tusk::datanode
