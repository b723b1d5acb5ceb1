#include "mapreduce/engine/shuffle/shuffle_writer.h"

#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/clock.h"

namespace tusk::mapreduce {
namespace {

void RemoveSpill(const std::string& path) {
  ::unlink(path.c_str());
  ::unlink((path + ".index").c_str());
}

Status RenameFile(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return ErrnoError("rename " + from, errno);
  return Status::Ok();
}

class CountingSource final : public RecordSource {
 public:
  CountingSource(std::unique_ptr<RecordSource> source, int64_t* count)
      : source_(std::move(source)), count_(count) {}

  bool Next() override {
    const bool more = source_->Next();
    *count_ += more;
    return more;
  }
  const Record& record() const override { return source_->record(); }
  Status status() const override { return source_->status(); }

 private:
  const std::unique_ptr<RecordSource> source_;
  int64_t* const count_;
};

}  // namespace

// Passes records of one partition on to a file.
class ShuffleWriter::PartitionSink final : public RecordSink {
 public:
  PartitionSink(SpillFileWriter* file, int partition) : file_(file), partition_(partition) {}

  Status Add(std::string_view key, std::string_view value) override {
    ++records_;
    return file_->Add(partition_, key, value);
  }
  int64_t records() const { return records_; }

 private:
  SpillFileWriter* const file_;
  const int partition_;
  int64_t records_ = 0;
};

ShuffleWriter::ShuffleWriter(ShuffleWriterOptions options)
    : options_(std::move(options)), buffer_(options_.partitions, options_.buffer_bytes) {}

ShuffleWriter::~ShuffleWriter() {
  for (const SpillFile& spill : spills_) RemoveSpill(spill.path);
}

Status ShuffleWriter::Add(int partition, std::string_view key, std::string_view value) {
  ++counters_.output_records;
  counters_.output_bytes += static_cast<int64_t>(key.size() + value.size());
  if (buffer_.Add(partition, key, value)) return Status::Ok();
  RETURN_IF_ERROR(Spill());
  CHECK(buffer_.Add(partition, key, value)) << "an empty sort buffer takes any record";
  return Status::Ok();
}

Status ShuffleWriter::Spill() {
  if (buffer_.empty()) return Status::Ok();
  const TimePoint began = Clock::Real()->Now();
  buffer_.Sort();
  counters_.sort_seconds += ToSeconds(Clock::Real()->Now() - began);
  const std::string path = OutputPath() + ".spill." + std::to_string(next_spill_++);
  ASSIGN_OR_RETURN(std::vector<SegmentIndex> index,
                   WriteFile(
                       path,
                       [this](int partition) -> StatusOr<std::unique_ptr<RecordSource>> {
                         return buffer_.Partition(partition);
                       },
                       /*combine=*/true));
  ++counters_.spills;
  spills_.push_back({path, std::move(index)});
  buffer_.Clear();
  return Status::Ok();
}

StatusOr<std::vector<SegmentIndex>> ShuffleWriter::WriteFile(
    const std::string& path,
    const std::function<StatusOr<std::unique_ptr<RecordSource>>(int)>& source, bool combine) {
  ASSIGN_OR_RETURN(const std::unique_ptr<SpillFileWriter> file,
                   SpillFileWriter::Create(path, options_.partitions, options_.codec));
  for (int partition = 0; partition < options_.partitions; ++partition) {
    ASSIGN_OR_RETURN(std::unique_ptr<RecordSource> records, source(partition));
    PartitionSink sink(file.get(), partition);
    if (combine && options_.combiner) {
      auto counted =
          std::make_unique<CountingSource>(std::move(records), &counters_.combine_input_records);
      GroupedRecords groups(std::move(counted));
      RETURN_IF_ERROR(options_.combiner(&groups, &sink));
      RETURN_IF_ERROR(groups.status());
      counters_.combine_output_records += sink.records();
      continue;
    }
    while (records->Next()) {
      RETURN_IF_ERROR(sink.Add(records->record().key, records->record().value));
    }
    RETURN_IF_ERROR(records->status());
  }
  ASSIGN_OR_RETURN(std::vector<SegmentIndex> index, file->Finish());
  for (const SegmentIndex& segment : index) {
    counters_.spilled_records += segment.records;
    counters_.spilled_bytes += segment.length;
  }
  return index;
}

StatusOr<std::unique_ptr<RecordSource>> ShuffleWriter::OpenSpills(size_t begin, size_t end,
                                                                  int partition) const {
  std::vector<std::unique_ptr<RecordSource>> sources;
  for (size_t i = begin; i < end; ++i) {
    const SegmentIndex& segment = spills_[i].index[static_cast<size_t>(partition)];
    ASSIGN_OR_RETURN(std::unique_ptr<SegmentBytes> bytes,
                     SegmentInFile(spills_[i].path, segment.offset, segment.length));
    sources.push_back(DecodeSegment(std::move(bytes)));
  }
  return MergeSources(std::move(sources));
}

// Merges neighbours until at most `keep` spills are left; neighbours, so that ties keep their
// order.
Status ShuffleWriter::MergeSpills(size_t keep) {
  while (spills_.size() > keep) {
    const size_t count = std::min(spills_.size(), std::max<size_t>(2, options_.merge_factor));
    const std::string path = OutputPath() + ".spill." + std::to_string(next_spill_++);
    ASSIGN_OR_RETURN(
        std::vector<SegmentIndex> index,
        WriteFile(
            path, [this, count](int partition) { return OpenSpills(0, count, partition); },
            /*combine=*/true));
    for (size_t i = 0; i < count; ++i) RemoveSpill(spills_[i].path);
    spills_.erase(spills_.begin(), spills_.begin() + static_cast<ptrdiff_t>(count));
    spills_.insert(spills_.begin(), {path, std::move(index)});
  }
  return Status::Ok();
}

StatusOr<std::vector<SegmentIndex>> ShuffleWriter::Finish() {
  RETURN_IF_ERROR(Spill());
  if (spills_.empty()) {  // no record at all: an empty output with its index
    return WriteFile(
        OutputPath(), [this](int partition) { return OpenSpills(0, 0, partition); },
        /*combine=*/false);
  }
  RETURN_IF_ERROR(MergeSpills(1));
  RETURN_IF_ERROR(RenameFile(spills_[0].path + ".index", OutputPath() + ".index"));
  RETURN_IF_ERROR(RenameFile(spills_[0].path, OutputPath()));
  std::vector<SegmentIndex> index = std::move(spills_[0].index);
  spills_.clear();
  return index;
}

}  // namespace tusk::mapreduce
