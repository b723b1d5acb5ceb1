// A MapReduce job, and the program that runs it.
//
//   struct WordCount {
//     using Input = tusk::TextInput;
//     using Mapper = Tokenizer;
//     using Combiner = Sum;      // may be left out
//     using Partitioner = ...;   // may be left out: HashPartitioner
//     using Reducer = Sum;       // left out: the mappers' output is the job's
//     using Output = tusk::TextOutput;
//   };
//   int main(int argc, char** argv) {
//     auto program = tusk::Program::Open(argc, argv);      // the first statement
//     auto job = program.NewJob<WordCount>("word count");
//     job.AddInput(program.args().at(0));
//     job.SetOutput(program.args().at(1));
//     return program.Finish(job.Run());
//   }
//
// The same binary is driver and runner. In a runner Open never returns: it serves tasks, so nothing
// before it may have effects. `tusk job run PROGRAM ARGS` starts it.
// Threads: a Job belongs to one thread; several jobs of one program may run at a time.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/api/phases.h"
#include "mapreduce/engine/plan/engine.h"
#include "mapreduce/engine/plan/program_stamp.h"  // IWYU pragma: keep

namespace tusk {

class TUSK_EXPORT Job {
 public:
  // A file, a folder (its files, not those whose names begin with _ or .), or a glob.
  void AddInput(std::string path) { inputs_.push_back(std::move(path)); }
  void SetOutput(std::string directory) { output_ = std::move(directory); }
  // How many reducers, and so how many files; the default is mapreduce.job.reduces (1).
  void SetReducers(int count) { reducers_ = count; }
  // A setting of this job alone: Context::Option.
  void Set(std::string key, std::string value) { options_.Set(std::move(key), std::move(value)); }

  // Blocks until the job is done. kAlreadyExists when the output directory exists, the first
  // failure that used up a task's attempts otherwise.
  StatusOr<mapreduce::JobResult> Run();

 public:
  // For streaming and other jobs whose parts are chosen at run time.
  using Splitter = StatusOr<std::vector<mapreduce::PartitionInput>> (*)(
      FileSystem&, const mapreduce::JobOptions&, const std::vector<std::string>& paths);

  // The parts, as operators of the engine.
  struct Parts {
    Splitter splitter = nullptr;
    const mapreduce::OpDescriptor* map = nullptr;
    const mapreduce::OpDescriptor* shuffle = nullptr;  // null: map-only
    const mapreduce::OpDescriptor* reduce = nullptr;
    const mapreduce::OpDescriptor* output = nullptr;
  };

 private:
  friend class Program;
  Job(std::shared_ptr<mapreduce::Engine> engine, std::string name, Parts parts)
      : engine_(std::move(engine)), name_(std::move(name)), parts_(parts) {}

  template <class J>
  static Parts PartsOf();
  // The job's own settings over those of the configuration that the formats ask for.
  std::optional<std::string> Option(std::string_view key) const;
  StatusOr<int> Reducers() const;
  StatusOr<mapreduce::LineageId> AddNodes(const std::string& bound, int reducers);

  const std::shared_ptr<mapreduce::Engine> engine_;
  const std::string name_;
  const Parts parts_;
  std::vector<std::string> inputs_;
  std::string output_;
  int reducers_ = -1;
  mapreduce::JobOptions options_;
};

class TUSK_EXPORT Program {
 public:
  // Never returns in a runner. A program started by hand is told, in one line, to use `tusk job
  // run`, and ends with 2. (Defined by mapreduce/server, joined when the program is linked.)
  static Program Open(int argc, char** argv);
  // For tests: over an engine of one's own.
  Program(std::shared_ptr<mapreduce::Engine> engine, std::vector<std::string> args)
      : engine_(std::move(engine)), args_(std::move(args)) {}

  // What the user gave after PROGRAM.
  const std::vector<std::string>& args() const { return args_; }
  mapreduce::Engine& engine() { return *engine_; }
  FileSystem& file_system() { return *engine_->file_system(); }
  // For programs of many jobs, before the first one: whether an earlier attempt of this program has
  // written `directory` already. kAlreadyExists: somebody else has.
  StatusOr<bool> OutputIsDone(const std::string& directory) {
    return engine_->OutputIsDone({directory});
  }

  template <class J>
  Job NewJob(std::string name) {
    return NewJobOf(std::move(name), Job::PartsOf<J>());
  }
  Job NewJobOf(std::string name, const Job::Parts& parts) {
    return Job(engine_, std::move(name), parts);
  }

  // An exit code for main: 0, or 1 after showing the error to the submitter.
  int Finish(const Status& status);
  int Finish(const StatusOr<mapreduce::JobResult>& result) {
    return Finish(result.ok() ? Status::Ok() : result.status());
  }

 private:
  std::shared_ptr<mapreduce::Engine> engine_;
  std::vector<std::string> args_;
};

namespace mapreduce {

// The optional members of a job's type.
template <class J>
struct PartitionerOf {
  using Type = HashPartitioner;
};
template <class J>
  requires requires { typename J::Partitioner; }
struct PartitionerOf<J> {
  using Type = typename J::Partitioner;
};
template <class J>
struct CombinerOf {
  using Type = NoCombiner;
};
template <class J>
  requires requires { typename J::Combiner; }
struct CombinerOf<J> {
  using Type = typename J::Combiner;
};

}  // namespace mapreduce

template <class J>
Job::Parts Job::PartsOf() {
  using M = typename J::Mapper;
  using K = typename M::OutputKey;
  using V = typename M::OutputValue;
  static_assert(std::is_same_v<typename J::Input::Key, typename M::InputKey> &&
                    std::is_same_v<typename J::Input::Value, typename M::InputValue>,
                "the Mapper's input types must be the Key and Value of the job's Input");
  Parts parts;
  parts.splitter = &J::Input::Splits;
  parts.map = mapreduce::DescriptorOf<mapreduce::MapPhase<typename J::Input, M>>();
  if constexpr (requires { typename J::Reducer; }) {
    using R = typename J::Reducer;
    using C = typename mapreduce::CombinerOf<J>::Type;
    static_assert(IsWritable<K> && IsWritable<V>,
                  "the Mapper's output types travel to the reducers: give each a tusk::Writable");
    static_assert(IsWritable<typename R::InputKey> && IsWritable<typename R::InputValue>,
                  "the Reducer's input types come from the mappers: give each a tusk::Writable");
    parts.shuffle = mapreduce::DescriptorOf<
        mapreduce::ShuffleMapSink<K, V, typename mapreduce::PartitionerOf<J>::Type, C>>();
    parts.reduce = mapreduce::DescriptorOf<mapreduce::ReducePhase<R>>();
    parts.output =
        mapreduce::DescriptorOf<mapreduce::OutputSink<typename J::Output, typename R::OutputKey,
                                                      typename R::OutputValue>>();
  } else {
    parts.output = mapreduce::DescriptorOf<mapreduce::OutputSink<typename J::Output, K, V>>();
  }
  return parts;
}

}  // namespace tusk
