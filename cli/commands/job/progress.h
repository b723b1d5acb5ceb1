// The progress of a program on stderr: one line that changes on a terminal, one line per finished
// stage elsewhere.
//
// Threads: not thread-safe.
#pragma once

#include <map>
#include <string>

#include "mapreduce/engine/plan/job_protocol.h"

namespace tusk::cli {

class ProgressPrinter {
 public:
  explicit ProgressPrinter(bool terminal) : terminal_(terminal) {}

  // Before the driver runs: why not yet (the ResourceManager's diagnostics). Each reason is told
  // once.
  void Waiting(const std::string& reason);
  void Show(const mapreduce::ProgramStatus& status);
  // Before anything else is printed: takes the changing line away.
  void Clear();
  // The end: state, time, and what was read, shuffled and spilled. A failure's reason is left out
  // when it stands in `output_tail`, what the reader of stderr has just read of the program.
  void Summary(const mapreduce::ProgramStatus& status, const std::string& output_tail);

 private:
  void ShowLine(const mapreduce::ProgramStatus& status);

  const bool terminal_;
  bool line_shown_ = false;
  std::string last_reason_;
  std::string last_earlier_;
  std::map<mapreduce::StageId, bool> told_;  // finished stages
};

}  // namespace tusk::cli
