// Lines of one split of a text.
//
// LF, CR and CRLF end a line. A line belongs to the split in which its first byte lies; the part of
// a line with which a split begins is the split before's, unless the byte before the split ends a
// line. A CR there with an LF as the split's first byte is one line end across the edge.
// Threads: not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/formats/file_input.h"

namespace tusk::mapreduce {

class TUSK_EXPORT LineReader {
 public:
  // `source` stands at max(0, begin - 1) of the text and outlives the reader; lines that begin
  // before `end` are given (end < 0: all).
  LineReader(ByteSource* source, int64_t begin, int64_t end, size_t buffer_bytes = 1 << 20);

  // The line without its end; the view is valid until the next call. False at the end.
  StatusOr<bool> Next(int64_t* offset, std::string_view* line);

  int64_t position() const { return position_; }

 private:
  Status SkipToFirstLine();
  // Takes the line at `at_`; false when there is no byte left.
  StatusOr<bool> TakeLine(std::string_view* line);
  // Reads more behind what is buffered from `at_` on; false at the end of the text.
  StatusOr<bool> Fill();

  ByteSource* const source_;
  const int64_t begin_;
  const int64_t end_;
  const size_t buffer_bytes_;
  std::string buffer_;
  size_t at_ = 0;  // next byte to look at
  size_t filled_ = 0;
  bool source_ended_ = false;
  bool started_ = false;
  int64_t position_ = 0;  // of buffer_[at_] in the text
};

}  // namespace tusk::mapreduce
