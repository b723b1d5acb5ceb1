// Copies files and trees between file systems, as -put, -get, -cp and -moveFromLocal do.
//
//   Transfer transfer(shell, options);
//   transfer.Add(source, target)*        makes directories at once, queues files
//   transfer.Run()                       copies the files, several at a time
//
// A file appears under its name only when it is whole: it is written as NAME._COPYING_ and renamed,
// unless `direct`. What goes wrong with one file is reported and does not stop the others; a copy
// that fails or is interrupted (Ctrl-C) leaves nothing behind.
// Threads: Add by one; Run uses up to `threads`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/commands/dfs/progress.h"
#include "cli/commands/dfs/shell.h"
#include "common/base/status.h"

namespace tusk::cli {

struct TransferOptions {
  bool overwrite = false;
  bool direct = false;        // straight to the final name
  bool make_parents = false;  // of the target
  bool lazy_persist = false;  // one replica, in memory first
  bool verify_checksums = true;
  bool preserve_times = false;
  bool preserve_owner = false;
  bool preserve_mode = false;
  int threads = 0;  // 0: 8 for several files
};

class Transfer {
 public:
  Transfer(Shell& shell, const TransferOptions& options) : shell_(shell), options_(options) {}

  // False when something about it was reported: then it is not all copied.
  bool Add(const PathItem& source, PathItem target);
  // True when every file was copied.
  bool Run();

 private:
  struct Job {
    PathItem source;
    PathItem target;
  };

  bool AddDirectory(const PathItem& source, PathItem target);
  Status CopyFile(const Job& job, Progress* progress);
  Status Preserve(const PathItem& source, const PathItem& target);

  Shell& shell_;
  const TransferOptions options_;
  std::vector<Job> jobs_;
  std::vector<Job> directories_;  // to be given their attributes when all is in them
  int64_t total_bytes_ = 0;
};

// Reads all of `from` into `write`; counts on `progress` (may be null). kCancelled after Ctrl-C.
Status Pump(FileReader* from, Progress* progress,
            const std::function<Status(std::string_view)>& write);

// Makes Ctrl-C and SIGTERM end transfers cleanly instead of the process at once.
void CatchInterrupts();
bool Interrupted();

// Standard input into a file, with the same care.
Status CopyFromStdin(const PathItem& target, const TransferOptions& options);
// All of standard input to where `to` stands.
Status PumpStdin(FileWriter* to);
// Standard output, in full or with the error.
Status WriteStdout(std::string_view bytes);

}  // namespace tusk::cli
