// Compression formats: gzip, zlib ("deflate"), bzip2, lz4, snappy, zstd.
//
// Files of Hadoop's lz4 and snappy codecs are block streams of their own (length, then pieces of
// length and raw block, big-endian); they are what CompressionFormat::kLz4 and kSnappy mean here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace tusk {

enum class CompressionFormat : uint8_t { kNone, kGzip, kZlib, kBzip2, kLz4, kSnappy, kZstd };

// By Hadoop's file extensions: .gz .deflate .bz2 .lz4 .snappy .zst; kNone for all others.
CompressionFormat FormatOfFileName(std::string_view name);
// By the first bytes (gzip, bzip2, zstd have magic numbers); kNone when they say nothing.
CompressionFormat FormatOfMagic(std::string_view first_bytes);
std::string_view FormatName(CompressionFormat format);
// "gzip", "zlib" or "deflate", "bzip2", "lz4", "snappy", "zstd", "none", and Hadoop's codec class
// names (org.apache.hadoop.io.compress.GzipCodec, ...).
StatusOr<CompressionFormat> ParseFormat(std::string_view name);
// ".gz", ...; "" for kNone.
std::string_view FormatExtension(CompressionFormat format);

// Decompresses a stream piece by piece. Concatenated members (gzip, bzip2, zstd) are one stream.
//
// Threads: not thread-safe. Memory: feed pieces of some KB; a hostile one yields 1000 times as
// much.
class Decompressor {
 public:
  virtual ~Decompressor() = default;

  // Takes all of `input` and appends what it yields. kDataLoss on bytes that are not of the format.
  virtual Status Feed(std::string_view input, std::string* out) = 0;
  // After the last piece: kDataLoss when the stream ends in the middle.
  virtual Status Finish() = 0;
};

// Compresses a stream piece by piece.
class Compressor {
 public:
  virtual ~Compressor() = default;

  virtual Status Feed(std::string_view input, std::string* out) = 0;
  // Appends what is still held; the stream is complete.
  virtual Status Finish(std::string* out) = 0;
};

// `level`: the format's own default when 0.
StatusOr<std::unique_ptr<Compressor>> NewCompressor(CompressionFormat format, int level = 0);
StatusOr<std::unique_ptr<Decompressor>> NewDecompressor(CompressionFormat format);

// Whole buffers, by the same code.
StatusOr<std::string> Compress(CompressionFormat format, std::string_view input, int level = 0);
// kResourceExhausted beyond `max_size` bytes of output.
StatusOr<std::string> Decompress(CompressionFormat format, std::string_view input,
                                 size_t max_size = size_t{1} << 30);

// One raw block without a frame, for spills and packets: the reader knows both lengths.
std::string Lz4CompressBlock(std::string_view input);
StatusOr<std::string> Lz4DecompressBlock(std::string_view input, size_t output_size);

}  // namespace tusk
