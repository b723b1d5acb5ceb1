// "host:port" in configuration and on the wire, and its addresses.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace tusk {

struct HostPort {
  std::string host;  // name or address as text; IPv6 without brackets
  int port = 0;

  std::string ToString() const;
  auto operator<=>(const HostPort&) const = default;
};

// "nn1:8020", "[::1]:8020"; without a port `default_port`, and kInvalidArgument when that is -1.
StatusOr<HostPort> ParseHostPort(std::string_view text, int default_port = -1);

// "hdfs://nn1:8020/a/b" -> scheme "hdfs", authority "nn1:8020", path "/a/b". A text without
// "scheme:" is all path.
struct UriParts {
  std::string scheme;
  std::string authority;
  std::string path;
};
StatusOr<UriParts> ParseUri(std::string_view text);

// An IPv4 or IPv6 address with port.
class SocketAddress {
 public:
  SocketAddress() = default;
  SocketAddress(const sockaddr* address, socklen_t size);
  // `address`: "127.0.0.1" or "::1"; no names.
  static StatusOr<SocketAddress> Parse(std::string_view address, int port);

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }
  std::string host() const;  // as text
  int port() const;
  bool IsAny() const;  // 0.0.0.0 or ::
  std::string ToString() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

// Blocks in the resolver (not for addresses as text): never on an I/O thread; see Resolver.
StatusOr<std::vector<SocketAddress>> Resolve(const HostPort& where);

// True for 127.0.0.0/8 and ::1. "Same host" is not this: it means the same address.
bool IsLoopback(const SocketAddress& address);

// This machine's own name ("localhost" when it has none).
std::string LocalHostName();

}  // namespace tusk
