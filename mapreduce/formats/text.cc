#include "mapreduce/formats/text.h"

namespace tusk {

Status TextInput::Reader::Open(mapreduce::TaskContext& task, const mapreduce::JobOptions&,
                               std::string_view split) {
  ASSIGN_OR_RETURN(split_, mapreduce::FileSplit::Decode(split));
  // One byte earlier: it says whether a line begins at the split's first byte.
  const int64_t from = split_.offset > 0 ? split_.offset - 1 : 0;
  ASSIGN_OR_RETURN(file_, mapreduce::SplitFile::Open(task, split_, from));
  const int64_t end = file_.compressed() ? -1 : split_.offset + split_.length;
  lines_.emplace(file_.source(), split_.offset, end);
  return Status::Ok();
}

double TextInput::Reader::progress() const {
  if (file_.compressed() || split_.length == 0) return 0;
  const auto done = static_cast<double>(lines_->position() - split_.offset);
  return std::min(1.0, done / static_cast<double>(split_.length));
}

}  // namespace tusk
