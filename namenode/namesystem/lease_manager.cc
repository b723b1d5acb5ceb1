#include "namenode/namesystem/lease_manager.h"

namespace tusk::namenode {

void LeaseManager::Add(const std::string& holder, InodeId file) {
  MutexLock lock(mu_);
  const auto lease = leases_.try_emplace(holder).first;
  lease->second.renewed = clock_->Now();
  const auto known = places_.find(file);
  if (known != places_.end() && known->second.lease == lease) return;
  RemoveLocked(file);
  places_[file] = {.lease = lease, .at = lease->second.files.size()};
  lease->second.files.push_back(file);
}

void LeaseManager::Remove(InodeId file) {
  MutexLock lock(mu_);
  RemoveLocked(file);
}

void LeaseManager::RemoveLocked(InodeId file) {
  const auto found = places_.find(file);
  if (found == places_.end()) return;
  const Place place = found->second;
  places_.erase(found);
  std::vector<InodeId>& files = place.lease->second.files;
  if (place.at + 1 < files.size()) {  // the last one takes its place
    files[place.at] = files.back();
    places_.find(files.back())->second.at = place.at;
  }
  files.pop_back();
  if (files.empty()) leases_.erase(place.lease);
}

void LeaseManager::Reassign(InodeId file, const std::string& new_holder) {
  Remove(file);
  Add(new_holder, file);
}

void LeaseManager::Renew(std::string_view holder) {
  MutexLock lock(mu_);
  const auto lease = leases_.find(holder);
  if (lease != leases_.end()) lease->second.renewed = clock_->Now();
}

void LeaseManager::RenewAll() {
  MutexLock lock(mu_);
  for (auto& [holder, lease] : leases_) lease.renewed = clock_->Now();
}

bool LeaseManager::SoftExpired(std::string_view holder) const {
  MutexLock lock(mu_);
  const auto lease = leases_.find(holder);
  return lease == leases_.end() || clock_->Now() - lease->second.renewed > limits_.soft;
}

bool LeaseManager::RecoveryDue(std::string_view holder) const {
  MutexLock lock(mu_);
  const auto lease = leases_.find(holder);
  return lease == leases_.end() || clock_->Now() - lease->second.renewed > limits_.recovery_retry;
}

bool LeaseManager::HasLease(std::string_view holder) const {
  MutexLock lock(mu_);
  return leases_.contains(holder);
}

std::vector<InodeId> LeaseManager::Expired(size_t limit) const {
  const TimePoint now = clock_->Now();
  std::vector<InodeId> expired;
  MutexLock lock(mu_);
  for (const auto& [holder, lease] : leases_) {
    const bool ours = holder.starts_with(kNamenodeHolderPrefix);
    if (now - lease.renewed <= (ours ? limits_.recovery_retry : limits_.hard)) continue;
    for (const InodeId file : lease.files) {
      if (expired.size() == limit) return expired;
      expired.push_back(file);
    }
  }
  return expired;
}

std::string LeaseManager::Describe(std::string_view holder) const {
  MutexLock lock(mu_);
  const auto lease = leases_.find(holder);
  if (lease == leases_.end()) {
    return "Holder " + std::string(holder) + " does not have any open files.";
  }
  return "[Lease.  Holder: " + std::string(holder) +
         ", pending creates: " + std::to_string(lease->second.files.size()) + "]";
}

int64_t LeaseManager::lease_count() const {
  MutexLock lock(mu_);
  return static_cast<int64_t>(leases_.size());
}

}  // namespace tusk::namenode
