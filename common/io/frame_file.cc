#include "common/io/frame_file.h"

#include <algorithm>
#include <cstring>

#include "common/base/bytes.h"
#include "common/io/checksum.h"

namespace tusk {

namespace {

constexpr std::string_view kFileMagic = "TUSKFRM1";
constexpr std::string_view kFrameMagic = "TkFr";
constexpr size_t kReadSize = 1 << 20;

static_assert(kFrameHeaderSize == 4 + 4 + 4 + 3 * 8);

}  // namespace

void AppendFrameFileHeader(std::string* out) {
  out->append(kFileMagic);
}

void AppendFrame(const Frame& frame, std::string* out) {
  CHECK_LE(frame.payload.size(), kMaxFramePayload);
  out->append(kFrameMagic);
  const size_t crc_at = out->size();
  out->append(4, '\0');
  AppendBigEndian<uint32_t>(out, static_cast<uint32_t>(frame.payload.size()));
  AppendBigEndian<uint64_t>(out, frame.number);
  AppendBigEndian<uint64_t>(out, frame.epoch);
  AppendBigEndian<uint64_t>(out, frame.synced_number);
  out->append(frame.payload);
  StoreBigEndian(out->data() + crc_at, Crc32c(std::string_view(*out).substr(crc_at + 4)));
}

StatusOr<std::unique_ptr<FrameWriter>> FrameWriter::Create(Env* env, const std::string& path) {
  ASSIGN_OR_RETURN(auto file, env->Open(path, OpenMode::kCreateNew));
  std::string header;
  AppendFrameFileHeader(&header);
  RETURN_IF_ERROR(file->Append(header));
  const auto size = static_cast<int64_t>(header.size());
  return std::unique_ptr<FrameWriter>(new FrameWriter(std::move(file), size));
}

StatusOr<std::unique_ptr<FrameWriter>> FrameWriter::Reopen(Env* env, const std::string& path,
                                                           int64_t valid_size) {
  ASSIGN_OR_RETURN(auto file, env->Open(path, OpenMode::kReadWrite));
  RETURN_IF_ERROR(file->Truncate(valid_size));
  auto writer = std::unique_ptr<FrameWriter>(new FrameWriter(std::move(file), valid_size));
  if (valid_size == 0) {  // not even the header had been written
    std::string header;
    AppendFrameFileHeader(&header);
    RETURN_IF_ERROR(writer->Append(header));
  }
  RETURN_IF_ERROR(writer->Sync());
  return writer;
}

Status FrameWriter::Append(std::string_view frames) {
  RETURN_IF_ERROR(failed_);
  failed_ = file_->Append(frames);
  if (failed_.ok()) size_ += static_cast<int64_t>(frames.size());
  return failed_;
}

Status FrameWriter::Sync() {
  RETURN_IF_ERROR(failed_);
  failed_ = file_->Sync();
  return failed_;
}

Status FrameWriter::Close() {
  RETURN_IF_ERROR(failed_);
  return file_->Close();
}

StatusOr<std::unique_ptr<FrameReader>> FrameReader::Open(Env* env, const std::string& path,
                                                         uint64_t after_number) {
  ASSIGN_OR_RETURN(auto file, env->Open(path, OpenMode::kRead));
  ASSIGN_OR_RETURN(const int64_t size, file->Size());
  return std::unique_ptr<FrameReader>(new FrameReader(std::move(file), size, after_number));
}

// Makes at least `bytes` bytes from valid_size_ on (or all up to the end) stand in the buffer.
Status FrameReader::FillTo(size_t bytes) {
  const auto used = static_cast<size_t>(valid_size_ - buffer_start_);
  if (buffer_.size() - used >= bytes) return Status::Ok();
  buffer_.erase(0, used);
  buffer_start_ = valid_size_;
  const int64_t from = buffer_start_ + static_cast<int64_t>(buffer_.size());
  const size_t wanted = std::max(bytes - buffer_.size(), kReadSize);
  const size_t size =
      std::min(wanted, static_cast<size_t>(std::max<int64_t>(file_size_ - from, 0)));
  const size_t old_size = buffer_.size();
  buffer_.resize(old_size + size);
  ASSIGN_OR_RETURN(const size_t got, file_->ReadAt(from, buffer_.data() + old_size, size));
  buffer_.resize(old_size + got);
  return Status::Ok();
}

// Whether a whole, sound frame stands at buffer position `at`.
bool FrameReader::ParseAt(size_t at, Frame* frame, size_t* end) const {
  const std::string_view bytes = std::string_view(buffer_).substr(at);
  if (bytes.size() < kFrameHeaderSize || !bytes.starts_with(kFrameMagic)) return false;
  const auto length = LoadBigEndian<uint32_t>(bytes.data() + 8);
  if (length > kMaxFramePayload || bytes.size() - kFrameHeaderSize < length) return false;
  const size_t size = kFrameHeaderSize + length;
  if (LoadBigEndian<uint32_t>(bytes.data() + 4) != Crc32c(bytes.substr(8, size - 8))) return false;
  frame->number = LoadBigEndian<uint64_t>(bytes.data() + 12);
  frame->epoch = LoadBigEndian<uint64_t>(bytes.data() + 20);
  frame->synced_number = LoadBigEndian<uint64_t>(bytes.data() + 28);
  frame->payload = bytes.substr(kFrameHeaderSize, length);
  *end = at + size;
  return true;
}

// False when the file's very first write was torn: nothing, or zeros that no data followed.
StatusOr<bool> FrameReader::ReadFileHeader() {
  RETURN_IF_ERROR(FillTo(kFileMagic.size()));
  if (std::string_view(buffer_).starts_with(kFileMagic)) {
    header_seen_ = true;
    valid_size_ = static_cast<int64_t>(kFileMagic.size());
    return true;
  }
  // What a power loss leaves of it: its first bytes, or none, and zeros.
  const std::string_view found = std::string_view(buffer_).substr(0, kFileMagic.size());
  const size_t differs = static_cast<size_t>(
      std::mismatch(found.begin(), found.end(), kFileMagic.begin()).first - found.begin());
  if (found.find_first_not_of('\0', differs) != std::string_view::npos) {
    return DataLossError(file_->path() + " is not a file of frames, or of another version");
  }
  RETURN_IF_ERROR(SearchForHole());
  torn_bytes_ = file_size_;
  return false;
}

StatusOr<bool> FrameReader::Next(Frame* frame) {
  if (torn_bytes_ > 0 || blank_bytes_ > 0) return false;
  if (!header_seen_) {
    ASSIGN_OR_RETURN(const bool has_header, ReadFileHeader());
    if (!has_header) return false;
  }
  if (valid_size_ >= file_size_) return false;

  RETURN_IF_ERROR(FillTo(kFrameHeaderSize));
  auto at = static_cast<size_t>(valid_size_ - buffer_start_);
  if (buffer_.size() - at >= kFrameHeaderSize) {
    const auto length = LoadBigEndian<uint32_t>(buffer_.data() + at + 8);
    if (length <= kMaxFramePayload) {
      RETURN_IF_ERROR(FillTo(kFrameHeaderSize + length));
      at = static_cast<size_t>(valid_size_ - buffer_start_);
    }
  }
  size_t end = 0;
  if (ParseAt(at, frame, &end)) {
    if (frame->number <= last_number_) {
      return DataLossError(file_->path() + ": frame " + std::to_string(frame->number) +
                           " stands after frame " + std::to_string(last_number_));
    }
    last_number_ = frame->number;
    valid_size_ = buffer_start_ + static_cast<int64_t>(end);
    return true;
  }
  ASSIGN_OR_RETURN(const bool blank, OnlyZerosAreLeft());
  if (blank) {
    blank_bytes_ = file_size_ - valid_size_;
    return false;
  }
  RETURN_IF_ERROR(SearchForHole());
  torn_bytes_ = file_size_ - valid_size_;
  return false;
}

StatusOr<bool> FrameReader::OnlyZerosAreLeft() {
  RETURN_IF_ERROR(FillTo(static_cast<size_t>(file_size_ - valid_size_)));
  const auto at = static_cast<size_t>(valid_size_ - buffer_start_);
  return buffer_.find_first_not_of('\0', at) == std::string::npos;
}

// The frame at valid_size_ is unreadable: looks for a later one that says it had been synced.
Status FrameReader::SearchForHole() {
  RETURN_IF_ERROR(FillTo(static_cast<size_t>(file_size_ - valid_size_)));
  auto at = static_cast<size_t>(valid_size_ - buffer_start_) + 1;
  while ((at = buffer_.find(kFrameMagic, at)) != std::string::npos) {
    Frame later;
    size_t end = 0;
    if (!ParseAt(at, &later, &end)) {
      ++at;
      continue;
    }
    if (later.number > last_number_ && later.synced_number > last_number_) {
      return DataLossError(file_->path() + ": the frame at byte " + std::to_string(valid_size_) +
                           " (after number " + std::to_string(last_number_) +
                           ") is damaged, but number " + std::to_string(later.synced_number) +
                           " was synced before frame " + std::to_string(later.number) +
                           " was written: acknowledged edits are missing");
    }
    at = end;
  }
  return Status::Ok();
}

}  // namespace tusk
