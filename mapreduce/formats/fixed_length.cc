#include "mapreduce/formats/fixed_length.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tusk {
namespace {

constexpr int64_t kBufferBytes = 1 << 20;

StatusOr<int64_t> RecordLength(const mapreduce::JobOptions& options) {
  const std::string text = options.Get(FixedLengthInput::kRecordLength).value_or("0");
  int64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  if (length < 1) {
    return InvalidArgumentError("Fixed record length " + text +
                                " is invalid.  It should be set to a value greater than zero (" +
                                FixedLengthInput::kRecordLength + ")");
  }
  return length;
}

}  // namespace

StatusOr<std::vector<mapreduce::PartitionInput>> FixedLengthInput::Splits(
    FileSystem& fs, const mapreduce::JobOptions& options, const std::vector<std::string>& paths) {
  ASSIGN_OR_RETURN(const int64_t record_bytes, RecordLength(options));
  return mapreduce::SplitFiles(fs, options, paths, record_bytes);
}

Status FixedLengthInput::Reader::Open(mapreduce::TaskContext& task,
                                      const mapreduce::JobOptions& options,
                                      std::string_view split) {
  ASSIGN_OR_RETURN(record_bytes_, RecordLength(options));
  ASSIGN_OR_RETURN(split_, mapreduce::FileSplit::Decode(split));
  position_ = split_.offset;
  buffer_.resize(
      static_cast<size_t>(std::max(record_bytes_, kBufferBytes - kBufferBytes % record_bytes_)));
  ASSIGN_OR_RETURN(file_, mapreduce::SplitFile::Open(task, split_, split_.offset));
  return Status::Ok();
}

StatusOr<bool> FixedLengthInput::Reader::Next(int64_t* offset, std::string_view* record) {
  const auto size = static_cast<size_t>(record_bytes_);
  if (!file_.compressed() && position_ >= split_.offset + split_.length) return false;
  if (filled_ - at_ < size) {
    std::memmove(buffer_.data(), buffer_.data() + at_, filled_ - at_);
    filled_ -= at_;
    at_ = 0;
    while (filled_ < size) {
      ASSIGN_OR_RETURN(const size_t got,
                       file_.source()->Read(buffer_.data() + filled_, buffer_.size() - filled_));
      if (got == 0 && filled_ == 0) return false;
      if (got == 0) return DataLossError(split_.path + " ends within a record");
      filled_ += got;
    }
  }
  *offset = position_;
  *record = std::string_view(buffer_).substr(at_, size);
  at_ += size;
  position_ += record_bytes_;
  return true;
}

double FixedLengthInput::Reader::progress() const {
  if (split_.length == 0) return 0;
  return std::min(
      1.0, static_cast<double>(position_ - split_.offset) / static_cast<double>(split_.length));
}

}  // namespace tusk
