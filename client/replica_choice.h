// Which replica a reader asks, and in which order.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/protocol/located_block.h"

namespace tusk::client {

// Which DataNodes are on the client's own host.
//
// A client that binds its sockets to an address stands there and nowhere else: on one machine
// 127.0.10.1 and 127.0.10.2 are two workers. One that binds to none stands on the machine: its own
// are the addresses of the interfaces and, as with Hadoop's client, every loopback one.
class OwnHost {
 public:
  // `bound_address` empty: none.
  static OwnHost Of(const std::string& bound_address);

  bool Has(const std::string& ip_address) const;

 private:
  std::set<std::string> addresses_;
  bool loopback_ = false;  // all of 127/8, and ::1
};

// Indexes into block.locations: DataNodes on the client's own host first, then as the NameNode
// sorted them (nearest first); those in `dead` (transfer addresses) are left out.
std::vector<size_t> ReplicaOrder(const LocatedBlock& block, const OwnHost& own,
                                 const std::set<std::string>& dead);

}  // namespace tusk::client
