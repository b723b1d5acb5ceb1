// -put, -get, -cp, -moveFromLocal, -getmerge, -appendToFile.
#include <charconv>
#include <cstdio>

#include "cli/commands/dfs/shell_command.h"
#include "cli/commands/dfs/transfer.h"
#include "client/path.h"

namespace tusk::cli {
namespace {

StatusOr<int> ParseThreads(const Options& options) {
  const auto given = options.values.find("t");
  if (given == options.values.end()) return 0;
  int threads = 0;
  const std::string& text = given->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
  if (error != std::errc() || end != text.data() + text.size()) {
    return InvalidArgumentError("For input string: \"" + text + "\"");
  }
  return threads < 1 ? 1 : threads;  // as Hadoop: less than one is one
}

StatusOr<TransferOptions> ReadTransferOptions(const Options& options) {
  TransferOptions transfer;
  transfer.overwrite = options.Has("f");
  transfer.direct = options.Has("d");
  transfer.lazy_persist = options.Has("l");
  transfer.verify_checksums = !options.Has("ignoreCrc");
  if (options.Has("p")) {
    transfer.preserve_times = transfer.preserve_owner = transfer.preserve_mode = true;
  }
  ASSIGN_OR_RETURN(transfer.threads, ParseThreads(options));
  return transfer;
}

// Where copies go: below a directory under their own names, or one source to a name of its own.
class Destination {
 public:
  // Complains and gives false when `sources` cannot go there.
  static bool Check(Shell& shell, const PathItem& target, size_t sources, bool overwrite) {
    if (sources > 1) {
      if (!target.exists()) {
        shell.Error(NoSuchFile(target.text));
        return false;
      }
      if (!target.is_directory()) {
        shell.Error(IsNotADirectory(target.text));
        return false;
      }
      return true;
    }
    if (target.exists()) {
      if (target.is_directory() || overwrite) return true;
      shell.Error(FileExists(target.text));
      return false;
    }
    const std::string parent = client::ParentPath(target.path);
    const auto above = target.fs->FindStatus(parent);
    if (!above.ok()) {
      shell.Error(above.status(), target.text);
      return false;
    }
    if (!*above) {
      shell.Error(NoSuchFileAt(target));
      return false;
    }
    return true;
  }

  static StatusOr<PathItem> For(const PathItem& target, const PathItem& source) {
    if (!target.is_directory()) return target;
    PathItem below = ChildOf(target, NameOf(source));
    ASSIGN_OR_RETURN(below.status, below.fs->FindStatus(below.path));
    return below;
  }
};

// All paths of the arguments, those that do not exist included: their turn to be complained about
// comes later.
std::vector<PathItem> Sources(Shell& shell, const std::vector<std::string>& arguments, bool local) {
  std::vector<PathItem> sources;
  for (const std::string& argument : arguments) {
    StatusOr<std::vector<PathItem>> items =
        local ? shell.ExpandLocal(argument) : shell.Expand(argument);
    if (!items.ok()) {
      shell.Error(items.status());
      continue;
    }
    for (PathItem& item : *items) sources.push_back(std::move(item));
  }
  return sources;
}

bool Exists(Shell& shell, const PathItem& source) {
  if (!source.exists()) shell.Error(NoSuchFile(source.text));
  return source.exists();
}

// Copies the sources; `done` is called for each one that was copied in full.
void CopyAll(Shell& shell, const std::vector<PathItem>& sources, const PathItem& target,
             const TransferOptions& options,
             const std::function<void(const PathItem&)>& done = nullptr) {
  Transfer transfer(shell, options);
  std::vector<const PathItem*> added;
  for (const PathItem& source : sources) {
    if (!Exists(shell, source)) continue;
    StatusOr<PathItem> to = Destination::For(target, source);
    if (!to.ok()) {
      shell.Error(to.status(), target.text);
    } else if (const std::string loop = LoopError(source, *to); !loop.empty()) {
      shell.Error(loop);
    } else if (options.overwrite && options.direct && source.fs == to->fs &&
               source.path == to->path) {  // it would be emptied before it is read
      shell.Error("`" + to->text + "': are identical");
    } else if (transfer.Add(source, std::move(to).value())) {
      added.push_back(&source);
    }
  }
  if (!transfer.Run() || done == nullptr) return;
  for (const PathItem* source : added) done(*source);
}

// The last argument, or "." when there is only one.
std::string TakeDestination(std::vector<std::string>* arguments) {
  if (arguments->size() < 2) return ".";
  std::string last = std::move(arguments->back());
  arguments->pop_back();
  return last;
}

// As Hadoop: into a directory as "-", and parents that are missing are made.
void PutStdin(Shell& shell, PathItem target, TransferOptions options) {
  options.make_parents = true;
  CatchInterrupts();
  if (target.is_directory()) {
    target = ChildOf(target, "-");
    auto status = target.fs->FindStatus(target.path);
    if (!status.ok()) {
      shell.Error(status.status(), target.text);
      return;
    }
    target.status = std::move(status).value();
  }
  if (target.is_directory()) {
    shell.Error(IsADirectory(target.text));
  } else if (target.exists() && !options.overwrite) {
    shell.Error(FileExists(target.text));
  } else if (Status copied = CopyFromStdin(target, options); !copied.ok()) {
    shell.Error(copied, target.text);
  }
}

const std::vector<std::string_view> kPutFlags = {"f", "p", "l", "d"};

Status PutOrMove(Shell& shell, const std::vector<std::string>& words, bool move) {
  OptionRules rules{.min_arguments = 1, .flags = kPutFlags};
  if (!move) {
    rules.values = {"t"};
    rules.refused = {"q"};
  }
  ASSIGN_OR_RETURN(Options options, ParseOptions(words, rules));
  ASSIGN_OR_RETURN(const TransferOptions transfer, ReadTransferOptions(options));
  std::vector<std::string>& arguments = options.arguments;
  StatusOr<PathItem> target = shell.Find(TakeDestination(&arguments));
  if (!target.ok()) {
    shell.Error(target.status());
    return Status::Ok();
  }
  if (arguments.size() == 1 && arguments[0] == "-" && !move) {
    PutStdin(shell, *target, transfer);
    return Status::Ok();
  }
  const std::vector<PathItem> sources = Sources(shell, arguments, /*local=*/true);
  if (!Destination::Check(shell, *target, sources.size(), transfer.overwrite)) return Status::Ok();
  CopyAll(shell, sources, *target, transfer, [&](const PathItem& source) {
    if (!move) return;
    if (Status gone = source.fs->Delete(source.path, true).status(); !gone.ok()) {
      shell.Error(gone, source.text);
    }
  });
  return Status::Ok();
}

Status PrintFiles(Shell& shell, const std::vector<PathItem>& sources, bool verify) {
  for (const PathItem& source : sources) {
    if (!Exists(shell, source)) continue;
    if (source.is_directory()) {
      shell.Error(IsADirectory(source.text));
      continue;
    }
    auto file = source.fs->Open(source.path, {.verify_checksums = verify});
    Status copied = file.ok() ? Pump(file->get(), nullptr, &WriteStdout) : file.status();
    if (!copied.ok()) shell.Error(copied, source.text);
  }
  return Status::Ok();
}

// The files that -getmerge joins: a directory's own files, by name, or the path itself.
std::vector<PathItem> MergeSources(Shell& shell, const std::vector<std::string>& arguments) {
  std::vector<PathItem> files;
  for (PathItem& source : Sources(shell, arguments, /*local=*/false)) {
    if (!Exists(shell, source)) continue;
    if (!source.is_directory()) {
      files.push_back(std::move(source));
      continue;
    }
    StatusOr<std::vector<PathItem>> children = shell.Children(source);
    if (!children.ok()) {
      shell.Error(children.status(), source.text);
      continue;
    }
    for (PathItem& child : *children) {
      if (!child.is_directory()) files.push_back(std::move(child));
    }
  }
  return files;
}

Status MergeInto(const std::vector<PathItem>& files, bool newline, bool skip_empty,
                 const std::function<Status(std::string_view)>& write) {
  for (const PathItem& file : files) {
    if (skip_empty && file.status->length == 0) continue;
    ASSIGN_OR_RETURN(std::unique_ptr<FileReader> from, file.fs->Open(file.path));
    RETURN_IF_ERROR(Pump(from.get(), nullptr, write));
    if (newline) RETURN_IF_ERROR(write("\n"));
  }
  return Status::Ok();
}

}  // namespace

Status RunPut(Shell& shell, const std::vector<std::string>& words) {
  return PutOrMove(shell, words, /*move=*/false);
}

Status RunMoveFromLocal(Shell& shell, const std::vector<std::string>& words) {
  return PutOrMove(shell, words, /*move=*/true);
}

Status RunGet(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(Options options, ParseOptions(words, {.min_arguments = 1,
                                                         .flags = {"f", "p", "ignoreCrc"},
                                                         .values = {"t"},
                                                         .refused = {"crc", "q"}}));
  ASSIGN_OR_RETURN(const TransferOptions transfer, ReadTransferOptions(options));
  const std::string destination = TakeDestination(&options.arguments);
  if (destination == "-") {
    return PrintFiles(shell, Sources(shell, options.arguments, /*local=*/false),
                      transfer.verify_checksums);
  }
  StatusOr<PathItem> target = shell.FindLocal(destination);
  if (!target.ok()) {
    shell.Error(target.status());
    return Status::Ok();
  }
  const std::vector<PathItem> sources = Sources(shell, options.arguments, /*local=*/false);
  if (!Destination::Check(shell, *target, sources.size(), transfer.overwrite)) return Status::Ok();
  CopyAll(shell, sources, *target, transfer);
  return Status::Ok();
}

Status RunCp(Shell& shell, const std::vector<std::string>& words) {
  std::vector<std::string> plain;
  std::string preserved;
  for (const std::string& word : words) {
    const bool is_preserve = word.starts_with("-p") && word.size() > 1 && plain.size() == 0;
    if (is_preserve) {
      preserved = word == "-p" ? "top" : word.substr(2);
    } else {
      plain.push_back(word);
    }
  }
  ASSIGN_OR_RETURN(
      Options options,
      ParseOptions(plain,
                   {.min_arguments = 2, .flags = {"f", "d"}, .values = {"t"}, .refused = {"q"}}));
  ASSIGN_OR_RETURN(TransferOptions transfer, ReadTransferOptions(options));
  for (const char c : preserved) {
    if (c == 't') {
      transfer.preserve_times = true;
    } else if (c == 'o') {
      transfer.preserve_owner = true;
    } else if (c == 'p') {
      transfer.preserve_mode = true;
    } else if (c == 'a' || c == 'x') {
      return UnimplementedError(std::string("option -p") + c + " is not supported yet");
    } else {
      return InvalidArgumentError(std::string("Illegal option -p") + c);
    }
  }
  StatusOr<PathItem> target = shell.Find(TakeDestination(&options.arguments));
  if (!target.ok()) {
    shell.Error(target.status());
    return Status::Ok();
  }
  const std::vector<PathItem> sources = Sources(shell, options.arguments, /*local=*/false);
  if (!Destination::Check(shell, *target, sources.size(), transfer.overwrite)) return Status::Ok();
  CopyAll(shell, sources, *target, transfer);
  return Status::Ok();
}

Status RunGetMerge(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(Options options,
                   ParseOptions(words, {.min_arguments = 2, .flags = {"nl", "skip-empty-file"}}));
  const std::string destination = TakeDestination(&options.arguments);
  const std::vector<PathItem> files = MergeSources(shell, options.arguments);
  if (shell.exit_code() != 0) return Status::Ok();
  const bool newline = options.Has("nl");
  const bool skip_empty = options.Has("skip-empty-file");
  if (destination == "-") {
    if (Status s = MergeInto(files, newline, skip_empty, &WriteStdout); !s.ok()) shell.Error(s);
    return Status::Ok();
  }
  CatchInterrupts();
  const StatusOr<PathItem> target = shell.FindLocal(destination);
  if (!target.ok() || target->is_directory()) {
    shell.Error(target.ok() ? IsADirectory(destination) : target.status().message());
    return Status::Ok();
  }
  std::shared_ptr<FileSystem> local = shell.Local();
  StatusOr<std::unique_ptr<FileWriter>> to = local->Create(destination, {.overwrite = true});
  if (!to.ok()) {
    shell.Error(to.status(), destination);
    return Status::Ok();
  }
  Status merged = MergeInto(files, newline, skip_empty,
                            [&](std::string_view bytes) { return (*to)->Write(bytes); });
  if (merged.ok()) merged = (*to)->Close();
  if (!merged.ok()) {
    shell.Error(merged, destination);
    IgnoreError(local->Delete(destination, false).status(), "the error before it counts");
  }
  return Status::Ok();
}

Status RunMoveToLocal(Shell& shell, const std::vector<std::string>&) {
  shell.Error("Option '-moveToLocal' is not implemented yet.");  // nor is it in Hadoop
  return Status::Ok();
}

Status RunAppendToFile(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(Options options, ParseOptions(words, {.refused = {"n"}}));
  if (options.arguments.size() < 2) {
    shell.Error("missing destination argument");
    return Status::Ok();
  }
  StatusOr<PathItem> target = shell.Find(TakeDestination(&options.arguments));
  if (!target.ok()) {
    shell.Error(target.status());
    return Status::Ok();
  }
  if (target->is_directory()) {
    shell.Error(IsADirectory(target->text));
    return Status::Ok();
  }
  const bool from_stdin = options.arguments.size() == 1 && options.arguments[0] == "-";
  std::vector<PathItem> sources;
  if (!from_stdin) sources = Sources(shell, options.arguments, /*local=*/true);
  for (const PathItem& source : sources) Exists(shell, source);
  if (shell.exit_code() != 0) return Status::Ok();
  auto to = target->exists() ? target->fs->Append(target->path) : target->fs->Create(target->path);
  Status done = to.ok() ? Status::Ok() : to.status();
  if (done.ok() && from_stdin) done = PumpStdin(to->get());
  for (size_t i = 0; done.ok() && i < sources.size(); ++i) {
    auto from = sources[i].fs->Open(sources[i].path);
    done = from.ok() ? Pump(from->get(), nullptr,
                            [&](std::string_view bytes) { return (*to)->Write(bytes); })
                     : from.status();
  }
  if (to.ok()) {
    const Status closed = (*to)->Close();  // what was appended before an error stays
    if (done.ok()) done = closed;
  }
  if (!done.ok()) shell.Error(done, target->text);
  return Status::Ok();
}

}  // namespace tusk::cli
