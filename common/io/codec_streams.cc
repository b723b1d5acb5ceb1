// gzip, zlib, bzip2 and zstd: thin shells over the libraries' own streams.
#include "common/io/codec_streams.h"

#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace tusk {

namespace {

constexpr size_t kOutputStep = 128 << 10;

// Room for a library to write to; the caller cuts off what it left free.
char* Extend(std::string* out) {
  out->resize(out->size() + kOutputStep);
  return out->data() + out->size() - kOutputStep;
}

Status Damaged(const char* format) {
  return DataLossError(std::string("not ") + format + " data, or damaged");
}

Status CutShort(const char* format) {
  return DataLossError(std::string(format) + " data ends in the middle");
}

// The libraries count input in unsigned int.
constexpr size_t kMaxInput = size_t{1} << 30;

class ZlibCompressor final : public Compressor {
 public:
  ~ZlibCompressor() override { ::deflateEnd(&stream_); }
  bool Init(bool gzip, int level) {
    return ::deflateInit2(&stream_, level == 0 ? Z_DEFAULT_COMPRESSION : level, Z_DEFLATED,
                          gzip ? MAX_WBITS + 16 : MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  Status Feed(std::string_view input, std::string* out) override {
    for (; !input.empty(); input.remove_prefix(std::min(input.size(), kMaxInput))) {
      Run(input.substr(0, kMaxInput), Z_NO_FLUSH, out);
    }
    return Status::Ok();
  }
  Status Finish(std::string* out) override {
    Run({}, Z_FINISH, out);
    return Status::Ok();
  }

 private:
  void Run(std::string_view input, int flush, std::string* out) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(Extend(out));
      stream_.avail_out = kOutputStep;
      ::deflate(&stream_, flush);
      out->resize(out->size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

class ZlibDecompressor final : public Decompressor {
 public:
  explicit ZlibDecompressor(bool gzip) : gzip_(gzip) {}
  ~ZlibDecompressor() override { ::inflateEnd(&stream_); }
  bool Init() { return ::inflateInit2(&stream_, gzip_ ? MAX_WBITS + 16 : MAX_WBITS) == Z_OK; }

  Status Feed(std::string_view input, std::string* out) override {
    for (; !input.empty(); input.remove_prefix(std::min(input.size(), kMaxInput))) {
      RETURN_IF_ERROR(Run(input.substr(0, kMaxInput), out));
    }
    return Status::Ok();
  }
  Status Finish() override { return between_members_ ? Status::Ok() : CutShort(Name()); }

 private:
  const char* Name() const { return gzip_ ? "gzip" : "zlib"; }

  Status Run(std::string_view input, std::string* out) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    do {
      if (between_members_) {
        if (stream_.avail_in == 0) return Status::Ok();
        if (::inflateReset(&stream_) != Z_OK) return Damaged(Name());
        between_members_ = false;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(Extend(out));
      stream_.avail_out = kOutputStep;
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      out->resize(out->size() - stream_.avail_out);
      if (result == Z_STREAM_END) {
        between_members_ = true;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return Damaged(Name());
      }
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
    return Status::Ok();
  }

  const bool gzip_;
  z_stream stream_{};
  bool between_members_ = true;
};

class Bzip2Compressor final : public Compressor {
 public:
  ~Bzip2Compressor() override { ::BZ2_bzCompressEnd(&stream_); }
  bool Init(int level) {
    return ::BZ2_bzCompressInit(&stream_, level == 0 ? 9 : level, 0, 0) == BZ_OK;
  }
  Status Feed(std::string_view input, std::string* out) override {
    while (!input.empty()) {
      const std::string_view piece = input.substr(0, kMaxInput);
      input.remove_prefix(piece.size());
      stream_.next_in = const_cast<char*>(piece.data());
      stream_.avail_in = static_cast<unsigned>(piece.size());
      while (stream_.avail_in > 0) Step(BZ_RUN, out);
    }
    return Status::Ok();
  }
  Status Finish(std::string* out) override {
    while (Step(BZ_FINISH, out) != BZ_STREAM_END) {
    }
    return Status::Ok();
  }

 private:
  int Step(int action, std::string* out) {
    stream_.next_out = Extend(out);
    stream_.avail_out = kOutputStep;
    const int result = ::BZ2_bzCompress(&stream_, action);
    out->resize(out->size() - stream_.avail_out);
    CHECK_GE(result, 0);
    return result;
  }

  bz_stream stream_{};
};

class Bzip2Decompressor final : public Decompressor {
 public:
  ~Bzip2Decompressor() override {
    if (open_) ::BZ2_bzDecompressEnd(&stream_);
  }

  Status Feed(std::string_view input, std::string* out) override {
    for (; !input.empty(); input.remove_prefix(std::min(input.size(), kMaxInput))) {
      RETURN_IF_ERROR(Run(input.substr(0, kMaxInput), out));
    }
    return Status::Ok();
  }
  Status Finish() override { return open_ ? CutShort("bzip2") : Status::Ok(); }

 private:
  Status Run(std::string_view input, std::string* out) {
    stream_.next_in = const_cast<char*>(input.data());
    stream_.avail_in = static_cast<unsigned>(input.size());
    do {
      if (!open_) {
        if (stream_.avail_in == 0) return Status::Ok();
        if (::BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) {
          return ResourceExhaustedError("no memory for bzip2");
        }
        open_ = true;
      }
      stream_.next_out = Extend(out);
      stream_.avail_out = kOutputStep;
      const int result = ::BZ2_bzDecompress(&stream_);
      out->resize(out->size() - stream_.avail_out);
      if (result == BZ_STREAM_END) {
        ::BZ2_bzDecompressEnd(&stream_);
        open_ = false;
      } else if (result != BZ_OK) {
        return Damaged("bzip2");
      }
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
    return Status::Ok();
  }

  bz_stream stream_{};
  bool open_ = false;
};

class ZstdCompressor final : public Compressor {
 public:
  explicit ZstdCompressor(int level) : stream_(::ZSTD_createCStream()) {
    ::ZSTD_CCtx_setParameter(stream_, ZSTD_c_compressionLevel,
                             level == 0 ? ZSTD_CLEVEL_DEFAULT : level);
  }
  ~ZstdCompressor() override { ::ZSTD_freeCStream(stream_); }

  Status Feed(std::string_view input, std::string* out) override {
    return Run(input, ZSTD_e_continue, out);
  }
  Status Finish(std::string* out) override { return Run({}, ZSTD_e_end, out); }

 private:
  Status Run(std::string_view input, ZSTD_EndDirective directive, std::string* out) {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    size_t left = 0;
    do {
      ZSTD_outBuffer piece{Extend(out), kOutputStep, 0};
      left = ::ZSTD_compressStream2(stream_, &piece, &in, directive);
      out->resize(out->size() - (kOutputStep - piece.pos));
      if (::ZSTD_isError(left)) return InternalError(::ZSTD_getErrorName(left));
    } while (directive == ZSTD_e_end ? left != 0 : in.pos < in.size);
    return Status::Ok();
  }

  ZSTD_CStream* const stream_;
};

class ZstdDecompressor final : public Decompressor {
 public:
  ZstdDecompressor() : stream_(::ZSTD_createDStream()) {}
  ~ZstdDecompressor() override { ::ZSTD_freeDStream(stream_); }

  Status Feed(std::string_view input, std::string* out) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    bool full = false;
    while (in.pos < in.size || full) {
      ZSTD_outBuffer piece{Extend(out), kOutputStep, 0};
      const size_t wanted = ::ZSTD_decompressStream(stream_, &piece, &in);
      out->resize(out->size() - (kOutputStep - piece.pos));
      if (::ZSTD_isError(wanted)) return Damaged("zstd");
      in_frame_ = wanted != 0;
      full = piece.pos == kOutputStep && in_frame_;
    }
    return Status::Ok();
  }
  Status Finish() override { return in_frame_ ? CutShort("zstd") : Status::Ok(); }

 private:
  ZSTD_DStream* const stream_;
  bool in_frame_ = false;
};

template <typename Interface, typename Stream, typename... Args>
StatusOr<std::unique_ptr<Interface>> Initialized(std::unique_ptr<Stream> stream, Args... args) {
  if (!stream->Init(args...)) return InvalidArgumentError("bad compression level, or no memory");
  return std::unique_ptr<Interface>(std::move(stream));
}

}  // namespace

StatusOr<std::unique_ptr<Compressor>> NewZlibCompressor(bool gzip, int level) {
  return Initialized<Compressor>(std::make_unique<ZlibCompressor>(), gzip, level);
}

StatusOr<std::unique_ptr<Decompressor>> NewZlibDecompressor(bool gzip) {
  return Initialized<Decompressor>(std::make_unique<ZlibDecompressor>(gzip));
}

StatusOr<std::unique_ptr<Compressor>> NewBzip2Compressor(int level) {
  return Initialized<Compressor>(std::make_unique<Bzip2Compressor>(), level);
}

StatusOr<std::unique_ptr<Decompressor>> NewBzip2Decompressor() {
  return std::unique_ptr<Decompressor>(std::make_unique<Bzip2Decompressor>());
}

StatusOr<std::unique_ptr<Compressor>> NewZstdCompressor(int level) {
  return std::unique_ptr<Compressor>(std::make_unique<ZstdCompressor>(level));
}

StatusOr<std::unique_ptr<Decompressor>> NewZstdDecompressor() {
  return std::unique_ptr<Decompressor>(std::make_unique<ZstdDecompressor>());
}

}  // namespace tusk
