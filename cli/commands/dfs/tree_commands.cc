// -mkdir, -mv, -rm, -rmdir, -touchz, -touch: what changes the tree of names.
#include <cctype>
#include <cstdio>
#include <ctime>

#include "cli/commands/dfs/shell_command.h"
#include "client/path.h"
#include "common/base/clock.h"
#include "common/config/core_keys.h"

namespace tusk::cli {
namespace {

// Complains when the directory that should hold `item` is missing.
bool ParentExists(Shell& shell, const PathItem& item) {
  const auto parent = item.fs->FindStatus(client::ParentPath(item.path));
  if (!parent.ok()) {
    shell.Error(parent.status(), item.text);
    return false;
  }
  if (!*parent) shell.Error(NoSuchFileAt(item));
  return parent->has_value();
}

void MakeDirectory(Shell& shell, const PathItem& item, bool parents) {
  if (item.exists()) {
    if (!item.is_directory()) {
      shell.Error(IsNotADirectory(item.text));
    } else if (!parents) {
      shell.Error(FileExists(item.text));
    }
    return;
  }
  if (!parents) {
    PathItem parent = item;
    parent.path = client::ParentPath(item.path);
    const auto status = item.fs->FindStatus(parent.path);
    if (!status.ok()) {
      shell.Error(status.status(), item.text);
      return;
    }
    if (!*status) {
      shell.Error(NoSuchFile(UriOf(parent)));
      return;
    }
  }
  if (Status made = item.fs->Mkdirs(item.path); !made.ok()) shell.Error(made, item.text);
}

// ---- moving
// --------------------------------------------------------------------------------------

void MoveOne(Shell& shell, const PathItem& source, const PathItem& destination) {
  PathItem target = destination;
  if (destination.is_directory()) {
    target = ChildOf(destination, NameOf(source));
    auto status = target.fs->FindStatus(target.path);
    if (!status.ok()) {
      shell.Error(status.status(), target.text);
      return;
    }
    target.status = std::move(status).value();
  }
  if (const std::string loop = LoopError(source, target); !loop.empty()) {
    shell.Error(loop);
    return;
  }
  if (source.fs != target.fs) {
    shell.Error("`" + source.text + "': Does not match target filesystem");
    return;
  }
  if (target.exists()) {
    shell.Error(FileExists(target.text));
    return;
  }
  const StatusOr<bool> moved = source.fs->Rename(source.path, target.path);
  if (!moved.ok()) {
    shell.Error(moved.status(), source.text);
  } else if (!*moved) {
    shell.Error("`" + source.text + "': Input/output error");
  }
}

// ---- deleting
// ------------------------------------------------------------------------------------

class Remover {
 public:
  Remover(Shell& shell, const Options& options)
      : shell_(shell),
        recursive_(options.Has("r") || options.Has("R")),
        skip_trash_(options.Has("skipTrash")) {}

  void Remove(const PathItem& item) {
    if (item.is_directory() && !recursive_) {
      shell_.Error(IsADirectory(item.text));
      return;
    }
    if (item.path == "/") {
      shell_.Error("`/': Input/output error");
      return;
    }
    if (!skip_trash_ && KeepsTrash(*item.fs)) {
      if (Status moved = MoveToTrash(item); !moved.ok()) {
        shell_.Error(moved.message() + ". Consider using -skipTrash option");
      }
      return;
    }
    const StatusOr<bool> deleted = item.fs->Delete(item.path, recursive_);
    if (!deleted.ok()) {
      shell_.Error(deleted.status(), item.text);
    } else if (!*deleted) {
      shell_.Error("`" + item.text + "': Input/output error");
    } else {
      std::printf("Deleted %s\n", item.text.c_str());
    }
  }

 private:
  // The cluster's word counts before ours, as in Hadoop.
  bool KeepsTrash(FileSystem& fs) {
    if (fs.protocol() == nullptr) return false;
    if (!keeps_trash_) {
      const auto defaults = fs.protocol()->GetServerDefaults();
      const auto ours = shell_.configuration().Get(keys::kTrashInterval);
      keeps_trash_ = (defaults.ok() && defaults->trash_interval_minutes > 0) ||
                     (ours.ok() && *ours > Duration(0));
    }
    return *keeps_trash_;
  }

  Status MoveToTrash(const PathItem& item) {
    const std::string trash = client::JoinPath(item.fs->HomeDirectory(), ".Trash");
    if (item.path == trash || item.path.starts_with(trash + "/")) {
      RETURN_IF_ERROR(item.fs->Delete(item.path, recursive_).status());
      std::printf("Deleted %s\n", item.text.c_str());
      return Status::Ok();
    }
    if (trash.starts_with(item.path + "/")) {
      return InvalidArgumentError("Cannot move \"" + item.path +
                                  "\" to the trash, as it contains the trash");
    }
    std::string target = trash + "/Current" + item.path;
    RETURN_IF_ERROR(item.fs->Mkdirs(client::ParentPath(target), FsPermission{0700}));
    ASSIGN_OR_RETURN(const auto taken, item.fs->FindStatus(target));
    if (taken) target += std::to_string(Clock::Real()->WallMillis());
    RETURN_IF_ERROR(item.fs->Rename2(item.path, target, {.to_trash = true}));
    std::printf("Moved: '%s' to trash at: %s\n", UriOf(item).c_str(),
                (item.fs->uri() + target).c_str());
    return Status::Ok();
  }

  Shell& shell_;
  const bool recursive_;
  const bool skip_trash_;
  std::optional<bool> keeps_trash_;
};

void RemoveDirectory(Shell& shell, const PathItem& item, bool ignore_non_empty) {
  if (!item.is_directory()) {
    shell.Error(IsNotADirectory(item.text));
    return;
  }
  const StatusOr<std::vector<PathItem>> children = shell.Children(item);
  if (!children.ok()) {
    shell.Error(children.status(), item.text);
    return;
  }
  if (!children->empty()) {
    if (!ignore_non_empty) shell.Error("`" + item.text + "': Directory is not empty");
    return;
  }
  // Not recursive: what appears in it meanwhile stays.
  const StatusOr<bool> deleted = item.fs->Delete(item.path, /*recursive=*/false);
  if (!deleted.ok()) shell.Error(deleted.status(), item.text);
}

// ---- touching
// ------------------------------------------------------------------------------------

Status CreateEmpty(const PathItem& item) {
  return item.fs->WriteFile(item.path, "", {.overwrite = true, .create_parent = false});
}

// "20240102:030405", local time.
StatusOr<int64_t> ParseTimestamp(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y%m%d:%H%M%S", &parts);
  if (end == nullptr || *end != '\0') {
    return InvalidArgumentError("Unable to parse the specified timestamp " + text +
                                ". The expected format is yyyyMMdd:HHmmss");
  }
  parts.tm_isdst = -1;
  return static_cast<int64_t>(std::mktime(&parts)) * 1000;
}

// Arguments that need not exist: patterns are expanded, plain paths stand for themselves.
void ForEachTarget(Shell& shell, const std::vector<std::string>& arguments,
                   const std::function<void(PathItem&)>& work) {
  for (const std::string& argument : arguments) {
    StatusOr<std::vector<PathItem>> items = shell.Expand(argument);
    if (!items.ok()) {
      shell.Error(items.status());
      continue;
    }
    for (PathItem& item : *items) work(item);
  }
}

}  // namespace

Status RunMkdir(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Options options,
                   ParseOptions(words, {.min_arguments = 1, .flags = {"p"}}));
  ForEachTarget(shell, options.arguments,
                [&](PathItem& item) { MakeDirectory(shell, item, options.Has("p")); });
  return Status::Ok();
}

Status RunMv(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(Options options, ParseOptions(words, {.min_arguments = 2}));
  const StatusOr<PathItem> target = shell.Find(options.arguments.back());
  options.arguments.pop_back();
  if (!target.ok()) {
    shell.Error(target.status());
    return Status::Ok();
  }
  if (options.arguments.size() > 1 && !target->is_directory()) {
    shell.Error(target->exists() ? IsNotADirectory(target->text) : NoSuchFile(target->text));
    return Status::Ok();
  }
  if (options.arguments.size() == 1 && target->exists() && !target->is_directory()) {
    shell.Error(FileExists(target->text));
    return Status::Ok();
  }
  if (!target->exists() && !ParentExists(shell, *target)) return Status::Ok();
  ForEachPath(shell, options.arguments, [&](PathItem& source) { MoveOne(shell, source, *target); });
  return Status::Ok();
}

Status RunRm(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Options options,
                   ParseOptions(words, {.min_arguments = 1,
                                        .flags = {"f", "r", "R", "skipTrash"},
                                        .refused = {"safely"}}));
  Remover remover(shell, options);
  for (const std::string& argument : options.arguments) {
    StatusOr<std::vector<PathItem>> items = shell.Expand(argument);
    if (!items.ok()) {
      const bool forgiven = options.Has("f") && items.status().code() == Code::kNotFound;
      if (!forgiven) shell.Error(items.status());
      continue;
    }
    for (const PathItem& item : *items) {
      if (item.exists()) {
        remover.Remove(item);
      } else if (!options.Has("f")) {
        shell.Error(NoSuchFile(item.text));
      }
    }
  }
  return Status::Ok();
}

Status RunRmr(Shell& shell, const std::vector<std::string>& words) {
  std::fprintf(stderr, "rmr: DEPRECATED: Please use '-rm -r' instead.\n");
  std::vector<std::string> with_r = words;
  with_r.insert(with_r.begin(), "-r");
  return RunRm(shell, with_r);
}

Status RunRmdir(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(
      const Options options,
      ParseOptions(words, {.min_arguments = 1, .flags = {"-ignore-fail-on-non-empty"}}));
  ForEachPath(shell, options.arguments, [&](PathItem& item) {
    RemoveDirectory(shell, item, options.Has("-ignore-fail-on-non-empty"));
  });
  return Status::Ok();
}

Status RunTouchz(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Options options, ParseOptions(words, {.min_arguments = 1}));
  ForEachTarget(shell, options.arguments, [&](PathItem& item) {
    if (item.is_directory()) {
      shell.Error(IsADirectory(item.text));
    } else if (item.exists() && item.status->length != 0) {
      shell.Error("`" + item.text + "': Not a zero-length file");
    } else if (item.exists() || ParentExists(shell, item)) {
      if (Status made = CreateEmpty(item); !made.ok()) shell.Error(made, item.text);
    }
  });
  return Status::Ok();
}

Status RunTouch(Shell& shell, const std::vector<std::string>& words) {
  if (!words.empty() && words.back() == "-t") {
    return InvalidArgumentError("option -t requires 1 argument.");
  }
  ASSIGN_OR_RETURN(
      const Options options,
      ParseOptions(words, {.min_arguments = 1, .flags = {"a", "m", "c"}, .values = {"t"}}));
  int64_t when = Clock::Real()->WallMillis();
  const auto given = options.values.find("t");
  if (given != options.values.end()) {
    ASSIGN_OR_RETURN(when, ParseTimestamp(given->second));
  }
  const bool both = options.Has("a") == options.Has("m");
  const int64_t modified = both || options.Has("m") ? when : -1;
  const int64_t accessed = both || options.Has("a") ? when : -1;
  ForEachTarget(shell, options.arguments, [&](PathItem& item) {
    Status done;
    if (!item.exists()) {
      if (!ParentExists(shell, item) || options.Has("c")) return;
      done = CreateEmpty(item);
    }
    if (done.ok()) done = item.fs->SetTimes(item.path, modified, accessed);
    if (!done.ok()) shell.Error(done, item.text);
  });
  return Status::Ok();
}

}  // namespace tusk::cli
