// getFileInfo, getListing and the other looks at one path.
#include <algorithm>

#include "namenode/namesystem/namesystem.h"

namespace tusk::namenode {

StatusOr<std::optional<FileStatus>> Namesystem::GetFileInfo(const Caller& caller,
                                                            const std::string& path) {
  ReaderLock lock(mu_);
  auto resolved = Resolve(path);
  if (!resolved.ok()) {
    if (resolved.status().code() == Code::kNotFound) return std::optional<FileStatus>();
    return std::move(resolved).status();
  }
  RETURN_IF_ERROR(Checker(caller).CheckTraverse(*resolved));
  if (!resolved->exists()) return std::optional<FileStatus>();
  return std::optional(state_.directory.StatusOf(*resolved->last(), ""));
}

StatusOr<std::optional<FileStatus>> Namesystem::GetLocatedFileInfo(const Caller& caller,
                                                                   const std::string& path) {
  FileBlocks blocks;
  std::optional<FileStatus> status;
  {
    ReaderLock lock(mu_);
    auto resolved = Resolve(path);
    if (!resolved.ok()) {
      if (resolved.status().code() == Code::kNotFound) return status;
      return std::move(resolved).status();
    }
    const PermissionChecker checker = Checker(caller);
    RETURN_IF_ERROR(checker.CheckTraverse(*resolved));
    if (!resolved->exists()) return status;
    const Inode& inode = *resolved->last();
    if (inode.is_file()) RETURN_IF_ERROR(checker.CheckInode(inode, FsAction::kRead));
    status = state_.directory.StatusOf(inode, "");
    if (inode.directory) return status;
    blocks = BlocksOf(inode);
  }
  status->locations = Locate(caller, blocks, 0, INT64_MAX);
  return status;
}

StatusOr<std::optional<DirectoryListing>> Namesystem::GetListing(const Caller& caller,
                                                                 const std::string& path,
                                                                 const std::string& start_after,
                                                                 bool need_location) {
  DirectoryListing listing;
  std::vector<FileBlocks> blocks;  // of the entries, when their locations are wanted
  {
    ReaderLock lock(mu_);
    auto resolved = Resolve(path);
    if (!resolved.ok()) {
      if (resolved.status().code() == Code::kNotFound) return std::optional<DirectoryListing>();
      return std::move(resolved).status();
    }
    const PermissionChecker checker = Checker(caller);
    RETURN_IF_ERROR(checker.CheckTraverse(*resolved));
    if (!resolved->exists()) return std::optional<DirectoryListing>();
    const Directory& directory = state_.directory;
    const Inode& inode = *resolved->last();
    if (inode.is_file()) {
      listing.entries.push_back(directory.StatusOf(inode, ""));
      if (need_location) blocks.push_back(BlocksOf(inode));
    } else {
      RETURN_IF_ERROR(checker.CheckInode(inode, FsAction::kReadExecute));
      // The page ends early when it has so many locations.
      int64_t locations = 0;
      const size_t count = directory.ChildCount(inode);
      size_t at = directory.ChildPosition(inode, start_after);
      for (; at < count && listing.entries.size() < static_cast<size_t>(options_.list_limit) &&
             locations < options_.list_limit;
           ++at) {
        const Inode& child = *directory.Get((*inode.children)[at]);
        listing.entries.push_back(directory.StatusOf(child, directory.NameOf(child)));
        if (!need_location) continue;
        blocks.push_back(BlocksOf(child));
        locations += static_cast<int64_t>(child.blocks.size()) * child.replication;
      }
      listing.remaining_entries = static_cast<int32_t>(count - at);
    }
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    FileStatus& entry = listing.entries[i];
    if (!entry.is_directory()) entry.locations = Locate(caller, blocks[i], 0, INT64_MAX);
  }
  return std::optional(std::move(listing));
}

Status Namesystem::CheckAccess(const Caller& caller, const std::string& path, FsAction action) {
  ReaderLock lock(mu_);
  ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
  const PermissionChecker checker = Checker(caller);
  RETURN_IF_ERROR(checker.CheckTraverse(resolved));
  if (!resolved.exists()) {
    return NotFoundError("Path not found: " + path, Reason::kFileNotFound);
  }
  return checker.CheckInode(*resolved.last(), action);
}

StatusOr<int64_t> Namesystem::GetPreferredBlockSize(const Caller& caller, const std::string& path) {
  ReaderLock lock(mu_);
  ASSIGN_OR_RETURN(const ResolvedPath resolved, ResolveFile(path));
  RETURN_IF_ERROR(Checker(caller).CheckTraverse(resolved));
  return resolved.last()->block_size;
}

StatusOr<bool> Namesystem::IsFileClosed(const Caller& caller, const std::string& path) {
  ReaderLock lock(mu_);
  ASSIGN_OR_RETURN(const ResolvedPath resolved, ResolveFile(path));
  RETURN_IF_ERROR(Checker(caller).CheckTraverse(resolved));
  return !resolved.last()->open;
}

StatusOr<std::string> Namesystem::GetEnclosingRoot(const Caller& caller, const std::string& path) {
  ReaderLock lock(mu_);
  ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
  RETURN_IF_ERROR(Checker(caller).CheckTraverse(resolved));
  if (!resolved.exists()) {
    return NotFoundError("File/Directory does not exist: " + path, Reason::kFileNotFound);
  }
  return std::string("/");
}

}  // namespace tusk::namenode
