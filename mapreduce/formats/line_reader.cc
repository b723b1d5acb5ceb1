#include "mapreduce/formats/line_reader.h"

#include <cstring>

namespace tusk::mapreduce {
namespace {

// The first CR or LF, or null. Lines are short: looking for LF first and for CR only before it
// reads each byte twice at memory speed instead of once by a loop.
const char* FindLineEnd(const char* from, size_t count) {
  const char* lf = static_cast<const char*>(std::memchr(from, '\n', count));
  const size_t before = lf != nullptr ? static_cast<size_t>(lf - from) : count;
  const char* cr = static_cast<const char*>(std::memchr(from, '\r', before));
  return cr != nullptr ? cr : lf;
}

}  // namespace

LineReader::LineReader(ByteSource* source, int64_t begin, int64_t end, size_t buffer_bytes)
    : source_(source),
      begin_(begin),
      end_(end),
      buffer_bytes_(buffer_bytes),
      position_(begin > 0 ? begin - 1 : 0) {}

StatusOr<bool> LineReader::Fill() {
  if (source_ended_) return false;
  if (at_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + at_, filled_ - at_);
    filled_ -= at_;
    at_ = 0;
  }
  if (filled_ == buffer_.size()) buffer_.resize(std::max(buffer_bytes_, buffer_.size() * 2));
  ASSIGN_OR_RETURN(const size_t got,
                   source_->Read(buffer_.data() + filled_, buffer_.size() - filled_));
  source_ended_ = got == 0;
  filled_ += got;
  return got > 0;
}

StatusOr<bool> LineReader::TakeLine(std::string_view* line) {
  size_t searched = 0;
  const char* line_end = nullptr;
  while (true) {
    line_end = FindLineEnd(buffer_.data() + at_ + searched, filled_ - at_ - searched);
    if (line_end != nullptr) {
      const bool cr_is_last = *line_end == '\r' && line_end + 1 == buffer_.data() + filled_;
      if (!cr_is_last || source_ended_) break;
      searched = static_cast<size_t>(line_end - buffer_.data()) - at_;  // an LF may follow
    } else {
      searched = filled_ - at_;
    }
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more && line_end == nullptr) break;
  }
  if (line_end == nullptr) {  // the text ends without a line end
    if (at_ == filled_) return false;
    *line = std::string_view(buffer_.data() + at_, filled_ - at_);
    position_ += static_cast<int64_t>(line->size());
    at_ = filled_;
    return true;
  }
  // Fill may have moved the bytes: count from at_ again.
  line_end = FindLineEnd(buffer_.data() + at_, filled_ - at_);
  const auto length = static_cast<size_t>(line_end - buffer_.data()) - at_;
  *line = std::string_view(buffer_.data() + at_, length);
  size_t taken = length + 1;
  if (*line_end == '\r' && at_ + taken < filled_ && buffer_[at_ + taken] == '\n') ++taken;
  at_ += taken;
  position_ += static_cast<int64_t>(taken);
  return true;
}

Status LineReader::SkipToFirstLine() {
  if (begin_ == 0) return Status::Ok();
  // The byte before the split, and the split's first.
  while (filled_ - at_ < 2) {
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) break;
  }
  if (at_ == filled_) return Status::Ok();
  const char before = buffer_[at_];
  if (before == '\n' || before == '\r') {
    const bool crlf = before == '\r' && filled_ - at_ > 1 && buffer_[at_ + 1] == '\n';
    at_ += crlf ? 2 : 1;
    position_ += crlf ? 2 : 1;
    return Status::Ok();
  }
  std::string_view rest_of_line;
  const auto skipped = TakeLine(&rest_of_line);
  return skipped.ok() ? Status::Ok() : skipped.status();
}

StatusOr<bool> LineReader::Next(int64_t* offset, std::string_view* line) {
  if (!started_) {
    started_ = true;
    RETURN_IF_ERROR(SkipToFirstLine());
  }
  if (end_ >= 0 && position_ >= end_) return false;
  *offset = position_;
  return TakeLine(line);
}

}  // namespace tusk::mapreduce
