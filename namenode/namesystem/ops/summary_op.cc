// getContentSummary, getQuotaUsage, fsck's walk: whole subtrees, giving the lock up on the way.
#include "namenode/namesystem/namesystem.h"

namespace tusk::namenode {

struct Namesystem::TreeCounts {
  int64_t files = 0;
  int64_t directories = 0;
  int64_t length = 0;
  int64_t space = 0;
  bool is_file = false;
};

StatusOr<Namesystem::TreeCounts> Namesystem::CountTree(const Caller& caller,
                                                       const std::string& path) {
  TreeCounts counts;
  std::optional<TreeWalk> walk;
  for (bool more = true; more;) {
    ReaderLock lock(mu_);
    const PermissionChecker checker = Checker(caller);
    const Directory& directory = state_.directory;
    if (!walk.has_value()) {
      ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
      RETURN_IF_ERROR(checker.CheckTraverse(resolved));
      if (!resolved.exists()) {
        return NotFoundError("File does not exist: " + path, Reason::kFileNotFound);
      }
      counts.is_file = resolved.last()->is_file();
      walk.emplace(resolved.last()->id);
    }
    const auto count = [&](const Inode& inode) -> Status {
      if (inode.directory) {
        ++counts.directories;
        return checker.CheckInode(inode, FsAction::kReadExecute);
      }
      ++counts.files;
      const int64_t length = directory.FileLength(inode);
      counts.length += length;
      counts.space += length * inode.replication;
      return Status::Ok();
    };
    ASSIGN_OR_RETURN(more, walk->Step(directory, TreeWalk::kInodesPerStep, count));
  }
  return counts;
}

StatusOr<ContentSummary> Namesystem::GetContentSummary(const Caller& caller,
                                                       const std::string& path) {
  ASSIGN_OR_RETURN(const TreeCounts counts, CountTree(caller, path));
  ContentSummary summary;
  summary.length = counts.length;
  summary.file_count = counts.files;
  summary.directory_count = counts.directories;
  summary.space_consumed = counts.space;
  summary.is_file = counts.is_file;
  return summary;
}

StatusOr<QuotaUsage> Namesystem::GetQuotaUsage(const Caller& caller, const std::string& path) {
  ASSIGN_OR_RETURN(const TreeCounts counts, CountTree(caller, path));
  QuotaUsage usage;
  usage.file_and_directory_count = counts.files + counts.directories;
  usage.space_consumed = counts.space;
  return usage;
}

StatusOr<std::vector<FsckEntry>> Namesystem::NextFsckEntries(FsckCursor* cursor, int limit) {
  std::vector<FsckEntry> entries;
  ReaderLock lock(mu_);
  const Directory& directory = state_.directory;
  if (!cursor->walk.has_value()) {
    ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(cursor->root));
    if (!resolved.exists()) {
      return NotFoundError("File does not exist: " + cursor->root, Reason::kFileNotFound);
    }
    cursor->walk.emplace(resolved.last()->id);
  }
  // A step may visit fewer than asked for (it counts directories it leaves): none means the end.
  for (bool more = true; more && entries.empty();) {
    ASSIGN_OR_RETURN(more, cursor->walk->Step(directory, limit, [&](const Inode& inode) {
      FsckEntry entry;
      entry.path = directory.PathOf(inode);
      entry.status = directory.StatusOf(inode, "");
      entry.open = inode.open;
      for (const BlockEntry& block : inode.blocks) entry.blocks.push_back(block.ToBlock());
      entries.push_back(std::move(entry));
      return Status::Ok();
    }));
  }
  return entries;
}

}  // namespace tusk::namenode
