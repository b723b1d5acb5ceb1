#include "mapreduce/formats/file_input.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace tusk::mapreduce {
namespace {

constexpr double kSplitSlop = 1.1;
constexpr size_t kCompressedPiece = 64 << 10;
constexpr size_t kFirstPieceBeyond = 4 << 10;

class SplitSource final : public ByteSource {
 public:
  SplitSource(std::shared_ptr<FileReader> file, int64_t split_end)
      : file_(std::move(file)), split_end_(split_end) {}

  StatusOr<size_t> Read(char* to, size_t size) override {
    const int64_t at = file_->position();
    if (at < split_end_) {
      return file_->Read(to, std::min(size, static_cast<size_t>(split_end_ - at)));
    }
    // By position: a stream would be opened to the end of the block and broken off.
    ASSIGN_OR_RETURN(const size_t got, file_->PRead(at, to, std::min(size, beyond_)));
    beyond_ *= 2;
    RETURN_IF_ERROR(file_->Seek(at + static_cast<int64_t>(got)));
    return got;
  }

 private:
  const std::shared_ptr<FileReader> file_;
  const int64_t split_end_;
  size_t beyond_ = kFirstPieceBeyond;
};

class DecompressedSource final : public ByteSource {
 public:
  DecompressedSource(std::shared_ptr<FileReader> file, std::unique_ptr<Decompressor> decompressor)
      : file_(std::move(file)), decompressor_(std::move(decompressor)) {}

  StatusOr<size_t> Read(char* to, size_t size) override {
    while (at_ == ready_.size() && !ended_) {
      ready_.clear();
      at_ = 0;
      piece_.resize(kCompressedPiece);
      ASSIGN_OR_RETURN(const size_t got, file_->Read(piece_.data(), piece_.size()));
      ended_ = got == 0;
      RETURN_IF_ERROR(ended_
                          ? decompressor_->Finish()
                          : decompressor_->Feed(std::string_view(piece_).substr(0, got), &ready_));
    }
    const size_t count = std::min(size, ready_.size() - at_);
    std::copy_n(ready_.data() + at_, count, to);
    at_ += count;
    return count;
  }

 private:
  const std::shared_ptr<FileReader> file_;
  const std::unique_ptr<Decompressor> decompressor_;
  std::string piece_;
  std::string ready_;
  size_t at_ = 0;
  bool ended_ = false;
};

bool IsHidden(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.empty() || name[0] == '_' || name[0] == '.';
}

StatusOr<int64_t> SizeOption(const JobOptions& options, std::string_view key, int64_t fallback) {
  const auto text = options.Get(key);
  if (!text.has_value()) return fallback;
  int64_t value = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size() || value < 0) {
    return InvalidArgumentError(std::string(key) + "=" + *text + " is not a number of bytes");
  }
  return value;
}

std::vector<std::string> HostsAt(const LocatedBlocks& located, int64_t offset) {
  std::vector<std::string> hosts;
  for (const LocatedBlock& block : located.blocks) {
    if (block.offset > offset || block.offset + block.block.block.num_bytes <= offset) continue;
    for (const DatanodeInfo& location : block.locations) hosts.push_back(location.id.ip_addr);
  }
  return hosts;
}

Status SplitOneFile(FileSystem& fs, const FileEntry& file, int64_t split_bytes, bool splittable,
                    std::vector<PartitionInput>* inputs) {
  const int64_t length = file.status.length;
  ASSIGN_OR_RETURN(const LocatedBlocks located, fs.GetBlockLocations(file.path, 0, length));
  int64_t offset = 0;
  while (offset < length || (offset == 0 && length == 0)) {
    const int64_t left = length - offset;
    const bool last =
        !splittable || static_cast<double>(left) <= kSplitSlop * static_cast<double>(split_bytes);
    const int64_t size = last ? left : split_bytes;
    const FileSplit split{file.path, offset, size, length};
    inputs->push_back({split.Encoded(), HostsAt(located, offset), size});
    offset += size;
    if (last) break;
  }
  return Status::Ok();
}

}  // namespace

std::string FileSplit::Encoded() const {
  Writer out;
  out.String(path);
  out.Raw(offset);
  out.Raw(length);
  out.Raw(file_length);
  return out.Take();
}

StatusOr<FileSplit> FileSplit::Decode(std::string_view bytes) {
  Reader in(bytes);
  FileSplit split;
  if (in.String(&split.path) && in.Raw(&split.offset) && in.Raw(&split.length) &&
      in.Raw(&split.file_length) && in.AtEnd()) {
    return split;
  }
  return InternalError("a split's description does not decode");
}

StatusOr<std::vector<FileEntry>> ListInput(FileSystem& fs, const std::vector<std::string>& paths) {
  std::vector<FileEntry> files;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const std::vector<FileEntry> matches, fs.Glob(path));
    if (matches.empty()) {
      const bool pattern = path.find_first_of("*?[{") != std::string::npos;
      const auto resolved = fs.Resolve(path);
      const std::string named = resolved.ok() ? fs.uri() + *resolved : path;
      return NotFoundError(pattern ? "Input Pattern " + named + " matches 0 files"
                                   : "Input path does not exist: " + named);
    }
    for (const FileEntry& match : matches) {
      if (!match.status.is_directory()) {
        files.push_back(match);
        continue;
      }
      ASSIGN_OR_RETURN(const std::vector<FileEntry> entries, fs.ListStatus(match.path));
      for (const FileEntry& entry : entries) {
        if (IsHidden(entry.path)) continue;
        if (entry.status.is_directory()) {
          return InvalidArgumentError("Path is not a file: " + entry.path);
        }
        files.push_back(entry);
      }
    }
  }
  return files;
}

StatusOr<std::vector<PartitionInput>> SplitFiles(FileSystem& fs, const JobOptions& options,
                                                 const std::vector<std::string>& paths,
                                                 int64_t record_bytes) {
  ASSIGN_OR_RETURN(const int64_t least,
                   SizeOption(options, "mapreduce.input.fileinputformat.split.minsize", 1));
  ASSIGN_OR_RETURN(const int64_t most,
                   SizeOption(options, "mapreduce.input.fileinputformat.split.maxsize",
                              std::numeric_limits<int64_t>::max()));
  ASSIGN_OR_RETURN(const std::vector<FileEntry> files, ListInput(fs, paths));
  std::vector<PartitionInput> inputs;
  for (const FileEntry& file : files) {
    if (file.status.length == 0) continue;
    if (file.status.length % record_bytes != 0) {
      return InvalidArgumentError(file.path + " has " + std::to_string(file.status.length) +
                                  " bytes, which is no multiple of the record length " +
                                  std::to_string(record_bytes));
    }
    const int64_t block = file.status.block_size > 0 ? file.status.block_size : 128LL << 20;
    int64_t split = std::max<int64_t>({least, 1, std::min(most, block)});
    split = std::max(record_bytes, split - split % record_bytes);
    const bool splittable = FormatOfFileName(file.path) == CompressionFormat::kNone;
    RETURN_IF_ERROR(SplitOneFile(fs, file, split, splittable, &inputs));
  }
  return inputs;
}

std::unique_ptr<ByteSource> MakeSplitSource(std::shared_ptr<FileReader> file, int64_t split_end) {
  return std::make_unique<SplitSource>(std::move(file), split_end);
}

StatusOr<SplitFile> SplitFile::Open(TaskContext& task, const FileSplit& split, int64_t offset) {
  SplitFile opened;
  ASSIGN_OR_RETURN(opened.file_, task.file_system().Open(split.path));
  const CompressionFormat format = FormatOfFileName(split.path);
  opened.compressed_ = format != CompressionFormat::kNone;
  if (opened.compressed_) {
    ASSIGN_OR_RETURN(auto decompressor, NewDecompressor(format));
    opened.source_ = std::make_unique<DecompressedSource>(opened.file_, std::move(decompressor));
    return opened;
  }
  RETURN_IF_ERROR(opened.file_->Seek(offset));
  opened.source_ = MakeSplitSource(opened.file_, split.offset + split.length);
  return opened;
}

void SplitFile::Count(TaskContext& task) const {
  if (file_ == nullptr) return;
  const ReadStatistics read = file_->statistics();
  Counters& counters = task.counters();
  const int64_t all = read.descriptor_bytes + read.local_bytes + read.remote_bytes;
  counters.Add(counter::kFileSystemGroup, counter::kHdfsBytesRead, all);
  counters.Add(counter::kTuskGroup, counter::kDescriptorBytesRead, read.descriptor_bytes);
  counters.Add(counter::kTuskGroup, counter::kLocalBytesRead, read.local_bytes);
  counters.Add(counter::kTuskGroup, counter::kRemoteBytesRead, read.remote_bytes);
  counters.Add(counter::kTuskGroup, counter::kInputTasks, 1);
  // A record that crosses into the next block may be read from elsewhere: a task counts as local
  // when all but its last record came through a descriptor.
  if (all > 0 && read.descriptor_bytes >= all - all / 50) {
    counters.Add(counter::kTuskGroup, counter::kDescriptorOnlyTasks, 1);
  }
}

}  // namespace tusk::mapreduce
