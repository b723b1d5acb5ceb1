#include "common/net/host_port.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

namespace tusk {

namespace {

bool ParsePort(std::string_view text, int* port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *port);
  return error == std::errc() && end == text.data() + text.size() && *port >= 0 && *port <= 65535;
}

Status BadHostPort(std::string_view text) {
  return InvalidArgumentError("\"" + std::string(text) + "\" is not host:port");
}

}  // namespace

std::string HostPort::ToString() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

StatusOr<HostPort> ParseHostPort(std::string_view text, int default_port) {
  std::string_view host = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return BadHostPort(text);
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  HostPort where{std::string(host), default_port};
  if (!rest.empty() && (!rest.starts_with(':') || !ParsePort(rest.substr(1), &where.port))) {
    return BadHostPort(text);
  }
  if (host.empty() || where.port < 0) return BadHostPort(text);
  return where;
}

StatusOr<UriParts> ParseUri(std::string_view text) {
  UriParts parts;
  const size_t colon = text.find(':');
  const size_t slash = text.find('/');
  // A colon after a slash belongs to the path, as Hadoop's Path has it.
  if (colon != std::string_view::npos && colon > 0 &&
      (slash == std::string_view::npos || colon < slash)) {
    parts.scheme = std::string(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const size_t end = std::min(text.find('/'), text.size());
    parts.authority = std::string(text.substr(0, end));
    text.remove_prefix(end);
  }
  if (text.empty() && parts.scheme.empty() && parts.authority.empty()) {
    return InvalidArgumentError("Can not create a Path from an empty string",
                                Reason::kIllegalArgument);
  }
  parts.path = std::string(text);
  return parts;
}

SocketAddress::SocketAddress(const sockaddr* address, socklen_t size) : size_(size) {
  CHECK_LE(size, sizeof storage_);
  std::memcpy(&storage_, address, size);
}

StatusOr<SocketAddress> SocketAddress::Parse(std::string_view address, int port) {
  const std::string text(address);
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<uint16_t>(port));
    return SocketAddress(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<uint16_t>(port));
    return SocketAddress(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  }
  return InvalidArgumentError("\"" + text + "\" is not an IP address");
}

std::string SocketAddress::host() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (family() == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr, text,
                sizeof text);
  } else if (family() == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr, text,
                sizeof text);
  } else {
    return "unix";
  }
  return text;
}

int SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  if (family() == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
  }
  return 0;
}

bool SocketAddress::IsAny() const {
  if (family() == AF_INET) {
    return reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr.s_addr == INADDR_ANY;
  }
  return family() == AF_INET6 &&
         IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr);
}

std::string SocketAddress::ToString() const {
  return HostPort{host(), port()}.ToString();
}

StatusOr<std::vector<SocketAddress>> Resolve(const HostPort& where) {
  if (auto address = SocketAddress::Parse(where.host, where.port); address.ok()) {
    return std::vector<SocketAddress>{*std::move(address)};
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result =
      ::getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &found);
  if (result != 0) {
    const std::string message = "unknown host " + where.host + ": " + ::gai_strerror(result);
    return result == EAI_AGAIN ? UnavailableError(message) : NotFoundError(message);
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    addresses.emplace_back(info->ai_addr, info->ai_addrlen);
  }
  ::freeaddrinfo(found);
  return addresses;
}

bool IsLoopback(const SocketAddress& address) {
  if (address.family() == AF_INET) {
    const auto* const v4 = reinterpret_cast<const sockaddr_in*>(address.raw());
    return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
  }
  return address.family() == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(address.raw())->sin6_addr);
}

std::string LocalHostName() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

}  // namespace tusk
