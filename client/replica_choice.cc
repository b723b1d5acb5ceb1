#include "client/replica_choice.h"

#include <ifaddrs.h>

#include <algorithm>

#include "common/net/host_port.h"

namespace tusk::client {

std::set<std::string> LocalAddresses(const std::string& bound_address) {
  if (!bound_address.empty()) return {bound_address};
  std::set<std::string> addresses;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return addresses;
  for (const ifaddrs* it = first; it != nullptr; it = it->ifa_next) {
    if (it->ifa_addr == nullptr) continue;
    const int family = it->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const SocketAddress address(
        it->ifa_addr,
        static_cast<socklen_t>(family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)));
    if (!IsLoopback(address)) addresses.insert(address.host());
  }
  freeifaddrs(first);
  return addresses;
}

std::vector<size_t> ReplicaOrder(const LocatedBlock& block, const std::set<std::string>& local,
                                 const std::set<std::string>& dead) {
  std::vector<size_t> order;
  for (size_t i = 0; i < block.locations.size(); ++i) {
    if (!dead.contains(block.locations[i].id.XferAddr())) order.push_back(i);
  }
  std::stable_partition(order.begin(), order.end(),
                        [&](size_t i) { return local.contains(block.locations[i].id.ip_addr); });
  return order;
}

}  // namespace tusk::client
