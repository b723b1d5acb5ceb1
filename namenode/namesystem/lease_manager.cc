#include "namenode/namesystem/lease_manager.h"

namespace tusk::namenode {

void LeaseManager::Add(const std::string& holder, InodeId file) {
  MutexLock lock(mu_);
  Lease& lease = leases_[holder];
  lease.renewed = clock_->Now();
  lease.files.insert(file);
  holders_[file] = holder;
}

void LeaseManager::Remove(InodeId file) {
  MutexLock lock(mu_);
  const auto holder = holders_.find(file);
  if (holder == holders_.end()) return;
  const auto lease = leases_.find(holder->second);
  lease->second.files.erase(file);
  if (lease->second.files.empty()) leases_.erase(lease);
  holders_.erase(holder);
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
