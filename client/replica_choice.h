// Which replica a reader asks, and in which order.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/protocol/located_block.h"

namespace tusk::client {

// The addresses under which a DataNode counts as this client's own: the address the client binds
// to, or when it binds to none, all of this host's that are not loopback ones (127.x is many
// workers on one machine, and none of them is "here").
std::set<std::string> LocalAddresses(const std::string& bound_address);

// Indexes into block.locations: the client's own DataNode first, then as the NameNode sorted them
// (nearest first); those in `dead` (transfer addresses) are left out.
std::vector<size_t> ReplicaOrder(const LocatedBlock& block, const std::set<std::string>& local,
                                 const std::set<std::string>& dead);

}  // namespace tusk::client
