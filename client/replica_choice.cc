#include "client/replica_choice.h"

#include <ifaddrs.h>

#include <algorithm>

#include "common/net/host_port.h"

namespace tusk::client {

OwnHost OwnHost::Of(const std::string& bound_address) {
  OwnHost own;
  if (!bound_address.empty()) {
    own.addresses_.insert(bound_address);
    return own;
  }
  own.loopback_ = true;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return own;
  for (const ifaddrs* it = first; it != nullptr; it = it->ifa_next) {
    if (it->ifa_addr == nullptr) continue;
    const int family = it->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const SocketAddress address(
        it->ifa_addr,
        static_cast<socklen_t>(family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)));
    own.addresses_.insert(address.host());
  }
  freeifaddrs(first);
  return own;
}

bool OwnHost::Has(const std::string& ip_address) const {
  if (addresses_.contains(ip_address)) return true;
  return loopback_ && (ip_address.starts_with("127.") || ip_address == "::1");
}

std::vector<size_t> ReplicaOrder(const LocatedBlock& block, const OwnHost& own,
                                 const std::set<std::string>& dead) {
  std::vector<size_t> order;
  for (size_t i = 0; i < block.locations.size(); ++i) {
    if (!dead.contains(block.locations[i].id.XferAddr())) order.push_back(i);
  }
  std::stable_partition(order.begin(), order.end(),
                        [&](size_t i) { return own.Has(block.locations[i].id.ip_addr); });
  return order;
}

}  // namespace tusk::client
