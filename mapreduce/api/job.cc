#include "mapreduce/api/job.h"

#include <xxhash.h>

#include <charconv>

namespace tusk {
namespace mapreduce {

uint64_t HashBytes(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

bool ShuffleGroups::Advance() {
  auto more = source_->Next(&next_key_, &next_value_);
  if (!more.ok()) status_ = more.status();
  has_next_ = more.ok() && *more;
  return has_next_;
}

bool ShuffleGroups::NextGroup() {
  std::string_view skipped;
  while (in_group_ && Next(&skipped)) {
  }
  if (!started_) {
    started_ = true;
    Advance();
  }
  if (!has_next_) return false;
  key_.assign(next_key_);
  in_group_ = true;
  return true;
}

bool ShuffleGroups::Next(std::string_view* value) {
  if (!in_group_) return false;
  // The record behind has_next_ is the group's next one; it is given out, the one after it is read
  // by the following call: views stay valid meanwhile.
  if (!has_next_ && !Advance()) {
    in_group_ = false;
    return false;
  }
  if (next_key_ != key_) {
    in_group_ = false;
    return false;
  }
  *value = next_value_;
  has_next_ = false;
  ++records_;
  return true;
}

}  // namespace mapreduce

std::optional<std::string> Job::Option(std::string_view key) const {
  auto value = options_.Get(key);
  return value.has_value() ? value : engine_->Option(key);
}

StatusOr<int> Job::Reducers() const {
  if (reducers_ > 0) return reducers_;
  const std::string text = Option("mapreduce.job.reduces").value_or("1");
  int count = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || count < 1) {
    return InvalidArgumentError("mapreduce.job.reduces=" + text +
                                ": a job with a Reducer needs a number of at least 1");
  }
  return count;
}

StatusOr<mapreduce::LineageId> Job::AddNodes(const std::string& bound, int reducers) {
  mapreduce::LineageNode map;
  map.op = {parts_.map, bound};
  map.name = "Map " + name_;
  ASSIGN_OR_RETURN(map.inputs, parts_.splitter(*engine_->file_system(), options_, inputs_));
  map.partitions = static_cast<int>(map.inputs.size());
  ASSIGN_OR_RETURN(const mapreduce::LineageId map_node, engine_->AddNode(std::move(map)));
  if (parts_.shuffle == nullptr) return map_node;

  mapreduce::ShuffleDependency shuffle;
  shuffle.id = engine_->NewShuffle();
  shuffle.parent = map_node;
  shuffle.partitions = reducers;
  shuffle.order = mapreduce::ShuffleOrder::kByKey;
  shuffle.writer = {parts_.shuffle, bound};
  mapreduce::LineageNode reduce;
  reduce.op = {parts_.reduce, bound};
  reduce.name = "Reduce " + name_;
  reduce.partitions = reducers;
  reduce.parents.emplace_back(std::move(shuffle));
  return engine_->AddNode(std::move(reduce));
}

StatusOr<mapreduce::JobResult> Job::Run() {
  if (inputs_.empty()) return InvalidArgumentError("No input paths specified in job");
  if (output_.empty()) return InvalidArgumentError("Output directory not set.");
  for (const char* key : {"mapreduce.input.fileinputformat.split.minsize",
                          "mapreduce.input.fileinputformat.split.maxsize"}) {
    if (const auto value = engine_->Option(key); value.has_value() && !options_.Get(key)) {
      options_.Set(key, *value);
    }
  }
  int reducers = 0;
  if (parts_.shuffle == nullptr) {
    options_.Set("tusk.job.map-only", "true");
  } else {
    ASSIGN_OR_RETURN(reducers, Reducers());
  }
  Writer bound;
  options_.Encode(&bound);
  ASSIGN_OR_RETURN(const mapreduce::LineageId node, AddNodes(bound.str(), reducers));
  mapreduce::JobRequest request;
  request.name = name_;
  request.node = node;
  request.sink = {parts_.output, bound.str()};
  request.output = mapreduce::OutputSpec{output_};
  return engine_->Run(request);
}

int Program::Finish(const Status& status) {
  if (status.ok()) return 0;
  engine_->Print(status.message() + "\n");
  return 1;
}

}  // namespace tusk
