#include "cli/commands/dfs/transfer.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <utility>

#include "cli/commands/dfs/read_ahead.h"
#include "client/path.h"
#include "common/concurrent/thread_pool.h"

namespace tusk::cli {
namespace {

constexpr size_t kBufferBytes = 512 << 10;
constexpr int64_t kReadAheadBytes = 8 << 20;
constexpr int kDefaultThreads = 8;
constexpr const char* kTemporarySuffix = "._COPYING_";

volatile sig_atomic_t interrupted = 0;

CreateOptions CreateFor(const TransferOptions& options, bool overwrite) {
  CreateOptions create;
  create.overwrite = overwrite;
  create.create_parent = options.make_parents;
  create.lazy_persist = options.lazy_persist;
  if (options.lazy_persist) create.replication = 1;
  return create;
}

// As Pump, with a second thread: for files that are worth one.
Status PumpAhead(FileReader* from, Progress* progress,
                 const std::function<Status(std::string_view)>& write) {
  ReadAhead ahead(from);
  for (;;) {
    if (Interrupted()) return CancelledError("interrupted");
    ASSIGN_OR_RETURN(const std::string_view bytes, ahead.Next());
    if (bytes.empty()) return Status::Ok();
    RETURN_IF_ERROR(write(bytes));
    if (progress != nullptr) progress->Add(static_cast<int64_t>(bytes.size()));
  }
}

// Writes a file by way of its temporary name; `fill` puts the bytes in.
Status WriteFileCarefully(const PathItem& target, const TransferOptions& options,
                          const std::function<Status(FileWriter*)>& fill) {
  FileSystem* fs = target.fs.get();
  const std::string written = options.direct ? target.path : target.path + kTemporarySuffix;
  ASSIGN_OR_RETURN(std::unique_ptr<FileWriter> to,
                   fs->Create(written, CreateFor(options, options.overwrite || !options.direct)));
  Status status = fill(to.get());
  if (status.ok()) status = to->Close();
  if (status.ok() && !options.direct) {
    status = fs->Rename2(written, target.path, {.overwrite = options.overwrite});
  }
  if (!status.ok()) {
    to->Abort();
    IgnoreError(fs->Delete(written, false).status(), "the error before it counts");
  }
  return status;
}

}  // namespace

void CatchInterrupts() {
  struct sigaction action{};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second Ctrl-C ends the process
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() {
  return interrupted != 0;
}

Status Pump(FileReader* from, Progress* progress,
            const std::function<Status(std::string_view)>& write) {
  if (from->length() - from->position() >= kReadAheadBytes) {
    return PumpAhead(from, progress, write);
  }
  std::string buffer(static_cast<size_t>(std::clamp<int64_t>(from->length(), 4096, kBufferBytes)),
                     '\0');
  for (;;) {
    if (Interrupted()) return CancelledError("interrupted");
    ASSIGN_OR_RETURN(const size_t got, from->Read(buffer.data(), buffer.size()));
    if (got == 0) return Status::Ok();
    RETURN_IF_ERROR(write(std::string_view(buffer.data(), got)));
    if (progress != nullptr) progress->Add(static_cast<int64_t>(got));
  }
}

Status WriteStdout(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return ErrnoError("standard output", errno);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return Status::Ok();
}

Status PumpStdin(FileWriter* to) {
  Progress progress("put", -1);
  std::string buffer(kBufferBytes, '\0');
  for (;;) {
    if (Interrupted()) return CancelledError("interrupted");
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError("standard input", errno);
    if (got == 0) return Status::Ok();
    RETURN_IF_ERROR(to->Write({buffer.data(), static_cast<size_t>(got)}));
    progress.Add(got);
  }
}

Status CopyFromStdin(const PathItem& target, const TransferOptions& options) {
  return WriteFileCarefully(target, options, &PumpStdin);
}

bool Transfer::Add(const PathItem& source, PathItem target) {
  if (source.is_directory()) return AddDirectory(source, std::move(target));
  if (target.is_directory()) {
    shell_.Error(IsADirectory(target.text));
    return false;
  }
  if (target.exists() && !options_.overwrite) {
    shell_.Error(FileExists(target.text));
    return false;
  }
  total_bytes_ += source.status->length;
  jobs_.push_back({source, std::move(target)});
  return true;
}

bool Transfer::AddDirectory(const PathItem& source, PathItem target) {
  if (target.exists() && !target.is_directory()) {
    shell_.Error(IsNotADirectory(target.text));
    return false;
  }
  const bool is_new = !target.exists();
  if (is_new) {
    if (Status made = target.fs->Mkdirs(target.path); !made.ok()) {
      shell_.Error(made, target.text);
      return false;
    }
    target.status.emplace();
    target.status->type = FileType::kDirectory;
  }
  StatusOr<std::vector<PathItem>> children = shell_.Children(source);
  if (!children.ok()) {
    shell_.Error(children.status(), source.text);
    return false;
  }
  bool all = true;
  for (const PathItem& child : *children) {
    PathItem below = ChildOf(target, child.status->name);
    if (!is_new) {
      StatusOr<std::optional<FileStatus>> status = below.fs->FindStatus(below.path);
      if (!status.ok()) {
        shell_.Error(status.status(), below.text);
        all = false;
        continue;
      }
      below.status = std::move(status).value();
    }
    all = Add(child, std::move(below)) && all;
  }
  directories_.push_back({source, std::move(target)});
  return all;
}

bool Transfer::Run() {
  CatchInterrupts();
  std::atomic<bool> all{true};
  {
    Progress progress(shell_.command(), total_bytes_);
    const auto copy = [&](const Job& job) {
      const Status copied =
          Interrupted() ? CancelledError("interrupted") : CopyFile(job, &progress);
      if (copied.ok()) return;
      all = false;
      if (!Interrupted()) shell_.Error(copied, job.target.text);
    };
    const int threads = std::min<int>(options_.threads > 0 ? options_.threads : kDefaultThreads,
                                      static_cast<int>(jobs_.size()));
    if (threads <= 1) {
      for (const Job& job : jobs_) copy(job);
    } else {
      ThreadPool pool("copy", threads);
      for (const Job& job : jobs_) pool.Post([&copy, &job] { copy(job); });
      pool.Stop();
    }
  }
  if (Interrupted()) shell_.Error("interrupted");
  for (const Job& directory : directories_) {
    if (Status kept = Preserve(directory.source, directory.target); !kept.ok()) {
      shell_.Error(kept, directory.target.text);
      all = false;
    }
  }
  return all;
}

Status Transfer::CopyFile(const Job& job, Progress* progress) {
  ASSIGN_OR_RETURN(
      std::unique_ptr<FileReader> from,
      job.source.fs->Open(job.source.path, {.verify_checksums = options_.verify_checksums}));
  RETURN_IF_ERROR(WriteFileCarefully(job.target, options_, [&](FileWriter* to) {
    return Pump(from.get(), progress, [to](std::string_view bytes) { return to->Write(bytes); });
  }));
  return Preserve(job.source, job.target);
}

Status Transfer::Preserve(const PathItem& source, const PathItem& target) {
  FileSystem* fs = target.fs.get();
  const FileStatus& from = *source.status;
  if (options_.preserve_times) {
    RETURN_IF_ERROR(fs->SetTimes(target.path, from.modification_time_ms, from.access_time_ms));
  }
  if (options_.preserve_owner) {
    RETURN_IF_ERROR(fs->SetOwner(target.path, from.owner, from.group));
  }
  if (options_.preserve_mode) {
    RETURN_IF_ERROR(fs->SetPermission(target.path, from.permission));
  }
  return Status::Ok();
}

}  // namespace tusk::cli
