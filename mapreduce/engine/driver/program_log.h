// What a submitter follows: numbered news of a program, and the tail of its output.
//
// Threads: thread-safe. Listeners are called without the lock, on the thread that brought the news.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/concurrent/mutex.h"

namespace tusk::mapreduce {

class ProgramLog {
 public:
  // `keep_bytes`: of output; older output is gone for those who did not follow.
  explicit ProgramLog(int64_t keep_bytes = 1 << 20) : keep_bytes_(keep_bytes) {}

  void Append(std::string_view output) EXCLUDES(mu_);
  // Something else about the program has changed.
  void Touch() EXCLUDES(mu_);

  int64_t version() const EXCLUDES(mu_);

  // At most `limit` bytes from offset `from` on, or from where it is still there; *from says where.
  std::string Output(int64_t* from, int64_t limit) const EXCLUDES(mu_);
  std::string Tail(int64_t limit) const EXCLUDES(mu_);
  int64_t output_end() const EXCLUDES(mu_);

  // One listener: who holds followers' calls.
  void SetListener(std::function<void()> listener) EXCLUDES(mu_);

 private:
  void Notify() EXCLUDES(mu_);

  const int64_t keep_bytes_;
  mutable Mutex mu_;
  int64_t version_ GUARDED_BY(mu_) = 1;
  std::string output_ GUARDED_BY(mu_);        // the last of it
  int64_t output_begin_ GUARDED_BY(mu_) = 0;  // offset of its first byte
  std::function<void()> listener_ GUARDED_BY(mu_);
};

}  // namespace tusk::mapreduce
