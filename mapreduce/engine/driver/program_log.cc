#include "mapreduce/engine/driver/program_log.h"

#include <algorithm>

namespace tusk::mapreduce {

void ProgramLog::Append(std::string_view output) {
  {
    MutexLock lock(mu_);
    output_ += output;
    const int64_t surplus = static_cast<int64_t>(output_.size()) - keep_bytes_;
    if (surplus > keep_bytes_ / 4 || surplus > (64 << 10)) {  // not at every line
      output_.erase(0, static_cast<size_t>(surplus));
      output_begin_ += surplus;
    }
    ++version_;
  }
  Notify();
}

void ProgramLog::Touch() {
  {
    MutexLock lock(mu_);
    ++version_;
  }
  Notify();
}

void ProgramLog::Notify() {
  std::function<void()> listener;
  {
    MutexLock lock(mu_);
    listener = listener_;
  }
  if (listener) listener();
}

int64_t ProgramLog::version() const {
  MutexLock lock(mu_);
  return version_;
}

std::string ProgramLog::Output(int64_t* from, int64_t limit) const {
  MutexLock lock(mu_);
  const auto size = static_cast<int64_t>(output_.size());
  *from = std::clamp(*from, output_begin_, output_begin_ + size);
  return output_.substr(static_cast<size_t>(*from - output_begin_), static_cast<size_t>(limit));
}

std::string ProgramLog::Tail(int64_t limit) const {
  MutexLock lock(mu_);
  const auto size = static_cast<int64_t>(output_.size());
  return output_.substr(static_cast<size_t>(std::max<int64_t>(0, size - limit)));
}

int64_t ProgramLog::output_end() const {
  MutexLock lock(mu_);
  return output_begin_ + static_cast<int64_t>(output_.size());
}

void ProgramLog::SetListener(std::function<void()> listener) {
  MutexLock lock(mu_);
  listener_ = std::move(listener);
}

}  // namespace tusk::mapreduce
