#include "cli/commands/bench/bench_inputs.h"

#include <algorithm>

#include "cli/commands/bench/zipf_text.h"
#include "mapreduce/history/quantity.h"

namespace tusk::cli {
namespace {

constexpr int64_t kMegabyte = int64_t{1} << 20;
constexpr int64_t kRecordBytes = 100;
constexpr int64_t kPointBytes = 97;  // on average

}  // namespace

std::string BenchInputs::PathOf(const char* kind, int64_t size) const {
  return directory_ + "/" + kind + "-" + std::to_string(size) + "-" + std::to_string(splits_);
}

StatusOr<BenchInput> BenchInputs::Described(const std::string& path, const std::string& what) {
  ASSIGN_OR_RETURN(const ContentSummary summary, file_system_->GetContentSummary(path));
  BenchInput input;
  input.path = path;
  input.description = mapreduce::BytesText(summary.length) + " of " + what + ", " + path;
  return input;
}

StatusOr<BenchInput> BenchInputs::Given(const std::string& path) {
  return Described(path, "text");
}

// Under another name until it is whole.
Status BenchInputs::WriteText(const std::string& path, int64_t bytes) {
  const std::string unfinished = path + ".unfinished";
  const int64_t block = (bytes / splits_ + kMegabyte) / kMegabyte * kMegabyte;
  CreateOptions options;
  options.overwrite = true;
  options.block_size = std::min(block, file_system_->DefaultBlockSize());
  ASSIGN_OR_RETURN(const auto file, file_system_->Create(unfinished, options));
  ZipfText text;
  std::string piece;
  for (int64_t written = 0; written < bytes; written += static_cast<int64_t>(piece.size())) {
    piece.clear();
    text.AppendLines(std::min(kMegabyte, bytes - written), &piece);
    RETURN_IF_ERROR(file->Write(piece));
  }
  RETURN_IF_ERROR(file->Close());
  return file_system_->Rename2(unfinished, path);
}

StatusOr<BenchInput> BenchInputs::Text(int64_t bytes) {
  const std::string path = PathOf("text", bytes);
  ASSIGN_OR_RETURN(const auto found, file_system_->FindStatus(path));
  if (!found.has_value()) {
    say_("writing " + path);
    RETURN_IF_ERROR(WriteText(path, bytes).WithContext("writing " + path));
  }
  return Described(path, "text");
}

Status BenchInputs::Generate(const std::string& program, int64_t rows, const std::string& path) {
  ASSIGN_OR_RETURN(const auto found, file_system_->FindStatus(path));
  if (found.has_value()) return Status::Ok();  // jobs' outputs appear whole
  say_("writing " + path);
  return runner_
      ->Run(program, {std::to_string(rows), path},
            {{"mapreduce.job.maps", std::to_string(splits_)}})
      .status();
}

StatusOr<BenchInput> BenchInputs::Records(int64_t bytes) {
  const std::string path = PathOf("records", bytes);
  const int64_t rows = bytes / kRecordBytes;
  RETURN_IF_ERROR(Generate("teragen", rows, path));
  ASSIGN_OR_RETURN(BenchInput input, Described(path, "100-byte records"));
  input.records = rows;
  return input;
}

StatusOr<BenchInput> BenchInputs::Points(int64_t bytes) {
  const std::string path = PathOf("points", bytes);
  const int64_t rows = bytes / kPointBytes;
  RETURN_IF_ERROR(Generate("lrgen", rows, path));
  ASSIGN_OR_RETURN(BenchInput input, Described(path, "points as text"));
  input.records = rows;
  return input;
}

}  // namespace tusk::cli
