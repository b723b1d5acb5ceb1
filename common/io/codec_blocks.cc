// Hadoop's block streams of lz4 and snappy: uncompressed length, then pieces of compressed length
// and raw block until that length is reached; all lengths big-endian.
#include <lz4.h>
#include <snappy.h>

#include <algorithm>

#include "common/base/bytes.h"
#include "common/io/codec_streams.h"

namespace tusk {

namespace {

constexpr size_t kBlockSize = 256 << 10;  // io.compression.codec.*.buffersize
constexpr uint32_t kMaxBlockSize = 64u << 20;

class BlockCompressor final : public Compressor {
 public:
  explicit BlockCompressor(CompressionFormat format) : format_(format) {}

  Status Feed(std::string_view input, std::string* out) override {
    while (!input.empty()) {
      const size_t take = std::min(input.size(), kBlockSize - held_.size());
      held_.append(input.substr(0, take));
      input.remove_prefix(take);
      if (held_.size() == kBlockSize) WriteBlock(out);
    }
    return Status::Ok();
  }
  Status Finish(std::string* out) override {
    if (!held_.empty()) WriteBlock(out);
    return Status::Ok();
  }

 private:
  void WriteBlock(std::string* out) {
    std::string block;
    if (format_ == CompressionFormat::kLz4) {
      block = Lz4CompressBlock(held_);
    } else {
      snappy::Compress(held_.data(), held_.size(), &block);
    }
    AppendBigEndian<uint32_t>(out, static_cast<uint32_t>(held_.size()));
    AppendBigEndian<uint32_t>(out, static_cast<uint32_t>(block.size()));
    out->append(block);
    held_.clear();
  }

  const CompressionFormat format_;
  std::string held_;
};

class BlockDecompressor final : public Decompressor {
 public:
  explicit BlockDecompressor(CompressionFormat format) : format_(format) {}

  Status Feed(std::string_view input, std::string* out) override {
    held_.append(input);
    size_t at = 0;
    while (true) {
      ASSIGN_OR_RETURN(const size_t taken, Step(std::string_view(held_).substr(at), out));
      if (taken == 0) break;
      at += taken;
    }
    held_.erase(0, at);
    return Status::Ok();
  }

  Status Finish() override {
    if (held_.empty() && left_ == 0) return Status::Ok();
    return DataLossError(std::string(FormatName(format_)) + " data ends in the middle");
  }

 private:
  Status Damaged() const {
    return DataLossError("not " + std::string(FormatName(format_)) +
                         " data as Hadoop writes it, or damaged");
  }

  // Takes one length or one piece; 0 when more bytes are needed.
  StatusOr<size_t> Step(std::string_view bytes, std::string* out) {
    if (bytes.size() < 4) return size_t{0};
    const auto length = LoadBigEndian<uint32_t>(bytes.data());
    if (length > kMaxBlockSize) return Damaged();
    if (left_ == 0) {
      left_ = length;
      return size_t{4};
    }
    if (bytes.size() - 4 < length) return size_t{0};
    ASSIGN_OR_RETURN(const size_t got, Expand(bytes.substr(4, length), out));
    if (got == 0 || got > left_) return Damaged();
    left_ -= got;
    return size_t{4} + length;
  }

  StatusOr<size_t> Expand(std::string_view block, std::string* out) {
    const size_t start = out->size();
    if (format_ == CompressionFormat::kLz4) {
      out->resize(start + left_);
      const int got = LZ4_decompress_safe(block.data(), out->data() + start,
                                          static_cast<int>(block.size()), static_cast<int>(left_));
      if (got < 0) return Damaged();
      out->resize(start + static_cast<size_t>(got));
      return static_cast<size_t>(got);
    }
    size_t size = 0;
    if (!snappy::GetUncompressedLength(block.data(), block.size(), &size) || size > left_) {
      return Damaged();
    }
    out->resize(start + size);
    if (!snappy::RawUncompress(block.data(), block.size(), out->data() + start)) return Damaged();
    return size;
  }

  const CompressionFormat format_;
  std::string held_;
  size_t left_ = 0;  // of the current block, uncompressed
};

}  // namespace

StatusOr<std::unique_ptr<Compressor>> NewBlockCompressor(CompressionFormat format) {
  return std::unique_ptr<Compressor>(std::make_unique<BlockCompressor>(format));
}

StatusOr<std::unique_ptr<Decompressor>> NewBlockDecompressor(CompressionFormat format) {
  return std::unique_ptr<Decompressor>(std::make_unique<BlockDecompressor>(format));
}

}  // namespace tusk
