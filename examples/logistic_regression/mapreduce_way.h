// Logistic regression as a chain of MapReduce jobs, one per iteration.
//
// Each iteration reads and parses the whole input again; the weights are handed on as a file in the
// distributed file system. Mappers add up the gradient of their split, so what is shuffled is one
// small record per split.
#pragma once

#include <tusk/mapreduce.h>

#include <cstring>
#include <string>
#include <vector>

#include "gradient.h"
#include "iterations.h"

template <>
struct tusk::Writable<logistic_regression::Gradient> {
  using Gradient = logistic_regression::Gradient;
  static void Encode(const Gradient& gradient, std::string* out) {
    out->append(reinterpret_cast<const char*>(&gradient), sizeof(gradient));
  }
  static bool Decode(std::string_view bytes, Gradient* out) {
    if (bytes.size() != sizeof(*out)) return false;
    std::memcpy(out, bytes.data(), sizeof(*out));
    return true;
  }
};

namespace logistic_regression {

// The output directory of the iteration before; without it: InitialWeights.
inline constexpr char kWeightsOption[] = "example.lr.weights";

template <class Context>
Weights ReadWeights(Context& context) {
  Weights weights = InitialWeights();
  const auto directory = context.Option(kWeightsOption);
  if (!directory.has_value()) return weights;
  const std::string path = *directory + "/part-r-00000";
  const auto text = context.task().file_system().ReadFile(path);
  if (!text.ok()) {
    context.Fail(text.status().WithContext("weights of the iteration before"));
  } else if (!ParseWeights(*text, &weights)) {
    context.Fail(tusk::DataLossError(path + " does not hold weights"));
  }
  return weights;
}

class SplitGradient final : public tusk::Mapper<int64_t, std::string_view, int64_t, Gradient> {
 public:
  void Setup(Context& context) override { weights_ = ReadWeights(context); }
  void Map(int64_t offset, std::string_view line, Context& context) override {
    if (!ParsePoint(line, &batch_[filled_])) {
      context.Fail(
          tusk::InvalidArgumentError("byte " + std::to_string(offset) + ": " + NotAPoint(line)));
      return;
    }
    if (++filled_ == batch_.size()) AddBatch();
  }
  void Cleanup(Context& context) override {
    AddBatch();
    context.Emit(0, gradient_);
  }

 private:
  void AddBatch() {
    AddGradient({batch_.data(), filled_}, weights_, &gradient_);
    filled_ = 0;
  }

  Weights weights_{};
  std::vector<Point> batch_{1024};
  size_t filled_ = 0;
  Gradient gradient_;
};

// One key: its values come in the order of the splits.
class NewWeights final : public tusk::Reducer<int64_t, Gradient, int64_t, double> {
 public:
  void Setup(Context& context) override { weights_ = ReadWeights(context); }
  void Reduce(int64_t, Values& parts, Context& context) override {
    Gradient sum;
    for (const Gradient& part : parts) Merge(sum, part);
    if (sum.points == 0) return context.Fail(tusk::InvalidArgumentError("no points in the input"));
    Descend(sum, &weights_);
    for (size_t j = 0; j < kFeatures; ++j) context.Emit(static_cast<int64_t>(j), weights_[j]);
  }

 private:
  Weights weights_{};
};

struct GradientStep {
  using Input = tusk::TextInput;
  using Mapper = SplitGradient;
  using Reducer = NewWeights;
  using Output = tusk::TextOutput;
};

// The last iteration writes the output; the others a hidden directory beside it, by which a second
// driver also finds what the first had done.
inline tusk::Status RunIterations(tusk::Program& program, const Run& run, const std::string& work) {
  std::string weights;
  for (int i = 1; i <= run.iterations; ++i) {
    const IterationClock clock;
    auto job = program.NewJob<GradientStep>("gradient " + std::to_string(i));
    job.AddInput(run.input);
    job.SetReducers(1);
    if (!weights.empty()) job.Set(kWeightsOption, weights);
    weights = i == run.iterations ? run.output : work + "/iteration-" + std::to_string(i);
    job.SetOutput(weights);
    ASSIGN_OR_RETURN(const tusk::mapreduce::JobResult result, job.Run());
    if (!result.already_committed) program.engine().Print(clock.Line(i));
  }
  return tusk::Status::Ok();
}

inline tusk::Status RunByMapReduce(tusk::Program& program, const Run& run) {
  tusk::FileSystem& fs = program.file_system();
  const std::string& application = program.engine().application_id();
  ASSIGN_OR_RETURN(const bool done, program.OutputIsDone(run.output));
  if (done) return tusk::Status::Ok();
  ASSIGN_OR_RETURN(const std::string output, fs.Resolve(run.output));
  const size_t name = output.rfind('/') + 1;
  const std::string work =
      output.substr(0, name) + "." + output.substr(name) + ".iterations." + application;
  const tusk::Status ran = RunIterations(program, run, work);
  const auto removed = fs.Delete(work, /*recursive=*/true);
  return ran.ok() ? removed.status() : ran;
}

}  // namespace logistic_regression
