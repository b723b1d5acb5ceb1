// Who holds a port: /proc/net/tcp{,6} names the socket's inode, /proc/PID/fd the process.
#include <dirent.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "common/net/socket.h"

namespace tusk {

namespace {

// The address of /proc/net/tcp, as the kernel prints it, for an IPv4 address; "" for others.
std::string ProcAddress(const std::string& host) {
  const auto addresses = Resolve({host, 0});
  if (!addresses.ok() || addresses->front().family() != AF_INET) return {};
  const auto* const v4 = reinterpret_cast<const sockaddr_in*>(addresses->front().raw());
  char text[9];
  std::snprintf(text, sizeof text, "%08X", v4->sin_addr.s_addr);
  return text;
}

std::string FindInode(const char* table, const std::string& address, int port) {
  constexpr std::string_view kListening = "0A";
  std::ifstream in(table);
  std::string line;
  std::getline(in, line);  // headings
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
        timeout >> inode;
    const size_t colon = local.find(':');
    if (state != kListening || colon == std::string::npos) continue;
    if (std::strtol(local.c_str() + colon + 1, nullptr, 16) != port) continue;
    const std::string bound = local.substr(0, colon);
    const bool any = bound.find_first_not_of('0') == std::string::npos;
    if (any || address.empty() || bound == address || address == "00000000") return inode;
  }
  return {};
}

bool HoldsInode(const std::string& pid, const std::string& link) {
  const std::string dir = "/proc/" + pid + "/fd";
  DIR* const handle = ::opendir(dir.c_str());
  if (handle == nullptr) return false;
  bool found = false;
  while (const dirent* entry = found ? nullptr : ::readdir(handle)) {
    char target[64];
    const std::string path = dir + "/" + entry->d_name;
    const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
    found = size > 0 && std::string_view(target, static_cast<size_t>(size)) == link;
  }
  ::closedir(handle);
  return found;
}

}  // namespace

int FindPortHolder(const std::string& host, int port) {
  const std::string address = ProcAddress(host);
  std::string inode = FindInode("/proc/net/tcp", address, port);
  if (inode.empty()) inode = FindInode("/proc/net/tcp6", {}, port);
  if (inode.empty()) return 0;
  const std::string link = "socket:[" + inode + "]";
  DIR* const proc = ::opendir("/proc");
  if (proc == nullptr) return 0;
  int pid = 0;
  while (const dirent* entry = pid != 0 ? nullptr : ::readdir(proc)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (HoldsInode(entry->d_name, link)) pid = std::atoi(entry->d_name);
  }
  ::closedir(proc);
  return pid;
}

std::string DescribePortHolder(const std::string& host, int port) {
  std::string text = "port " + std::to_string(port) + " on " + host + " is in use";
  const int pid = FindPortHolder(host, port);
  if (pid == 0) return text + " by a process of another user, or one that has just ended";
  std::ifstream comm("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(comm, name);
  return text + " by process " + std::to_string(pid) + (name.empty() ? "" : " (" + name + ")");
}

}  // namespace tusk
