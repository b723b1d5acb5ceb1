// -cat, -text, -head, -tail, -checksum.
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <thread>

#include "cli/commands/dfs/shell_command.h"
#include "cli/commands/dfs/transfer.h"
#include "common/base/hex.h"

namespace tusk::cli {
namespace {

constexpr int64_t kHeadBytes = 1024;  // of -head and -tail
constexpr Duration kFollowInterval = std::chrono::seconds(5);

void ForEachFile(Shell& shell, const std::vector<std::string>& arguments,
                 const std::function<Status(PathItem&)>& work) {
  ForEachPath(shell, arguments, [&](PathItem& item) {
    if (item.is_directory()) {
      shell.Error(IsADirectory(item.text));
    } else if (Status done = work(item); !done.ok()) {
      shell.Error(done, item.text);
    }
  });
}

StatusOr<std::unique_ptr<FileReader>> OpenItem(const PathItem& item, bool verify = true) {
  return item.fs->Open(item.path, {.verify_checksums = verify});
}

Status Print(FileReader* file) {
  return Pump(file, nullptr, &WriteStdout);
}

// gzip and zlib streams, several in a row included, as they are read.
class Inflater {
 public:
  Inflater() { inflateInit2(&stream_, 15 + 32); }  // 32: tells gzip from zlib by the header
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Status Write(std::string_view bytes) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    while (stream_.avail_in > 0) {
      char out[64 << 10];
      stream_.next_out = reinterpret_cast<Bytef*>(out);
      stream_.avail_out = sizeof(out);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      RETURN_IF_ERROR(WriteStdout({out, sizeof(out) - stream_.avail_out}));
      finished_ = result == Z_STREAM_END;
      if (finished_) inflateReset(&stream_);
      if (result != Z_OK && result != Z_STREAM_END) return DataLossError("not in gzip format");
    }
    return Status::Ok();
  }
  Status Finish() const {
    return finished_ ? Status::Ok() : DataLossError("Unexpected end of ZLIB input stream");
  }

 private:
  z_stream stream_{};
  bool finished_ = false;
};

// What -text makes of a file: decompressed by its first bytes, else as it is.
Status PrintText(const PathItem& item, bool verify) {
  ASSIGN_OR_RETURN(std::unique_ptr<FileReader> file, OpenItem(item, verify));
  char magic[4] = {};
  ASSIGN_OR_RETURN(const size_t got, file->PRead(0, magic, sizeof(magic)));
  const std::string_view head(magic, got);
  if (head.starts_with("\x1f\x8b")) {
    Inflater inflater;
    RETURN_IF_ERROR(
        Pump(file.get(), nullptr, [&](std::string_view b) { return inflater.Write(b); }));
    return inflater.Finish();
  }
  if (head.starts_with("SEQ") || head.starts_with("Obj\x01")) {
    return UnimplementedError("`" + item.text + "': sequence and Avro files are not supported yet");
  }
  for (const std::string_view suffix : {".bz2", ".zst", ".lz4", ".snappy", ".deflate"}) {
    if (item.path.ends_with(suffix)) {
      return UnimplementedError("`" + item.text + "': " + std::string(suffix.substr(1)) +
                                " is not supported yet");
    }
  }
  return Print(file.get());
}

Status PrintRange(FileReader* file, int64_t from, int64_t to) {
  RETURN_IF_ERROR(file->Seek(from));
  std::string buffer(static_cast<size_t>(std::clamp<int64_t>(to - from, 1, 64 << 10)), '\0');
  for (int64_t left = to - from; left > 0;) {
    ASSIGN_OR_RETURN(const size_t got,
                     file->Read(buffer.data(), static_cast<size_t>(std::min<int64_t>(
                                                   left, static_cast<int64_t>(buffer.size())))));
    if (got == 0) break;
    RETURN_IF_ERROR(WriteStdout({buffer.data(), got}));
    left -= static_cast<int64_t>(got);
  }
  return Status::Ok();
}

// What a file has from `from` on, as far as readers may see it now; gives the end.
StatusOr<int64_t> PrintFrom(const PathItem& item, int64_t from) {
  ASSIGN_OR_RETURN(std::unique_ptr<FileReader> file, OpenItem(item));
  const int64_t length = file->length();
  if (from < 0) from = std::max<int64_t>(length - kHeadBytes, 0);
  if (from < length) RETURN_IF_ERROR(PrintRange(file.get(), from, length));
  return std::max(from, length);
}

}  // namespace

Status RunCat(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Options options,
                   ParseOptions(words, {.min_arguments = 1, .flags = {"ignoreCrc"}}));
  ForEachFile(shell, options.arguments, [&](PathItem& item) -> Status {
    ASSIGN_OR_RETURN(std::unique_ptr<FileReader> file, OpenItem(item, !options.Has("ignoreCrc")));
    return Print(file.get());
  });
  return Status::Ok();
}

Status RunText(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Options options,
                   ParseOptions(words, {.min_arguments = 1, .flags = {"ignoreCrc"}}));
  ForEachFile(shell, options.arguments,
              [&](PathItem& item) { return PrintText(item, !options.Has("ignoreCrc")); });
  return Status::Ok();
}

Status RunHead(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Options options,
                   ParseOptions(words, {.min_arguments = 1, .max_arguments = 1}));
  ForEachFile(shell, options.arguments, [](PathItem& item) -> Status {
    ASSIGN_OR_RETURN(std::unique_ptr<FileReader> file, OpenItem(item));
    return PrintRange(file.get(), 0, std::min(file->length(), kHeadBytes));
  });
  return Status::Ok();
}

Status RunTail(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(
      const Options options,
      ParseOptions(words,
                   {.min_arguments = 1, .max_arguments = 1, .flags = {"f"}, .values = {"s"}}));
  Duration interval = kFollowInterval;
  if (const auto given = options.values.find("s"); given != options.values.end()) {
    int64_t millis = 0;
    const std::string& text = given->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), millis);
    if (error != std::errc() || end != text.data() + text.size()) {
      return InvalidArgumentError("For input string: \"" + text + "\"");
    }
    if (millis > 0) interval = std::chrono::milliseconds(millis);
  }
  ForEachFile(shell, options.arguments, [&](PathItem& item) -> Status {
    ASSIGN_OR_RETURN(int64_t end, PrintFrom(item, -1));
    while (options.Has("f")) {
      std::this_thread::sleep_for(interval);
      ASSIGN_OR_RETURN(end, PrintFrom(item, end));
    }
    return Status::Ok();
  });
  return Status::Ok();
}

Status RunChecksum(Shell& shell, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Options options,
                   ParseOptions(words, {.min_arguments = 1, .flags = {"v"}}));
  ForEachFile(shell, options.arguments, [&](PathItem& item) -> Status {
    ASSIGN_OR_RETURN(const FileChecksum sum, item.fs->GetChecksum(item.path));
    std::string line = item.text + "\t" + sum.algorithm;
    if (!sum.bytes.empty()) line += "\t" + ToHex(sum.bytes);
    if (options.Has("v")) line += "\tBlockSize=" + std::to_string(item.status->block_size);
    std::printf("%s\n", line.c_str());
    return Status::Ok();
  });
  return Status::Ok();
}

}  // namespace tusk::cli
