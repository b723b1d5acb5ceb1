// A mapper, combiner or reducer process of a streaming job, fed and drained by one thread.
//
//   Start -> Feed* -> Finish          an error of any of them is the attempt's
//
// Threads: not thread-safe; the attempt's thread moves all three pipes by poll, so nothing can
//          deadlock on a full one.
// Life:    the destructor kills the process group.
// Fails:   kNotFound when there is no such program; "subprocess failed with code N" (Hadoop's text)
//          when it ends non-zero; kResourceExhausted when it outgrew its memory and was killed; an
//          error of the line handler; kCancelled when the attempt was killed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/process/child_process.h"

namespace tusk::mapreduce {

struct StreamingChildOptions {
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::string directory;
  int64_t memory_limit_bytes = 0;  // of the whole process group; 0: none
  bool non_zero_exit_is_failure = true;
  std::function<Status(std::string_view line)> on_output;  // without the line end
  std::function<void(std::string_view line)> on_error;
  std::function<Status()> check;  // asked now and then; not ok: stop
};

class StreamingChild {
 public:
  static StatusOr<std::unique_ptr<StreamingChild>> Start(StreamingChildOptions options);

  // Takes all of it; output lines may be handed out meanwhile.
  Status Feed(std::string_view bytes);
  // Closes its input, takes the rest of its output and waits for its end.
  Status Finish();

 private:
  explicit StreamingChild(StreamingChildOptions options) : options_(std::move(options)) {}

  // Moves bytes until at most `leave` are pending, or for good when `to_end`.
  Status Pump(size_t leave, bool to_end);
  Status WriteSome();
  Status ReadSome(int fd, std::string* partial, bool* ended, bool is_output);
  Status Deliver(std::string_view line, bool is_output);
  Status CheckNow();

  const StreamingChildOptions options_;
  std::unique_ptr<ChildProcess> process_;
  std::string pending_;  // for its stdin, from written_ on
  size_t written_ = 0;
  std::string partial_output_;
  std::string partial_error_;
  bool output_ended_ = false;
  bool error_ended_ = false;
  bool input_broken_ = false;  // it closed its stdin
  TimePoint next_check_{};
};

}  // namespace tusk::mapreduce
