// Who may write which files: one lease per client, over all the files it has open, by inode id.
//
// After the soft limit another client may take a file over, after the hard limit the NameNode does.
// Files the NameNode has taken over are held under a name of its own until their last block is
// recovered. The time of renewal is not kept over a restart: every lease begins anew.
//
// Threads: thread-safe; its lock comes after the namesystem's. Files are added and removed under
//          the namesystem's writer lock, renewing needs none.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/concurrent/mutex.h"
#include "common/protocol/ids.h"

namespace tusk::namenode {

inline constexpr std::string_view kNamenodeHolderPrefix = "HDFS_NameNode-";

class LeaseManager {
 public:
  struct Limits {
    Duration soft = std::chrono::seconds(60);
    Duration hard = std::chrono::minutes(20);
    Duration recovery_retry = std::chrono::seconds(30);  // of files the NameNode has taken over
  };

  LeaseManager(Limits limits, const Clock* clock) : limits_(limits), clock_(clock) {}

  void Add(const std::string& holder, InodeId file) EXCLUDES(mu_);
  void Remove(InodeId file) EXCLUDES(mu_);
  void Reassign(InodeId file, const std::string& new_holder) EXCLUDES(mu_);
  void Renew(std::string_view holder) EXCLUDES(mu_);
  void RenewAll() EXCLUDES(mu_);  // after a start, a fresh safe mode exit

  // Whether the holder has been silent for the soft limit (also: has no lease at all).
  bool SoftExpired(std::string_view holder) const EXCLUDES(mu_);
  // Of a holder of the NameNode's own: whether the recovery may be tried again.
  bool RecoveryDue(std::string_view holder) const EXCLUDES(mu_);
  bool HasLease(std::string_view holder) const EXCLUDES(mu_);
  // Files whose lease is past the hard limit, or whose recovery is due again; at most `limit`.
  std::vector<InodeId> Expired(size_t limit) const EXCLUDES(mu_);

  // Hadoop's text: "[Lease.  Holder: c1, pending creates: 1]", or "Holder c1 does not have any open
  // files."
  std::string Describe(std::string_view holder) const EXCLUDES(mu_);

  int64_t lease_count() const EXCLUDES(mu_);

 private:
  struct Lease {
    TimePoint renewed;
    std::vector<InodeId> files;  // in no order
  };
  using Leases = std::map<std::string, Lease, std::less<>>;
  // Where an open file stands: leases are many files long, and each is found without a search.
  struct Place {
    Leases::iterator lease;
    size_t at = 0;  // in lease->second.files
  };

  void RemoveLocked(InodeId file) REQUIRES(mu_);

  const Limits limits_;
  const Clock* const clock_;

  mutable Mutex mu_;
  Leases leases_ GUARDED_BY(mu_);
  std::unordered_map<InodeId, Place> places_ GUARDED_BY(mu_);
};

}  // namespace tusk::namenode
