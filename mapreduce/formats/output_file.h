// One task attempt's output file: created below TaskContext::OutputDirectory, written in large
// pieces.
//
// Threads: not thread-safe. Without Close the destructor abandons the file.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "client/file_system.h"
#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/task_context.h"

namespace tusk::mapreduce {

class TUSK_EXPORT OutputFile {
 public:
  Status Open(TaskContext& task, const std::string& name);

  // Append to it, then call Flushed(): it is written out when it is large enough.
  std::string* buffer() { return &buffer_; }
  Status Flushed() { return buffer_.size() < kWriteBytes ? Status::Ok() : Flush(); }

  Status Close();
  int64_t bytes() const { return bytes_; }

 private:
  static constexpr size_t kWriteBytes = 256 << 10;
  Status Flush();

  std::unique_ptr<FileWriter> file_;
  std::string buffer_;
  int64_t bytes_ = 0;
};

}  // namespace tusk::mapreduce
