#include "mapreduce/engine/shuffle/spill_file.h"

#include <errno.h>
#include <fcntl.h>
#include <lz4.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/bytes.h"
#include "common/io/checksum.h"

namespace tusk::mapreduce {
namespace {

constexpr size_t kFrameBytes = 128 << 10;
constexpr size_t kWriteBytes = 1 << 20;
constexpr size_t kFrameHeaderBytes = 13;
constexpr size_t kIndexEntryBytes = 32;
// A record may be large; a frame size beyond this is taken for damage.
constexpr uint32_t kMaxFrameBytes = 1u << 30;

template <typename T>
void AppendLittleEndian(std::string* out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

template <typename T>
T LoadLittleEndian(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("write " + path, errno);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return Status::Ok();
}

class MemoryBytes final : public SegmentBytes {
 public:
  MemoryBytes(std::shared_ptr<const std::string> bytes, size_t offset, size_t length)
      : bytes_(std::move(bytes)), at_(offset), end_(offset + length) {}

  StatusOr<size_t> Read(char* to, size_t size) override {
    const size_t count = std::min(size, end_ - at_);
    std::memcpy(to, bytes_->data() + at_, count);
    at_ += count;
    return count;
  }
  std::string_view View(size_t size) override {
    if (size > end_ - at_) return {};
    at_ += size;
    return std::string_view(*bytes_).substr(at_ - size, size);
  }

 private:
  const std::shared_ptr<const std::string> bytes_;
  size_t at_;
  const size_t end_;
};

class FileBytes final : public SegmentBytes {
 public:
  FileBytes(std::string path, int fd, int64_t offset, int64_t length)
      : path_(std::move(path)), fd_(fd), offset_(offset), left_(length) {}
  ~FileBytes() override { ::close(fd_); }

  StatusOr<size_t> Read(char* to, size_t size) override {
    const size_t want = std::min<size_t>(size, static_cast<size_t>(left_));
    if (want == 0) return size_t{0};
    ssize_t n = 0;
    do {
      n = ::pread(fd_, to, want, offset_);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return ErrnoError("read " + path_, errno);
    if (n == 0) return DataLossError(path_ + " ends before its segment does");
    offset_ += n;
    left_ -= n;
    return static_cast<size_t>(n);
  }

 private:
  const std::string path_;
  const int fd_;
  int64_t offset_;
  int64_t left_;
};

class SegmentSource final : public RecordSource {
 public:
  SegmentSource(std::unique_ptr<SegmentBytes> bytes, std::function<void(const Status&)> damaged)
      : bytes_(std::move(bytes)), damaged_(std::move(damaged)) {}

  bool Next() override {
    while (rest_.empty()) {
      if (!status_.ok()) return false;
      const StatusOr<bool> more = ReadFrame();
      if (!more.ok()) return Fail(more.status());
      if (!*more) return false;
    }
    ByteReader reader(rest_);
    uint64_t key_size = 0;
    uint64_t value_size = 0;
    if (!reader.ReadVarint(&key_size) || !reader.ReadVarint(&value_size) ||
        !reader.ReadBytes(key_size, &record_.key) ||
        !reader.ReadBytes(value_size, &record_.value)) {
      rest_ = {};
      return Fail(DataLossError("a record of a shuffle segment crosses its frame"));
    }
    rest_ = reader.rest();
    return true;
  }
  const Record& record() const override { return record_; }
  Status status() const override { return status_; }

 private:
  bool Fail(Status why) {
    status_ = std::move(why);
    if (damaged_) damaged_(status_);
    return false;
  }

  // Fills `size` bytes; false when the segment ends before the first.
  StatusOr<bool> ReadFully(char* to, size_t size) {
    size_t have = 0;
    while (have < size) {
      ASSIGN_OR_RETURN(const size_t n, bytes_->Read(to + have, size - have));
      if (n == 0 && have == 0) return false;
      if (n == 0) return DataLossError("a shuffle segment ends within a frame");
      have += n;
    }
    return true;
  }

  StatusOr<bool> ReadFrame() {
    char header[kFrameHeaderBytes];
    ASSIGN_OR_RETURN(const bool more, ReadFully(header, sizeof(header)));
    if (!more) return false;
    const auto raw_size = LoadLittleEndian<uint32_t>(header);
    const auto stored_size = LoadLittleEndian<uint32_t>(header + 4);
    const auto crc = LoadLittleEndian<uint32_t>(header + 8);
    const auto codec = static_cast<SpillCodec>(header[12]);
    if (raw_size > kMaxFrameBytes || stored_size > kMaxFrameBytes || raw_size == 0) {
      return DataLossError("a frame of a shuffle segment has an impossible size");
    }
    std::string_view stored = bytes_->View(stored_size);
    if (stored.empty()) {
      stored_.resize(stored_size);
      ASSIGN_OR_RETURN(const bool body, ReadFully(stored_.data(), stored_size));
      if (body) stored = stored_;
    }
    if (stored.empty() || Crc32c(stored) != crc) {
      return DataLossError("a frame of a shuffle segment does not match its checksum");
    }
    if (codec == SpillCodec::kNone && raw_size == stored_size) {
      rest_ = stored;
      return true;
    }
    raw_.resize(raw_size);
    if (codec != SpillCodec::kLz4 ||
        ::LZ4_decompress_safe(stored.data(), raw_.data(), static_cast<int>(stored_size),
                              static_cast<int>(raw_size)) != static_cast<int>(raw_size)) {
      return DataLossError("a frame of a shuffle segment does not decompress");
    }
    rest_ = raw_;
    return true;
  }

  const std::unique_ptr<SegmentBytes> bytes_;
  const std::function<void(const Status&)> damaged_;
  std::string stored_;
  std::string raw_;
  std::string_view rest_;
  Record record_;
  Status status_;
};

}  // namespace

SegmentEncoder::SegmentEncoder(SpillCodec codec, Output out)
    : codec_(codec), out_(std::move(out)) {}

Status SegmentEncoder::Add(std::string_view key, std::string_view value) {
  const size_t size = EncodedRecordSize(key, value);
  if (size >= kMaxFrameBytes) {
    return InvalidArgumentError("a record of " + std::to_string(size) +
                                " bytes is larger than a shuffle can carry (1 GiB)");
  }
  if (!raw_.empty() && raw_.size() + size > kFrameBytes) RETURN_IF_ERROR(Flush());
  AppendVarint(&raw_, key.size());
  AppendVarint(&raw_, value.size());
  raw_.append(key);
  raw_.append(value);
  ++figures_.records;
  return Status::Ok();
}

Status SegmentEncoder::Flush() {
  if (raw_.empty()) return Status::Ok();
  frame_.assign(kFrameHeaderBytes, '\0');
  SpillCodec used = SpillCodec::kNone;
  if (codec_ == SpillCodec::kLz4) {
    const int bound = ::LZ4_compressBound(static_cast<int>(raw_.size()));
    frame_.resize(kFrameHeaderBytes + static_cast<size_t>(bound));
    const int size = ::LZ4_compress_default(raw_.data(), frame_.data() + kFrameHeaderBytes,
                                            static_cast<int>(raw_.size()), bound);
    if (size > 0 && static_cast<size_t>(size) < raw_.size()) {
      used = SpillCodec::kLz4;
      frame_.resize(kFrameHeaderBytes + static_cast<size_t>(size));
    }
  }
  if (used == SpillCodec::kNone) {
    frame_.resize(kFrameHeaderBytes);
    frame_.append(raw_);
  }
  const std::string_view stored = std::string_view(frame_).substr(kFrameHeaderBytes);
  std::string header;
  AppendLittleEndian<uint32_t>(&header, static_cast<uint32_t>(raw_.size()));
  AppendLittleEndian<uint32_t>(&header, static_cast<uint32_t>(stored.size()));
  AppendLittleEndian<uint32_t>(&header, Crc32c(stored));
  header.push_back(static_cast<char>(used));
  std::copy(header.begin(), header.end(), frame_.begin());
  figures_.length += static_cast<int64_t>(frame_.size());
  figures_.raw_bytes += static_cast<int64_t>(raw_.size());
  raw_.clear();
  return out_(frame_);
}

StatusOr<SegmentIndex> SegmentEncoder::Finish() {
  RETURN_IF_ERROR(Flush());
  return figures_;
}

StatusOr<std::unique_ptr<SpillFileWriter>> SpillFileWriter::Create(const std::string& path,
                                                                   int partitions,
                                                                   SpillCodec codec) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return ErrnoError("create the spill file " + path, errno);
  return std::unique_ptr<SpillFileWriter>(new SpillFileWriter(path, fd, partitions, codec));
}

SpillFileWriter::SpillFileWriter(std::string path, int fd, int partitions, SpillCodec codec)
    : path_(std::move(path)), codec_(codec), fd_(fd), index_(static_cast<size_t>(partitions)) {}

SpillFileWriter::~SpillFileWriter() {
  if (fd_ >= 0) ::close(fd_);
  if (!finished_) {
    ::unlink(path_.c_str());
    ::unlink((path_ + ".index").c_str());
  }
}

Status SpillFileWriter::Add(int partition, std::string_view key, std::string_view value) {
  CHECK(partition >= current_ && static_cast<size_t>(partition) < index_.size()) << partition;
  if (partition != current_) RETURN_IF_ERROR(EndSegment());
  current_ = partition;
  if (segment_ == nullptr) {
    segment_ = std::make_unique<SegmentEncoder>(codec_, [this](std::string_view frame) {
      pending_.append(frame);
      if (pending_.size() < kWriteBytes) return Status::Ok();
      return Write(std::exchange(pending_, std::string()));
    });
  }
  return segment_->Add(key, value);
}

Status SpillFileWriter::EndSegment() {
  if (segment_ == nullptr) return Status::Ok();
  ASSIGN_OR_RETURN(SegmentIndex figures, segment_->Finish());
  segment_.reset();
  figures.offset = written_ + static_cast<int64_t>(pending_.size()) - figures.length;
  index_[static_cast<size_t>(current_)] = figures;
  return Status::Ok();
}

Status SpillFileWriter::Write(std::string_view bytes) {
  RETURN_IF_ERROR(WriteAll(fd_, bytes, path_));
  written_ += static_cast<int64_t>(bytes.size());
  return Status::Ok();
}

StatusOr<std::vector<SegmentIndex>> SpillFileWriter::Finish() {
  RETURN_IF_ERROR(EndSegment());
  RETURN_IF_ERROR(Write(std::exchange(pending_, std::string())));
  if (::close(std::exchange(fd_, -1)) != 0) return ErrnoError("close " + path_, errno);
  std::string index;
  for (const SegmentIndex& entry : index_) {
    for (const int64_t number : {entry.offset, entry.length, entry.records, entry.raw_bytes}) {
      AppendLittleEndian(&index, number);
    }
  }
  AppendLittleEndian<uint32_t>(&index, Crc32c(index));
  const std::string index_path = path_ + ".index";
  const int fd = ::open(index_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return ErrnoError("create " + index_path, errno);
  const Status written = WriteAll(fd, index, index_path);
  ::close(fd);
  RETURN_IF_ERROR(written);
  finished_ = true;
  return index_;
}

StatusOr<std::vector<SegmentIndex>> ReadSpillIndex(const std::string& path) {
  const std::string index_path = path + ".index";
  const int fd = ::open(index_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError("open " + index_path, errno);
  std::string bytes;
  char buffer[4096];
  ssize_t n = 0;
  while ((n = ::read(fd, buffer, sizeof(buffer))) > 0) bytes.append(buffer, static_cast<size_t>(n));
  const int error = errno;
  ::close(fd);
  if (n < 0) return ErrnoError("read " + index_path, error);
  if (bytes.size() < 4 || (bytes.size() - 4) % kIndexEntryBytes != 0) {
    return DataLossError(index_path + " has a size that no index has");
  }
  const std::string_view body = std::string_view(bytes).substr(0, bytes.size() - 4);
  if (Crc32c(body) != LoadLittleEndian<uint32_t>(bytes.data() + body.size())) {
    return DataLossError(index_path + " does not match its checksum");
  }
  std::vector<SegmentIndex> index(body.size() / kIndexEntryBytes);
  for (size_t i = 0; i < index.size(); ++i) {
    const char* at = body.data() + i * kIndexEntryBytes;
    index[i] = {LoadLittleEndian<int64_t>(at), LoadLittleEndian<int64_t>(at + 8),
                LoadLittleEndian<int64_t>(at + 16), LoadLittleEndian<int64_t>(at + 24)};
  }
  return index;
}

std::unique_ptr<SegmentBytes> SegmentInMemory(std::shared_ptr<const std::string> bytes,
                                              int64_t offset, int64_t length) {
  CHECK(offset >= 0 && length >= 0 && offset + length <= static_cast<int64_t>(bytes->size()));
  return std::make_unique<MemoryBytes>(std::move(bytes), static_cast<size_t>(offset),
                                       static_cast<size_t>(length));
}

StatusOr<std::unique_ptr<SegmentBytes>> SegmentInFile(const std::string& path, int64_t offset,
                                                      int64_t length) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError("open " + path, errno);
  return std::unique_ptr<SegmentBytes>(std::make_unique<FileBytes>(path, fd, offset, length));
}

std::unique_ptr<RecordSource> DecodeSegment(std::unique_ptr<SegmentBytes> bytes,
                                            std::function<void(const Status&)> damaged) {
  return std::make_unique<SegmentSource>(std::move(bytes), std::move(damaged));
}

}  // namespace tusk::mapreduce
