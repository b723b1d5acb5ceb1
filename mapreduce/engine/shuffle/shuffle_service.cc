#include "mapreduce/engine/shuffle/shuffle_service.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "common/base/log.h"
#include "mapreduce/engine/shuffle/shuffle_writer.h"

namespace tusk::mapreduce {
namespace {

constexpr int64_t kSmallestBufferBytes = 1 << 20;
constexpr int64_t kGrowBytes = 4 << 20;

Status MakeDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return ErrnoError("make the directory " + path, error.value());
  return Status::Ok();
}

// As much of `wanted` as the ledger gives, halving down to the smallest useful buffer.
int64_t ReserveBuffer(MemoryShare* share, int64_t wanted) {
  for (int64_t bytes = wanted; bytes > kSmallestBufferBytes; bytes /= 2) {
    if (share->Grow(bytes)) return bytes;
  }
  // Without any room a task still gets on, with one megabyte outside the plan.
  return kSmallestBufferBytes;
}

// A fetched segment that did not fit into memory: its file goes with it.
class FetchedFile final : public SegmentBytes {
 public:
  FetchedFile(std::string path, std::unique_ptr<SegmentBytes> bytes)
      : path_(std::move(path)), bytes_(std::move(bytes)) {}
  ~FetchedFile() override { ::unlink(path_.c_str()); }
  StatusOr<size_t> Read(char* to, size_t size) override { return bytes_->Read(to, size); }

 private:
  const std::string path_;
  const std::unique_ptr<SegmentBytes> bytes_;
};

}  // namespace

class RunnerShuffleService::Sink final : public ShuffleSink {
 public:
  Sink(const RunnerShuffleService* service, ShuffleAttempt attempt, ShuffleId shuffle,
       std::string name, ShuffleWriterOptions writer, std::unique_ptr<MemoryShare> share)
      : service_(service),
        attempt_(std::move(attempt)),
        shuffle_(shuffle),
        name_(std::move(name)),
        share_(std::move(share)),
        writer_(std::move(writer)) {}

  Status Add(int partition, std::string_view key, std::string_view value) override {
    if ((++added_ & 4095) == 0) RETURN_IF_ERROR(attempt_.check());
    if (in_memory() && !MakeRoom(key.size() + value.size())) RETURN_IF_ERROR(writer_.Spill());
    return writer_.Add(partition, key, value);
  }

  StatusOr<MapOutput> Finish() override {
    MapOutput output{service_->options_.server, service_->options_.path_prefix + name_, {}};
    std::vector<SegmentIndex> index;
    if (in_memory() && !writer_.spilled() && share_->Grow(writer_.memory_bytes())) {
      std::string bytes;
      ASSIGN_OR_RETURN(index, writer_.FinishInMemory(&bytes));
      bytes.shrink_to_fit();
      const auto kept = static_cast<int64_t>(bytes.size());
      if (share_->bytes() > kept) share_->Shrink(share_->bytes() - kept);
      service_->store_->PutMemory(shuffle_, output.path, std::move(bytes), share_->Detach());
    } else {
      ASSIGN_OR_RETURN(index, writer_.Finish());
      if (in_memory()) {
        int64_t length = 0;
        for (const SegmentIndex& segment : index) length += segment.length;
        const std::string file = service_->options_.local_directory + "/" + name_;
        ::unlink((file + ".index").c_str());
        service_->store_->PutFile(shuffle_, output.path, file, length);
      }
    }
    for (const SegmentIndex& segment : index) output.partition_bytes.push_back(segment.length);
    Count(index);
    return output;
  }

 private:
  bool in_memory() const { return service_->options_.mode == JobMode::kMemory; }

  // Keeps the reservation ahead of the buffer; false when the ledger has no more.
  bool MakeRoom(size_t record_bytes) {
    const int64_t needed = writer_.memory_bytes() + static_cast<int64_t>(record_bytes) + 64;
    if (needed <= share_->bytes()) return true;
    if (share_->Grow(std::max(kGrowBytes, needed - share_->bytes()))) return true;
    // The buffer may always use what one small buffer takes.
    return needed <= kSmallestBufferBytes;
  }

  void Count(const std::vector<SegmentIndex>& index) {
    const ShuffleWriterCounters& c = writer_.counters();
    Counters& counters = *attempt_.counters;
    counters.Add(counter::kTaskGroup, counter::kMapOutputRecords, c.output_records);
    counters.Add(counter::kTaskGroup, counter::kMapOutputBytes, c.output_bytes);
    counters.Add(counter::kTaskGroup, counter::kCombineInputRecords, c.combine_input_records);
    counters.Add(counter::kTaskGroup, counter::kCombineOutputRecords, c.combine_output_records);
    counters.Add(counter::kTaskGroup, counter::kSpilledRecords, c.spilled_records);
    counters.Add(counter::kTuskGroup, counter::kSpilledBytes, c.spilled_bytes);
    counters.Add(counter::kFileSystemGroup, counter::kFileBytesWritten, c.spilled_bytes);
    int64_t stored = 0;
    for (const SegmentIndex& segment : index) stored += segment.length;
    counters.Add(counter::kTuskGroup, counter::kShuffleBytesWritten, stored);
  }

  const RunnerShuffleService* const service_;
  const ShuffleAttempt attempt_;
  const ShuffleId shuffle_;
  const std::string name_;
  const std::unique_ptr<MemoryShare> share_;
  ShuffleWriter writer_;
  uint64_t added_ = 0;
};

class RunnerShuffleService::Source final : public ShuffleSource {
 public:
  Source(ShuffleAttempt attempt, std::unique_ptr<MemoryShare> share,
         std::unique_ptr<RecordSource> records)
      : attempt_(std::move(attempt)), share_(std::move(share)), records_(std::move(records)) {}

  StatusOr<bool> Next(std::string_view* key, std::string_view* value) override {
    if ((++taken_ & 4095) == 0) RETURN_IF_ERROR(attempt_.check());
    if (!records_->Next()) {
      RETURN_IF_ERROR(records_->status());
      return false;
    }
    *key = records_->record().key;
    *value = records_->record().value;
    return true;
  }

 private:
  const ShuffleAttempt attempt_;
  const std::unique_ptr<MemoryShare> share_;  // of fetched segments; returned after the records go
  const std::unique_ptr<RecordSource> records_;
  uint64_t taken_ = 0;
};

RunnerShuffleService::RunnerShuffleService(ShuffleServiceOptions options, MemoryLedger* ledger,
                                           SegmentFetcher* fetcher, MapOutputStore* store)
    : options_(std::move(options)), ledger_(ledger), fetcher_(fetcher), store_(store) {
  CHECK((store_ != nullptr) == (options_.mode == JobMode::kMemory));
}

std::string RunnerShuffleService::ShuffleDirectory(ShuffleId shuffle) const {
  return "shuffle-" + std::to_string(shuffle.value());
}

std::string RunnerShuffleService::FileOf(const std::string& path) const {
  if (path.rfind(options_.path_prefix, 0) != 0) return {};
  return options_.local_directory + "/" + path.substr(options_.path_prefix.size());
}

StatusOr<std::unique_ptr<ShuffleSink>> RunnerShuffleService::OpenWriter(
    const ShuffleAttempt& attempt, ShuffleId shuffle, int map_index, int partitions,
    ShuffleOrder order, const ShuffleWriteOptions& options) {
  const std::string folder = ShuffleDirectory(shuffle);
  RETURN_IF_ERROR(MakeDirectory(options_.local_directory + "/" + folder));
  auto share = std::make_unique<MemoryShare>(ledger_);
  ShuffleWriterOptions writer;
  writer.directory = options_.local_directory;
  // The serial number makes the name one attempt's own.
  writer.name =
      folder + "/map-" + std::to_string(map_index) + "-" + std::to_string(attempt.id.serial);
  writer.partitions = partitions;
  // In memory mode the ledger is the bound, asked as the buffer grows.
  writer.buffer_bytes = options_.mode == JobMode::kMemory
                            ? ledger_->budget()
                            : ReserveBuffer(share.get(), options_.sort_buffer_bytes);
  writer.merge_factor = options_.merge_factor;
  writer.codec = options_.codec;
  writer.sorted = order == ShuffleOrder::kByKey || options.combiner != nullptr;
  writer.order = options.order;
  writer.combiner = options.combiner;
  const std::string name = writer.name;
  return std::unique_ptr<ShuffleSink>(
      std::make_unique<Sink>(this, attempt, shuffle, name, std::move(writer), std::move(share)));
}

StatusOr<std::unique_ptr<ShuffleSource>> RunnerShuffleService::OpenReader(
    const ShuffleAttempt& attempt, const ShuffleInput& input, const ShuffleReadOptions& options,
    std::function<void(const FetchFailure&)> failed) {
  auto share = std::make_unique<MemoryShare>(ledger_);
  std::vector<std::unique_ptr<RecordSource>> sources;
  for (const ShuffleSegment& segment : input.segments) {
    RETURN_IF_ERROR(attempt.check());
    auto bytes = OpenSegment(attempt, segment, share.get());
    if (!bytes.ok()) {
      failed({.shuffle = input.shuffle,
              .map_index = segment.map_index,
              .server = segment.server,
              .path = segment.path,
              .server_unreachable = bytes.status().code() == Code::kUnavailable,
              .message = bytes.status().message()});
      return AbortedError("map output " + std::to_string(segment.map_index) + " of shuffle " +
                          std::to_string(input.shuffle.value()) +
                          " cannot be had: " + bytes.status().message());
    }
    attempt.counters->Add(counter::kTaskGroup, counter::kReduceShuffleBytes, segment.length);
    // An output whose bytes do not check is made again, too: every other reader would meet them.
    sources.push_back(DecodeSegment(std::move(bytes).value(),
                                    [failed, shuffle = input.shuffle, segment](const Status& why) {
                                      failed({.shuffle = shuffle,
                                              .map_index = segment.map_index,
                                              .server = segment.server,
                                              .path = segment.path,
                                              .message = why.message()});
                                    }));
  }
  std::unique_ptr<RecordSource> records;
  if (input.order == ShuffleOrder::kByKey) {
    records = MergeSources(std::move(sources), KeyComparison(options.order));
  } else {
    records = ConcatenateSources(std::move(sources));
  }
  return std::unique_ptr<ShuffleSource>(
      std::make_unique<Source>(attempt, std::move(share), std::move(records)));
}

StatusOr<std::unique_ptr<SegmentBytes>> RunnerShuffleService::OpenSegment(
    const ShuffleAttempt& attempt, const ShuffleSegment& segment, MemoryShare* share) const {
  const bool mine = segment.server == options_.server;
  if (mine) {
    attempt.counters->Add(counter::kTuskGroup, counter::kShuffleLocalBytes, segment.length);
  }
  if (mine && store_ != nullptr) {
    ASSIGN_OR_RETURN(MapOutputStore::Stored stored, store_->Find(segment.path));
    if (segment.offset < 0 || segment.offset + segment.length > stored.length) {
      return DataLossError(segment.path + " is shorter than its index says");
    }
    if (stored.bytes != nullptr) {
      return SegmentInMemory(std::move(stored.bytes), segment.offset, segment.length);
    }
    return SegmentInFile(stored.file, segment.offset, segment.length);
  }
  if (mine) {
    const std::string file = FileOf(segment.path);
    if (file.empty()) return NotFoundError(segment.path + " is no map output of this application");
    return SegmentInFile(file, segment.offset, segment.length);
  }
  return FetchSegment(attempt, segment, share);
}

StatusOr<std::unique_ptr<SegmentBytes>> RunnerShuffleService::FetchSegment(
    const ShuffleAttempt& attempt, const ShuffleSegment& segment, MemoryShare* share) const {
  attempt.counters->Add(counter::kTuskGroup, counter::kShuffleRemoteBytes, segment.length);
  if (share->Grow(segment.length)) {
    auto bytes = std::make_shared<std::string>();
    bytes->reserve(static_cast<size_t>(segment.length));
    RETURN_IF_ERROR(fetcher_->Fetch(segment, [&bytes](std::string_view piece) {
      bytes->append(piece);
      return Status::Ok();
    }));
    return SegmentInMemory(std::move(bytes), 0, segment.length);
  }
  const std::string file = attempt.scratch_directory + "/fetched-" +
                           std::to_string(segment.map_index) + "-" +
                           std::to_string(attempt.id.serial);
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return ErrnoError("create " + file, errno);
  const Status fetched = fetcher_->Fetch(segment, [fd, &file](std::string_view piece) -> Status {
    while (!piece.empty()) {
      const ssize_t n = ::write(fd, piece.data(), piece.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return ErrnoError("write " + file, errno);
      piece.remove_prefix(static_cast<size_t>(n));
    }
    return Status::Ok();
  });
  ::close(fd);
  if (!fetched.ok()) {
    ::unlink(file.c_str());
    return fetched;
  }
  attempt.counters->Add(counter::kTuskGroup, counter::kSpilledBytes, segment.length);
  ASSIGN_OR_RETURN(std::unique_ptr<SegmentBytes> bytes, SegmentInFile(file, 0, segment.length));
  return std::unique_ptr<SegmentBytes>(std::make_unique<FetchedFile>(file, std::move(bytes)));
}

void RunnerShuffleService::Drop(ShuffleId shuffle) {
  if (store_ != nullptr) store_->Drop(shuffle);
  std::error_code error;
  std::filesystem::remove_all(options_.local_directory + "/" + ShuffleDirectory(shuffle), error);
  if (error) LOG_WARN("shuffle files stay behind shuffle={} {}", shuffle, error.message());
}

void RunnerShuffleService::DropOutput(ShuffleId /*shuffle*/, const std::string& path) {
  if (store_ != nullptr) {
    store_->DropOutput(path);
    return;
  }
  const std::string file = FileOf(path);
  if (file.empty()) return;
  ::unlink(file.c_str());
  ::unlink((file + ".index").c_str());
}

}  // namespace tusk::mapreduce
