#include "mapreduce/engine/shuffle/shuffle_writer.h"

#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

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

// A group's values as the combiner takes them.
class GroupValues final : public ValueStream {
 public:
  GroupValues(GroupedRecords* groups, int64_t* count) : groups_(groups), count_(count) {}

  bool Next(std::string_view* value) override {
    if (!groups_->NextValue()) return false;
    *value = groups_->value();
    ++*count_;
    return true;
  }

 private:
  GroupedRecords* const groups_;
  int64_t* const count_;
};

}  // namespace

ShuffleWriter::ShuffleWriter(ShuffleWriterOptions options)
    : options_(std::move(options)),
      comparison_(options_.order),
      buffer_(options_.partitions, options_.buffer_bytes, options_.sorted, comparison_) {
  CHECK(options_.sorted || options_.combiner == nullptr) << "a combiner needs sorted records";
}

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

void ShuffleWriter::SortBuffered() {
  const TimePoint began = Clock::Real()->Now();
  buffer_.Sort();
  counters_.sort_seconds += ToSeconds(Clock::Real()->Now() - began);
}

Status ShuffleWriter::Spill() {
  if (buffer_.empty()) return Status::Ok();
  SortBuffered();
  const std::string path = OutputPath() + ".spill." + std::to_string(next_spill_++);
  ASSIGN_OR_RETURN(
      std::vector<SegmentIndex> index,
      WriteFile(path, [this](int partition) -> StatusOr<std::unique_ptr<RecordSource>> {
        return buffer_.Partition(partition);
      }));
  ++counters_.spills;
  spills_.push_back({path, std::move(index)});
  buffer_.Clear();
  return Status::Ok();
}

Status ShuffleWriter::Drain(const PartitionSource& source, const PartitionSink& sink) {
  for (int partition = 0; partition < options_.partitions; ++partition) {
    ASSIGN_OR_RETURN(std::unique_ptr<RecordSource> records, source(partition));
    if (options_.combiner == nullptr) {
      while (records->Next()) {
        RETURN_IF_ERROR(sink(partition, records->record().key, records->record().value));
      }
      RETURN_IF_ERROR(records->status());
      continue;
    }
    const GroupCombiner::Emit emit = [this, partition, &sink](std::string_view key,
                                                              std::string_view value) {
      ++counters_.combine_output_records;
      return sink(partition, key, value);
    };
    GroupedRecords groups(std::move(records), comparison_);
    GroupValues values(&groups, &counters_.combine_input_records);
    while (groups.NextGroup()) {
      RETURN_IF_ERROR(options_.combiner->Combine(groups.key(), values, emit));
    }
    RETURN_IF_ERROR(groups.status());
  }
  return Status::Ok();
}

StatusOr<std::vector<SegmentIndex>> ShuffleWriter::WriteFile(const std::string& path,
                                                             const PartitionSource& source) {
  ASSIGN_OR_RETURN(const std::unique_ptr<SpillFileWriter> file,
                   SpillFileWriter::Create(path, options_.partitions, options_.codec));
  RETURN_IF_ERROR(
      Drain(source, [&file](int partition, std::string_view key, std::string_view value) {
        return file->Add(partition, key, value);
      }));
  ASSIGN_OR_RETURN(std::vector<SegmentIndex> index, file->Finish());
  for (const SegmentIndex& segment : index) {
    counters_.spilled_records += segment.records;
    counters_.spilled_bytes += segment.length;
  }
  return index;
}

StatusOr<std::unique_ptr<RecordSource>> ShuffleWriter::OpenSpills(size_t count,
                                                                  int partition) const {
  std::vector<std::unique_ptr<RecordSource>> sources;
  for (size_t i = 0; i < count; ++i) {
    const SegmentIndex& segment = spills_[i].index[static_cast<size_t>(partition)];
    ASSIGN_OR_RETURN(std::unique_ptr<SegmentBytes> bytes,
                     SegmentInFile(spills_[i].path, segment.offset, segment.length));
    sources.push_back(DecodeSegment(std::move(bytes)));
  }
  return options_.sorted ? MergeSources(std::move(sources), comparison_)
                         : ConcatenateSources(std::move(sources));
}

// Merges neighbours until at most `keep` spills are left; neighbours, so that ties keep their
// order.
Status ShuffleWriter::MergeSpills(size_t keep) {
  while (spills_.size() > keep) {
    const size_t count =
        std::min(spills_.size(), std::max<size_t>(2, static_cast<size_t>(options_.merge_factor)));
    const std::string path = OutputPath() + ".spill." + std::to_string(next_spill_++);
    ASSIGN_OR_RETURN(std::vector<SegmentIndex> index, WriteFile(path, [this, count](int partition) {
                       return OpenSpills(count, partition);
                     }));
    for (size_t i = 0; i < count; ++i) RemoveSpill(spills_[i].path);
    spills_.erase(spills_.begin(), spills_.begin() + static_cast<ptrdiff_t>(count));
    spills_.insert(spills_.begin(), {path, std::move(index)});
  }
  return Status::Ok();
}

StatusOr<std::vector<SegmentIndex>> ShuffleWriter::Finish() {
  RETURN_IF_ERROR(Spill());
  if (spills_.empty()) {  // no record at all: an empty output with its index
    return WriteFile(OutputPath(), [this](int partition) { return OpenSpills(0, partition); });
  }
  RETURN_IF_ERROR(MergeSpills(1));
  RETURN_IF_ERROR(RenameFile(spills_[0].path + ".index", OutputPath() + ".index"));
  RETURN_IF_ERROR(RenameFile(spills_[0].path, OutputPath()));
  std::vector<SegmentIndex> index = std::move(spills_[0].index);
  spills_.clear();
  return index;
}

StatusOr<std::vector<SegmentIndex>> ShuffleWriter::FinishInMemory(std::string* bytes) {
  CHECK(spills_.empty());
  SortBuffered();
  std::vector<SegmentIndex> index(static_cast<size_t>(options_.partitions));
  const SegmentEncoder::Output append = [bytes](std::string_view frame) {
    bytes->append(frame);
    return Status::Ok();
  };
  int current = -1;
  std::optional<SegmentEncoder> segment;
  const auto end_segment = [&]() -> Status {
    if (!segment.has_value()) return Status::Ok();
    ASSIGN_OR_RETURN(SegmentIndex figures, segment->Finish());
    figures.offset = static_cast<int64_t>(bytes->size()) - figures.length;
    index[static_cast<size_t>(current)] = figures;
    return Status::Ok();
  };
  RETURN_IF_ERROR(Drain(
      [this](int partition) -> StatusOr<std::unique_ptr<RecordSource>> {
        return buffer_.Partition(partition);
      },
      [&](int partition, std::string_view key, std::string_view value) -> Status {
        if (partition != current) {
          RETURN_IF_ERROR(end_segment());
          current = partition;
          segment.emplace(options_.codec, append);
        }
        return segment->Add(key, value);
      }));
  RETURN_IF_ERROR(end_segment());
  buffer_.Clear(/*release=*/true);
  return index;
}

}  // namespace tusk::mapreduce
