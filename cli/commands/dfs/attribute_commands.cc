// -stat, -test, -chmod, -chown, -chgrp, -setrep: what is known of a path, and changes of it.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <thread>

#include "cli/commands/dfs/format.h"
#include "cli/commands/dfs/shell_command.h"
#include "common/base/clock.h"

namespace tusk::cli {
namespace {

std::string Octal(FsPermission permission) {
  char text[8];
  std::snprintf(text, sizeof(text), "%o", permission.bits);
  return text;
}

std::string StatField(char field, const PathItem& item) {
  const FileStatus& status = *item.status;
  constexpr const char* kTime = "%Y-%m-%d %H:%M:%S";
  switch (field) {
    case 'a':
      return Octal(status.permission);
    case 'A':
      return PermissionText(status.permission);
    case 'b':
      return std::to_string(status.length);
    case 'F':
      return item.is_directory() ? "directory" : "regular file";
    case 'g':
      return status.group;
    case 'n':
      return NameOf(item);
    case 'o':
      return std::to_string(status.block_size);
    case 'r':
      return std::to_string(status.replication);
    case 'u':
      return status.owner;
    case 'x':
      return TimeText(status.access_time_ms, kTime, /*utc=*/true);
    case 'X':
      return std::to_string(status.access_time_ms);
    case 'y':
      return TimeText(status.modification_time_ms, kTime, /*utc=*/true);
    case 'Y':
      return std::to_string(status.modification_time_ms);
    default:
      return std::string(1, field);  // "%%" and what Hadoop does not know either
  }
}

// ---- chmod, chown
// --------------------------------------------------------------------------------

void Apply(Shell& shell, const Options& options, size_t skip,
           const std::function<Status(PathItem&)>& change) {
  const std::vector<std::string> paths(options.arguments.begin() + static_cast<ptrdiff_t>(skip),
                                       options.arguments.end());
  const auto one = [&](PathItem& item) {
    Status changed = change(item);
    if (!changed.ok()) shell.Error("changing " + ErrorText(changed, item.text));
    return changed.ok();
  };
  ForEachPath(shell, paths, [&](PathItem& item) {
    if (options.Has("R")) {
      Walk(shell, item, one);
    } else {
      one(item);
    }
  });
}

bool IsName(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./@").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

struct Owner {
  std::string user;
  std::string group;
};

// "[owner][:[group]]"
StatusOr<Owner> ParseOwner(const std::string& text) {
  const size_t colon = text.find(':');
  Owner owner{text.substr(0, colon), colon == std::string::npos ? "" : text.substr(colon + 1)};
  if (!IsName(owner.user) || !IsName(owner.group)) {
    return InvalidArgumentError("'" + text +
                                "' does not match expected pattern for [owner][:group].");
  }
  if (owner.user.empty() && owner.group.empty()) {
    return InvalidArgumentError("'" + text + "' does not specify owner or group.");
  }
  return owner;
}

Status ChangeOwner(Shell& shell, const Options& options, const Owner& owner) {
  Apply(shell, options, 1, [&](PathItem& item) {
    const std::string user = owner.user == item.status->owner ? "" : owner.user;
    const std::string group = owner.group == item.status->group ? "" : owner.group;
    if (user.empty() && group.empty()) return Status::Ok();
    Status changed = item.fs->SetOwner(item.path, user, group);
    if (changed.ok()) return changed;
    return Status(changed.code(), "ownership of '" + item.text + "': " + changed.message());
  });
  return Status::Ok();
}

// ---- setrep
// --------------------------------------------------------------------------------------

constexpr int kLooksPerDot = 20;
constexpr Duration kBetweenLooks = std::chrono::milliseconds(500);

// Until every block has exactly that many replicas; a dot every ten seconds, as in Hadoop.
Status WaitForReplication(const PathItem& item, int32_t replication) {
  std::printf("Waiting for %s ...", item.text.c_str());
  std::fflush(stdout);
  bool warned = false;
  for (int look = 0;; ++look) {
    ASSIGN_OR_RETURN(const LocatedBlocks located,
                     item.fs->GetBlockLocations(item.path, 0, item.status->length));
    bool done = true;
    for (const LocatedBlock& block : located.blocks) {
      const auto replicas = static_cast<int32_t>(block.locations.size());
      if (replicas == replication) continue;
      done = false;
      if (replicas > replication && !warned) {
        std::printf(
            "\nWARNING: the waiting time may be long for DECREASING the number of "
            "replications.\n");
        warned = true;
      }
    }
    if (done) break;
    if (look % kLooksPerDot == 0) std::printf(".");
    std::fflush(stdout);
    std::this_thread::sleep_for(kBetweenLooks);
  }
  std::printf(" done\n");
  return Status::Ok();
}

}  // namespace

Status RunStat(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(Options options, ParseOptions(words, {.min_arguments = 1}));
  std::string format = "%y";
  if (options.arguments[0].find('%') != std::string::npos) {
    format = options.arguments[0];
    options.arguments.erase(options.arguments.begin());
    if (options.arguments.empty()) {
      return InvalidArgumentError("Not enough arguments: expected 1 but got 0");
    }
  }
  ForEachPath(shell, options.arguments, [&](PathItem& item) {
    std::string line;
    for (size_t i = 0; i < format.size(); ++i) {
      if (format[i] == '%') {
        if (i + 1 < format.size()) line += StatField(format[++i], item);
      } else {
        line += format[i];
      }
    }
    std::printf("%s\n", line.c_str());
  });
  return Status::Ok();
}

Status RunTest(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Options options,
                   ParseOptions(words, {.min_arguments = 1,
                                        .max_arguments = 1,
                                        .flags = {"e", "d", "f", "s", "z", "w", "r"}}));
  if (options.flags.empty()) return InvalidArgumentError("No test flag given");
  if (options.flags.size() > 1) return InvalidArgumentError("Only one test flag is allowed");
  const StatusOr<PathItem> item = shell.Find(options.arguments[0]);
  if (!item.ok()) {
    shell.Error(item.status());
    return Status::Ok();
  }
  bool holds = item->exists();
  if (holds) {
    const FileStatus& status = *item->status;
    // As whom the bits count: the owner's for the owner, the others' else; the NameNode has the
    // last word when it comes to it.
    const bool own = status.owner == item->fs->user();
    const int bits = own ? status.permission.bits >> 6 : status.permission.bits;
    switch ((*options.flags.begin())[0]) {
      case 'd':
        holds = item->is_directory();
        break;
      case 'f':
        holds = !item->is_directory();
        break;
      case 's':
        holds = status.length > 0;
        break;
      case 'z':
        holds = status.length == 0;
        break;
      case 'r':
        holds = (bits & 4) != 0;
        break;
      case 'w':
        holds = (bits & 2) != 0;
        break;
      default:
        break;  // -e
    }
  }
  if (!holds) shell.Fail();
  return Status::Ok();
}

Status RunChmod(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(
      const Options options,
      ParseOptions(words, {.min_arguments = 2, .flags = {"R"}, .ignore_unknown = true}));
  const std::string& mode = options.arguments[0];
  RETURN_IF_ERROR(ApplyChmod(mode, FsPermission{}, /*is_directory=*/false).status());
  Apply(shell, options, 1, [&](PathItem& item) -> Status {
    ASSIGN_OR_RETURN(const FsPermission changed,
                     ApplyChmod(mode, item.status->permission, item.is_directory()));
    if (changed == item.status->permission) return Status::Ok();
    Status set = item.fs->SetPermission(item.path, changed);
    if (set.ok()) return set;
    return Status(set.code(), "permissions of '" + item.text + "': " + set.message());
  });
  return Status::Ok();
}

Status RunChown(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Options options,
                   ParseOptions(words, {.min_arguments = 2, .flags = {"R"}}));
  ASSIGN_OR_RETURN(const Owner owner, ParseOwner(options.arguments[0]));
  return ChangeOwner(shell, options, owner);
}

Status RunChgrp(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Options options,
                   ParseOptions(words, {.min_arguments = 2, .flags = {"R"}}));
  const std::string& group = options.arguments[0];
  if (group.empty() || !IsName(group)) {
    return InvalidArgumentError("'" + group + "' does not match expected pattern for group");
  }
  return ChangeOwner(shell, options, {"", group});
}

Status RunSetrep(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(Options options, ParseOptions(words, {.min_arguments = 2, .flags = {"R", "w"}}));
  const std::string text = options.arguments[0];
  options.arguments.erase(options.arguments.begin());
  int32_t replication = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), replication);
  if (error != std::errc() || end != text.data() + text.size()) {
    shell.Error("Illegal replication, a positive integer expected");
    return InvalidArgumentError("For input string: \"" + text + "\"");
  }
  if (replication < 1) return InvalidArgumentError("replication must be >= 1");
  std::vector<PathItem> waiting;
  // Directories mean all files below, with -R or without, as in Hadoop.
  ForEachPath(shell, options.arguments, [&](PathItem& root) {
    Walk(shell, root, [&](PathItem& item) {
      if (item.is_directory()) return true;
      const StatusOr<bool> set = item.fs->SetReplication(item.path, replication);
      if (!set.ok()) {
        shell.Error(set.status(), item.text);
      } else if (!*set) {
        shell.Error("Could not set replication for: " + item.text);
      } else {
        std::printf("Replication %d set: %s\n", replication, item.text.c_str());
        waiting.push_back(item);
      }
      return true;
    });
  });
  if (!options.Has("w")) return Status::Ok();
  for (const PathItem& item : waiting) {
    if (Status done = WaitForReplication(item, replication); !done.ok()) {
      shell.Error(done, item.text);
    }
  }
  return Status::Ok();
}

}  // namespace tusk::cli
