// The makers behind NewCompressor and NewDecompressor; include codec.h instead.
#pragma once

#include <memory>

#include "common/io/codec.h"

namespace tusk {

StatusOr<std::unique_ptr<Compressor>> NewZlibCompressor(bool gzip, int level);
StatusOr<std::unique_ptr<Decompressor>> NewZlibDecompressor(bool gzip);
StatusOr<std::unique_ptr<Compressor>> NewBzip2Compressor(int level);
StatusOr<std::unique_ptr<Decompressor>> NewBzip2Decompressor();
StatusOr<std::unique_ptr<Compressor>> NewZstdCompressor(int level);
StatusOr<std::unique_ptr<Decompressor>> NewZstdDecompressor();
// Hadoop's block streams; `format` is kLz4 or kSnappy.
StatusOr<std::unique_ptr<Compressor>> NewBlockCompressor(CompressionFormat format);
StatusOr<std::unique_ptr<Decompressor>> NewBlockDecompressor(CompressionFormat format);

}  // namespace tusk
