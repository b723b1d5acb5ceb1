#include "namenode/web/fsck.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <memory>
#include <utility>

#include "common/security/group_mapping.h"
#include "namenode/namesystem/namesystem.h"

namespace tusk::namenode {
namespace {

constexpr int kEntriesPerPiece = 500;

// "100.0", "33.333332": a Java float as text.
std::string Percent(int64_t part, int64_t whole) {
  if (whole == 0) return "";
  const float value = static_cast<float>(part * 100) / static_cast<float>(whole);
  const bool integral = std::floor(value) == value;
  return fmt::format(" ({}{} %)", value, integral ? ".0" : "");
}

std::string Average(int64_t sum, int64_t count) {
  const double value = count == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(count);
  const bool integral = std::floor(value) == value;
  return fmt::format("{}{}", static_cast<float>(value), integral ? ".0" : "");
}

// "Sat Nov 21 12:00:00 UTC 2026", as Java prints a date.
std::string Now(const Clock& clock) {
  const time_t seconds = clock.WallMillis() / 1000;
  tm parts{};
  localtime_r(&seconds, &parts);
  char text[64];
  std::strftime(text, sizeof(text), "%a %b %d %H:%M:%S %Z %Y", &parts);
  return text;
}

const char* StorageName(StorageType type) {
  switch (type) {
    case StorageType::kDisk:
      return "DISK";
    case StorageType::kSsd:
      return "SSD";
    case StorageType::kArchive:
      return "ARCHIVE";
    case StorageType::kRamDisk:
      return "RAM_DISK";
    case StorageType::kProvided:
      return "PROVIDED";
    case StorageType::kNvdimm:
      return "NVDIMM";
  }
  return "DISK";
}

const char* ReplicaState(const ReplicaView& replica) {
  if (replica.corrupt) return "CORRUPT";
  if (replica.excess) return "EXCESS";
  return replica.stale ? "STALE_NODE" : "LIVE";
}

struct Totals {
  int64_t directories = 0;
  int64_t files = 0;
  int64_t size = 0;
  int64_t blocks = 0;
  int64_t open_files = 0;
  int64_t open_size = 0;
  int64_t open_blocks = 0;
  int64_t minimal = 0;
  int64_t under_minimum = 0;
  int64_t over = 0;
  int64_t under = 0;
  int64_t misplaced = 0;
  int64_t replicas = 0;
  int64_t expected_replicas = 0;
  int64_t missing_replicas = 0;
  int64_t corrupt_files = 0;
  int64_t missing_blocks = 0;
  int64_t missing_size = 0;
  int64_t corrupt_blocks = 0;
  int64_t corrupt_size = 0;
};

// What one file lacks. A block is missing when nobody has it, corrupt when all who have it have it
// wrong.
struct Damaged {
  int64_t missing = 0;
  int64_t missing_size = 0;
  int64_t corrupt = 0;
  int64_t corrupt_size = 0;
  bool any() const { return missing + corrupt > 0; }
};

// One run: walks, counts and writes its text.
class Fsck {
 public:
  Fsck(const NamenodeView& view, FsckRequest request)
      : view_(view), request_(std::move(request)), began_ms_(view.clock->WallMillis()) {
    cursor_.root = request_.path;
  }

  // The next piece; empty at the end.
  std::string Next() {
    std::string text;
    while (text.empty() && !finished_) {
      if (!std::exchange(begun_, true)) text += Head();
      if (finished_) break;
      auto entries = view_.namesystem->NextFsckEntries(&cursor_, kEntriesPerPiece);
      if (!entries.ok()) {
        text += Broken(entries.status());
      } else if (entries->empty()) {
        text += request_.list_corrupt ? CorruptListEnd() : Summary();
        finished_ = true;
      } else {
        for (const FsckEntry& entry : *entries) Visit(entry, &text);
      }
    }
    return text;
  }

 private:
  std::string Head() {
    Caller caller;
    caller.user.name = request_.user;
    caller.user.groups = SystemGroups(request_.user);
    const Status allowed = view_.namesystem->CheckSuperuser(caller, "fsck");
    if (!allowed.ok()) {
      finished_ = true;
      return allowed.message() + "\n";
    }
    if (request_.list_corrupt) {
      if (request_.list_continued) {
        finished_ = true;
        return CorruptListEnd();
      }
      return "Cookie:\t1\n";
    }
    return fmt::format("FSCK started by {} (auth:SIMPLE) from /{} for path {} at {}\n\n",
                       request_.user, request_.peer, request_.path, Now(*view_.clock));
  }

  std::string Broken(const Status& status) {
    finished_ = true;
    if (status.reason() == Reason::kFileNotFound) {
      return "\nPath '" + request_.path + "' does not exist\n";
    }
    return "FSCK ended at " + Now(*view_.clock) + "\n" + status.message() + "\n\nFsck on path '" +
           request_.path + "' FAILED\n";
  }

  std::string CorruptListEnd() const {
    const std::string count = totals_.corrupt_files > 0 ? std::to_string(totals_.corrupt_files)
                              : request_.list_continued ? "no more"
                                                        : "no";
    return "\n\nThe filesystem under path '" + request_.path + "' has " + count +
           " CORRUPT files\n";
  }

  void Visit(const FsckEntry& entry, std::string* text) {
    if (entry.status.is_directory()) {
      ++totals_.directories;
      if (request_.files && !request_.list_corrupt) *text += entry.path + " <dir>\n";
      return;
    }
    if (entry.open && !request_.open_for_write) {
      ++totals_.open_files;
      totals_.open_size += entry.status.length;
      totals_.open_blocks += static_cast<int64_t>(entry.blocks.size());
      return;
    }
    VisitFile(entry, text);
  }

  void VisitFile(const FsckEntry& entry, std::string* text) {
    ++totals_.files;
    totals_.size += entry.status.length;
    std::string blocks, problems, corrupt_lines;
    Damaged damaged;
    for (size_t i = 0; i < entry.blocks.size(); ++i) {
      const StatusOr<BlockView> seen = view_.blocks->View(entry.blocks[i].id);
      if (!seen.ok()) continue;  // removed since the walk saw its file
      const bool open_block = seen->state != BlockState::kComplete;
      blocks += BlockLine(i, entry.blocks[i], *seen);
      if (open_block) {
        ++totals_.open_blocks;
        continue;
      }
      Count(entry, entry.blocks[i], *seen, &problems);
      if (seen->live + seen->excess > 0) continue;
      corrupt_lines += BlockName(entry.blocks[i]) + "\t" + entry.path + "\n";
      (seen->corrupt > 0 ? damaged.corrupt : damaged.missing) += 1;
      (seen->corrupt > 0 ? damaged.corrupt_size : damaged.missing_size) +=
          entry.blocks[i].num_bytes;
    }
    if (damaged.any()) ++totals_.corrupt_files;
    totals_.missing_blocks += damaged.missing;
    totals_.missing_size += damaged.missing_size;
    totals_.corrupt_blocks += damaged.corrupt;
    totals_.corrupt_size += damaged.corrupt_size;
    if (request_.list_corrupt) {
      *text += corrupt_lines;
    } else {
      FileText(entry, blocks, problems, damaged, text);
    }
  }

  void FileText(const FsckEntry& entry, const std::string& blocks, const std::string& problems,
                const Damaged& damaged, std::string* text) const {
    if (request_.files) {
      *text += fmt::format("{} {} bytes, replicated: replication={}, {} block(s): {}", entry.path,
                           entry.status.length, entry.status.replication, entry.blocks.size(),
                           entry.open ? "OPENFORWRITE: " : "");
    }
    *text += problems;
    *text += DamagedText("MISSING", entry, damaged.missing, damaged.missing_size);
    *text += DamagedText("CORRUPT", entry, damaged.corrupt, damaged.corrupt_size);
    if (request_.files && !damaged.any() && problems.empty()) *text += " OK\n";
    if (request_.blocks) *text += blocks + "\n";
  }

  std::string DamagedText(const char* what, const FsckEntry& entry, int64_t count,
                          int64_t size) const {
    if (count == 0) return "";
    return request_.files ? fmt::format(" {} {} blocks of total size {} B\n", what, count, size)
                          : fmt::format("\n{}: {} {} blocks of total size {} B.", entry.path, what,
                                        count, size);
  }

  void Count(const FsckEntry& entry, const Block& block, const BlockView& seen,
             std::string* problems) {
    ++totals_.blocks;
    // As in Hadoop, a replica already picked to go (excess) is not counted as live.
    const int32_t found = seen.live + seen.excess;
    totals_.replicas += seen.live;
    totals_.expected_replicas += seen.replication;
    if (found >= view_.blocks->options().min_replication) {
      ++totals_.minimal;
    } else {
      ++totals_.under_minimum;
    }
    if (seen.live > seen.replication) ++totals_.over;
    // On the file's own line, or with its name in front where there is no such line.
    const std::string where = request_.files ? "" : "\n" + entry.path + ": ";
    const std::string name = view_.namespace_info.block_pool_id + ":" + BlockName(block);
    if (found > 0 && seen.live < seen.replication) {
      ++totals_.under;
      totals_.missing_replicas += seen.replication - seen.live;
      *problems += fmt::format(
          "{} Under replicated {}. Target Replicas is {} but found {} live replica(s), 0 "
          "decommissioned replica(s), 0 decommissioning replica(s).\n",
          where, name, seen.replication, seen.live);
    }
    if (seen.misplaced) {
      ++totals_.misplaced;
      *problems += fmt::format(
          "{} Replica placement policy is violated for {}. Block should be additionally "
          "replicated on 1 more rack(s). Total number of racks in the cluster: {}\n",
          where, name, view_.datanodes->Counts().racks);
    }
    if (found == 0 && seen.corrupt > 0) {
      *problems += fmt::format("\n{}: CORRUPT blockpool {} block blk_{}\n", entry.path,
                               view_.namespace_info.block_pool_id, block.id.value());
    }
  }

  std::string BlockLine(size_t number, const Block& block, const BlockView& seen) const {
    std::string line = fmt::format("{}. {}:{} len={}", number, view_.namespace_info.block_pool_id,
                                   BlockName(block), block.num_bytes);
    if (seen.state != BlockState::kComplete) {
      line += fmt::format(" Expected_repl={}", seen.replicas.size());
    } else if (seen.live + seen.excess + seen.corrupt == 0) {
      return line + " MISSING!\n";
    } else {
      line += fmt::format(" Live_repl={}", seen.live);
    }
    if (request_.locations || request_.racks || request_.replica_details) {
      line += "  [";
      for (size_t i = 0; i < seen.replicas.size(); ++i) {
        const ReplicaView& replica = seen.replicas[i];
        if (i > 0) line += ", ";
        line += request_.racks
                    ? replica.node.network_location + "/" + replica.node.id.XferAddr()
                    : fmt::format("DatanodeInfoWithStorage[{},{},{}]", replica.node.id.XferAddr(),
                                  replica.storage_id, StorageName(replica.storage_type));
        if (request_.replica_details && seen.state == BlockState::kComplete) {
          line += std::string("(") + ReplicaState(replica) + ")";
        }
      }
      line += "]";
    }
    return line + "\n";
  }

  std::string Damage() const {
    if (totals_.corrupt_files == 0 && totals_.under_minimum == 0) return "";
    std::string text = "\n  ********************************";
    if (totals_.under_minimum > 0) {
      text += fmt::format("\n  UNDER MIN REPL'D BLOCKS:\t{}{}", totals_.under_minimum,
                          Percent(totals_.under_minimum, totals_.blocks));
      text += fmt::format("\n  MINIMAL BLOCK REPLICATION:\t{}",
                          view_.blocks->options().min_replication);
    }
    if (totals_.corrupt_files > 0) {
      text += fmt::format("\n  CORRUPT FILES:\t{}", totals_.corrupt_files);
    }
    if (totals_.missing_blocks > 0) {
      text += fmt::format("\n  MISSING BLOCKS:\t{}\n  MISSING SIZE:\t\t{} B",
                          totals_.missing_blocks, totals_.missing_size);
    }
    if (totals_.corrupt_blocks > 0) {
      text += fmt::format("\n  CORRUPT BLOCKS: \t{}\n  CORRUPT SIZE:\t\t{} B",
                          totals_.corrupt_blocks, totals_.corrupt_size);
    }
    return text + "\n  ********************************";
  }

  std::string Summary() const {
    const Totals& t = totals_;
    const bool healthy = t.missing_blocks + t.corrupt_blocks == 0;
    const DatanodeCounts nodes = view_.datanodes->Counts();
    std::string text = fmt::format(
        "\nStatus: {}\n Number of data-nodes:\t{}\n Number of racks:\t\t{}\n Total dirs:\t\t\t{}\n"
        " Total symlinks:\t\t0\n\nReplicated Blocks:\n Total size:\t{} B",
        healthy ? "HEALTHY" : "CORRUPT", nodes.live, nodes.racks, t.directories, t.size);
    if (t.open_size > 0) text += fmt::format(" (Total open files size: {} B)", t.open_size);
    text += fmt::format("\n Total files:\t{}", t.files);
    if (t.open_files > 0) text += fmt::format(" (Files currently being written: {})", t.open_files);
    text += fmt::format("\n Total blocks (validated):\t{}", t.blocks);
    if (t.blocks > 0) text += fmt::format(" (avg. block size {} B)", t.size / t.blocks);
    if (t.open_blocks > 0) {
      text += fmt::format(" (Total open file blocks (not validated): {})", t.open_blocks);
    }
    text += Damage();
    text += fmt::format("\n Minimally replicated blocks:\t{}{}", t.minimal,
                        Percent(t.minimal, t.blocks));
    text += fmt::format("\n Over-replicated blocks:\t{}{}", t.over, Percent(t.over, t.blocks));
    text += fmt::format("\n Under-replicated blocks:\t{}{}", t.under, Percent(t.under, t.blocks));
    text += fmt::format("\n Mis-replicated blocks:\t\t{}{}", t.misplaced,
                        Percent(t.misplaced, t.blocks));
    text += fmt::format("\n Default replication factor:\t{}",
                        view_.namesystem->GetServerDefaults().replication);
    text += "\n Average block replication:\t" + Average(t.replicas, t.blocks);
    text += fmt::format("\n Missing blocks:\t\t{}\n Corrupt blocks:\t\t{}", t.missing_blocks,
                        t.corrupt_blocks);
    text += fmt::format("\n Missing replicas:\t\t{}{}", t.missing_replicas,
                        Percent(t.missing_replicas, t.expected_replicas));
    text += fmt::format("\n Blocks queued for replication:\t{}\n",
                        view_.blocks->Stats().under_replicated);
    text +=
        "\nErasure Coded Block Groups:\n Total size:\t0 B\n Total files:\t0\n"
        " Total block groups (validated):\t0\n Minimally erasure-coded block groups:\t0\n"
        " Over-erasure-coded block groups:\t0\n Under-erasure-coded block groups:\t0\n"
        " Unsatisfactory placement block groups:\t0\n Average block group size:\t0.0\n"
        " Missing block groups:\t\t0\n Corrupt block groups:\t\t0\n"
        " Missing internal blocks:\t0\n Blocks queued for replication:\t0\n";
    text += fmt::format("FSCK ended at {} in {} milliseconds\n\n\n", Now(*view_.clock),
                        view_.clock->WallMillis() - began_ms_);
    return text + fmt::format("The filesystem under path '{}' is {}\n", request_.path,
                              healthy ? "HEALTHY" : "CORRUPT");
  }

  const NamenodeView view_;
  const FsckRequest request_;
  const int64_t began_ms_;
  FsckCursor cursor_;
  Totals totals_;
  bool begun_ = false;
  bool finished_ = false;
};

}  // namespace

StatusOr<FsckRequest> FsckRequest::FromHttp(const HttpRequest& request) {
  for (const char* option : {"move", "delete", "blockId", "replicate", "includeSnapshots",
                             "storagepolicies", "maintenance", "upgradedomains"}) {
    if (request.HasQuery(option)) {
      return UnimplementedError("fsck option " + std::string(option) + " is not supported yet");
    }
  }
  FsckRequest fsck;
  if (request.HasQuery("path")) fsck.path = request.Query("path");
  fsck.user = request.HasQuery("ugi") ? request.Query("ugi") : "dr.who";
  fsck.peer = request.peer.host();
  fsck.files = request.HasQuery("files");
  fsck.blocks = request.HasQuery("blocks");
  fsck.locations = request.HasQuery("locations");
  fsck.racks = request.HasQuery("racks");
  fsck.replica_details = request.HasQuery("replicadetails");
  fsck.open_for_write = request.HasQuery("openforwrite");
  fsck.list_corrupt = request.HasQuery("listcorruptfileblocks");
  const std::string_view after = request.Query("startblockafter");
  fsck.list_continued = !after.empty() && after != "0";
  return fsck;
}

HttpGenerator RunFsck(const NamenodeView& view, FsckRequest request) {
  auto fsck = std::make_shared<Fsck>(view, std::move(request));
  return [fsck]() -> StatusOr<std::string> { return fsck->Next(); };
}

}  // namespace tusk::namenode
