// Names of the formats, whole-buffer calls and the choice of the implementation.
#include "common/io/codec.h"

#include <lz4.h>

#include <algorithm>
#include <array>

#include "common/io/codec_streams.h"

namespace tusk {

namespace {

struct FormatInfo {
  CompressionFormat format;
  std::string_view name;
  std::string_view extension;
  std::string_view hadoop_class;
};
constexpr std::array<FormatInfo, 7> kFormats{{
    {CompressionFormat::kNone, "none", "", ""},
    {CompressionFormat::kGzip, "gzip", ".gz", "org.apache.hadoop.io.compress.GzipCodec"},
    {CompressionFormat::kZlib, "zlib", ".deflate", "org.apache.hadoop.io.compress.DefaultCodec"},
    {CompressionFormat::kBzip2, "bzip2", ".bz2", "org.apache.hadoop.io.compress.BZip2Codec"},
    {CompressionFormat::kLz4, "lz4", ".lz4", "org.apache.hadoop.io.compress.Lz4Codec"},
    {CompressionFormat::kSnappy, "snappy", ".snappy", "org.apache.hadoop.io.compress.SnappyCodec"},
    {CompressionFormat::kZstd, "zstd", ".zst", "org.apache.hadoop.io.compress.ZStandardCodec"},
}};

const FormatInfo& InfoOf(CompressionFormat format) {
  return kFormats[static_cast<size_t>(format)];
}

}  // namespace

CompressionFormat FormatOfFileName(std::string_view name) {
  for (const FormatInfo& info : kFormats) {
    if (!info.extension.empty() && name.ends_with(info.extension)) return info.format;
  }
  return CompressionFormat::kNone;
}

CompressionFormat FormatOfMagic(std::string_view first_bytes) {
  if (first_bytes.starts_with("\x1f\x8b")) return CompressionFormat::kGzip;
  if (first_bytes.starts_with("BZh")) return CompressionFormat::kBzip2;
  if (first_bytes.starts_with("\x28\xb5\x2f\xfd")) return CompressionFormat::kZstd;
  return CompressionFormat::kNone;
}

std::string_view FormatName(CompressionFormat format) {
  return InfoOf(format).name;
}

std::string_view FormatExtension(CompressionFormat format) {
  return InfoOf(format).extension;
}

StatusOr<CompressionFormat> ParseFormat(std::string_view name) {
  for (const FormatInfo& info : kFormats) {
    if (name == info.name || (!name.empty() && name == info.hadoop_class)) return info.format;
  }
  if (name == "deflate" || name == "org.apache.hadoop.io.compress.DeflateCodec") {
    return CompressionFormat::kZlib;
  }
  return InvalidArgumentError("codec \"" + std::string(name) +
                              "\" is not known: expected gzip, deflate, bzip2, lz4, snappy, zstd "
                              "or Hadoop's class of one of them");
}

StatusOr<std::unique_ptr<Compressor>> NewCompressor(CompressionFormat format, int level) {
  switch (format) {
    case CompressionFormat::kGzip:
    case CompressionFormat::kZlib:
      return NewZlibCompressor(format == CompressionFormat::kGzip, level);
    case CompressionFormat::kBzip2:
      return NewBzip2Compressor(level);
    case CompressionFormat::kZstd:
      return NewZstdCompressor(level);
    case CompressionFormat::kLz4:
    case CompressionFormat::kSnappy:
      return NewBlockCompressor(format);
    case CompressionFormat::kNone:
      break;
  }
  return InvalidArgumentError("\"none\" compresses nothing");
}

StatusOr<std::unique_ptr<Decompressor>> NewDecompressor(CompressionFormat format) {
  switch (format) {
    case CompressionFormat::kGzip:
    case CompressionFormat::kZlib:
      return NewZlibDecompressor(format == CompressionFormat::kGzip);
    case CompressionFormat::kBzip2:
      return NewBzip2Decompressor();
    case CompressionFormat::kZstd:
      return NewZstdDecompressor();
    case CompressionFormat::kLz4:
    case CompressionFormat::kSnappy:
      return NewBlockDecompressor(format);
    case CompressionFormat::kNone:
      break;
  }
  return InvalidArgumentError("\"none\" decompresses nothing");
}

StatusOr<std::string> Compress(CompressionFormat format, std::string_view input, int level) {
  ASSIGN_OR_RETURN(const auto compressor, NewCompressor(format, level));
  std::string out;
  RETURN_IF_ERROR(compressor->Feed(input, &out));
  RETURN_IF_ERROR(compressor->Finish(&out));
  return out;
}

StatusOr<std::string> Decompress(CompressionFormat format, std::string_view input,
                                 size_t max_size) {
  constexpr size_t kPiece = 4 << 10;  // small: a hostile input yields a thousand times as much
  ASSIGN_OR_RETURN(const auto decompressor, NewDecompressor(format));
  std::string out;
  for (size_t at = 0; at < input.size(); at += kPiece) {
    RETURN_IF_ERROR(decompressor->Feed(input.substr(at, kPiece), &out));
    if (out.size() > max_size) {
      return ResourceExhaustedError("decompressed data is larger than " + std::to_string(max_size) +
                                    " bytes");
    }
  }
  RETURN_IF_ERROR(decompressor->Finish());
  return out;
}

std::string Lz4CompressBlock(std::string_view input) {
  CHECK_LE(input.size(), size_t{LZ4_MAX_INPUT_SIZE});
  const int size = static_cast<int>(input.size());
  std::string out(static_cast<size_t>(LZ4_compressBound(size)), '\0');
  const int written =
      LZ4_compress_default(input.data(), out.data(), size, static_cast<int>(out.size()));
  CHECK_GT(written, 0);
  out.resize(static_cast<size_t>(written));
  return out;
}

StatusOr<std::string> Lz4DecompressBlock(std::string_view input, size_t output_size) {
  if (input.size() > LZ4_MAX_INPUT_SIZE || output_size > LZ4_MAX_INPUT_SIZE) {
    return DataLossError("an lz4 block larger than 2 GB");
  }
  std::string out(output_size, '\0');
  const int got = LZ4_decompress_safe(input.data(), out.data(), static_cast<int>(input.size()),
                                      static_cast<int>(output_size));
  if (got < 0 || static_cast<size_t>(got) != output_size) {
    return DataLossError("damaged lz4 block");
  }
  return out;
}

}  // namespace tusk
