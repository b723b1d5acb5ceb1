// A file of numbered frames that knows its torn tail from a hole: the bytes under an edit log.
//
// On disk (big-endian):
//   file header  "TUSKFRM1"                                                            8 bytes
//   frame        magic "TkFr" | crc32c | payload length u32 | number u64 | epoch u64 |
//                synced number u64 | payload                                          36 + length
// The CRC covers everything after itself. `synced number` is the highest number known to be synced
// when the frame was written.
//
// Zeros may stand behind the last frame, up to the file's end: room that a writer made beforehand,
// so that a sync has no size and no blocks to record.
//
// Reading stops at the first unreadable frame. Unless nothing but zeros is left, it and all after
// it are a torn tail and are cut; but if a readable later frame says that the missing number was
// synced, it is a hole (kDataLoss), because acknowledged data is gone and nobody may go on as if it
// were not.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/io/env.h"

namespace tusk {

inline constexpr size_t kFrameFileHeaderSize = 8;
inline constexpr size_t kFrameHeaderSize = 36;
inline constexpr uint32_t kMaxFramePayload = 64u << 20;

struct Frame {
  uint64_t number = 0;         // a txid; each frame's is larger than the one before
  uint64_t epoch = 0;          // of the writer
  uint64_t synced_number = 0;  // known to be synced when this was written
  std::string_view payload;
};

void AppendFrameFileHeader(std::string* out);
void AppendFrame(const Frame& frame, std::string* out);

// Appends frames to a file.
//
// Threads: not thread-safe. Fails: after a failed Append or Sync the object refuses all further
// work: what is on disk is unknown, and a later success would hide a hole.
class FrameWriter {
 public:
  // A new file with its header; not yet synced, neither is its name.
  static StatusOr<std::unique_ptr<FrameWriter>> Create(Env* env, const std::string& path);
  // Goes on after `valid_size` bytes (FrameReader::valid_size), cutting what follows.
  static StatusOr<std::unique_ptr<FrameWriter>> Reopen(Env* env, const std::string& path,
                                                       int64_t valid_size);

  // Bytes made by AppendFrame, whole frames.
  Status Append(std::string_view frames);
  Status Sync();
  Status Close();
  int64_t size() const { return size_; }

 private:
  FrameWriter(std::unique_ptr<File> file, int64_t size) : file_(std::move(file)), size_(size) {}

  std::unique_ptr<File> file_;
  int64_t size_;
  Status failed_;
};

// Reads frames from the start.
//
//   while (true) { ASSIGN_OR_RETURN(bool more, reader->Next(&frame)); if (!more) break; ... }
// Threads: not thread-safe. A frame's payload is valid until the next call.
class FrameReader {
 public:
  // `after_number`: the number before the file's first (0 for the first file of all): what was
  // synced up to there is in other files and says nothing about this one.
  static StatusOr<std::unique_ptr<FrameReader>> Open(Env* env, const std::string& path,
                                                     uint64_t after_number = 0);

  // False at the end, at zeros up to the end or at a torn tail. kDataLoss at a hole.
  StatusOr<bool> Next(Frame* frame);

  // Bytes up to the end of the last good frame.
  int64_t valid_size() const { return valid_size_; }
  // Bytes of the torn tail; 0 when the file ends well. Known once Next returned false.
  int64_t torn_bytes() const { return torn_bytes_; }
  // Zeros behind the last frame of a file that ends well. Known likewise.
  int64_t blank_bytes() const { return blank_bytes_; }

 private:
  FrameReader(std::unique_ptr<File> file, int64_t file_size, uint64_t after_number)
      : file_(std::move(file)), file_size_(file_size), last_number_(after_number) {}

  StatusOr<bool> ReadFileHeader();

  Status FillTo(size_t bytes);
  bool ParseAt(size_t at, Frame* frame, size_t* end) const;
  Status SearchForHole();
  StatusOr<bool> OnlyZerosAreLeft();

  std::unique_ptr<File> file_;
  const int64_t file_size_;
  std::string buffer_;  // bytes of the file from buffer_start_ on
  int64_t buffer_start_ = 0;
  int64_t valid_size_ = 0;
  int64_t torn_bytes_ = 0;
  int64_t blank_bytes_ = 0;
  uint64_t last_number_;
  bool header_seen_ = false;
};

}  // namespace tusk
