#include "mapreduce/rdd/session.h"

#include <algorithm>

#include "mapreduce/formats/file_input.h"

namespace tusk {

Rdd<std::string_view> Session::TextFile(const std::string& path, int partitions, Where where) {
  rdd::NodeHandle failed{engine_, {}, 0, {}};
  mapreduce::JobOptions options;
  if (partitions > 0) {
    auto files = mapreduce::ListInput(file_system(), {path});
    int64_t bytes = 0;
    for (const FileEntry& file : files.ok() ? *files : std::vector<FileEntry>()) {
      bytes += file.status.length;
    }
    const int64_t goal = std::max<int64_t>(1, (bytes + partitions - 1) / partitions);
    options.Set("mapreduce.input.fileinputformat.split.maxsize", std::to_string(goal));
  }
  auto inputs = mapreduce::SplitFiles(file_system(), options, {path});
  if (!inputs.ok()) {
    failed.error = inputs.status();
    return Rdd<std::string_view>(failed);
  }
  return Rdd<std::string_view>(rdd::AddSource(engine_, mapreduce::DescriptorOf<rdd::TextFileOp>(),
                                              "TextFile " + path, std::move(inputs).value(),
                                              where));
}

int Session::Finish(const Status& status) {
  if (status.ok()) return 0;
  engine_->Print(status.message() + "\n");
  return 1;
}

}  // namespace tusk
