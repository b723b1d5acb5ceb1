#include "tests/durability/namesystem_test_peer.h"

#include <set>

namespace tusk::namenode {
namespace {

void DescribeTree(const Directory& directory, const Inode& inode, int depth, std::string* text) {
  const AccessEntry& access = directory.AccessOf(inode);
  *text += std::string(static_cast<size_t>(depth), ' ');
  *text += std::string(directory.NameOf(inode)) + " " + std::to_string(inode.id.value()) + " " +
           access.owner + ":" + access.group + " " + PermissionText(access.permission) + " " +
           std::to_string(inode.mtime_ms) + " " + std::to_string(inode.atime_ms) + " " +
           std::to_string(inode.replication);
  if (inode.is_file()) *text += " " + std::to_string(inode.block_size);
  for (const BlockEntry& block : inode.blocks) {
    *text += " " + BlockName(block.ToBlock()) + "/" + std::to_string(block.length()) + "/" +
             std::to_string(block.state_bits);
  }
  if (inode.open) {
    const OpenFile& open = directory.OpenInfo(inode);
    *text += " open by " + open.client_name + " on " + open.client_host + " recovery " +
             std::to_string(open.recovery_id);
  }
  *text += "\n";
  if (directory.ChildCount(inode) == 0) return;
  for (const InodeIndex child : *inode.children) {
    DescribeTree(directory, *directory.Get(child), depth + 1, text);
  }
}

}  // namespace

std::string NamesystemTestPeer::Describe(const Namesystem& ns) {
  ReaderLock lock(ns.mu_);
  const NamespaceState& state = ns.state_;
  std::string text;
  DescribeTree(state.directory, *state.directory.root(), 0, &text);
  const uint64_t next = state.retries.next_number();
  std::set<std::string> retries;
  for (uint64_t i = next - state.retries.size(); i < next; ++i) {
    const RetryCache::Entry& entry = *state.retries.At(i);
    retries.insert(entry.key + " " + std::to_string(entry.time_ms) + " " + entry.answer + "\n");
  }
  for (const std::string& retry : retries) text += retry;
  for (const auto& [uuid, id] : state.datanodes) text += uuid + " " + id.ip_addr + "\n";
  return text + "leases " + std::to_string(state.leases.lease_count()) + " inode " +
         std::to_string(state.last_inode.value()) + " block " +
         std::to_string(state.last_block.value()) + " stamp " +
         std::to_string(state.last_generation_stamp.value()) + "\n";
}

}  // namespace tusk::namenode
