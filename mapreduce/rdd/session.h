// An RDD program's link to the cluster.
//
//   int main(int argc, char** argv) {
//     auto session = tusk::Session::Open(argc, argv);   // the first statement
//     auto words = session.TextFile(session.args().at(0)).FlatMap<std::string_view>(...);
//
// The same binary is driver and runner: in a runner Open never returns, it serves tasks; so nothing
// before it may have effects.
// Threads: thread-safe.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/engine.h"
#include "mapreduce/engine/plan/program_stamp.h"  // IWYU pragma: keep
#include "mapreduce/rdd/broadcast.h"
#include "mapreduce/rdd/rdd.h"

namespace tusk {

class TUSK_EXPORT Session {
 public:
  // Never returns in a runner. A program started by hand is told, in one line, to use `tusk job
  // run`, and ends with 2. (Defined by mapreduce/server, joined when the program is linked.)
  static Session Open(int argc, char** argv);
  // For tests: over an engine of one's own.
  Session(std::shared_ptr<mapreduce::Engine> engine, std::vector<std::string> args)
      : engine_(std::move(engine)), args_(std::move(args)) {}

  const std::vector<std::string>& args() const { return args_; }
  mapreduce::Engine& engine() { return *engine_; }
  FileSystem& file_system() { return *engine_->file_system(); }
  // Before long work: whether an earlier attempt of this program has written `directory` already.
  // kAlreadyExists: somebody else has.
  StatusOr<bool> OutputIsDone(const std::string& directory) {
    return engine_->OutputIsDone({directory});
  }

  // Lines of files, folders or globs; at least `partitions` partitions where the text allows it (0:
  // one per block).
  Rdd<std::string_view> TextFile(const std::string& path, int partitions = 0,
                                 Where where = Where::current());

  // The program's own records. `partitions` 0: as many as tasks can run at a time.
  template <class T>
  Rdd<T> Parallelize(const std::vector<T>& records, int partitions = 0,
                     Where where = Where::current()) {
    static_assert(Serializable<T>, "Parallelize: give the record type a Codec");
    const int count = Partitions(partitions);
    std::vector<mapreduce::PartitionInput> inputs;
    for (int p = 0; p < count; ++p) {
      const size_t begin = records.size() * static_cast<size_t>(p) / static_cast<size_t>(count);
      const size_t end = records.size() * static_cast<size_t>(p + 1) / static_cast<size_t>(count);
      const std::vector<T> part(records.begin() + static_cast<std::ptrdiff_t>(begin),
                                records.begin() + static_cast<std::ptrdiff_t>(end));
      inputs.push_back({Encoded(part), {}, 0});
    }
    return Rdd<T>(rdd::AddSource(engine_, mapreduce::DescriptorOf<rdd::ParallelizeOp<T>>(),
                                 "Parallelize", std::move(inputs), where));
  }

  template <class T>
  tusk::Broadcast<T> Broadcast(T value) {
    static_assert(Serializable<T>, "Broadcast: give the value's type a Codec");
    const mapreduce::BroadcastId id = engine_->AddBroadcast(Encoded(value));
    return tusk::Broadcast<T>(id, std::make_shared<const T>(std::move(value)));
  }
  template <class T>
  void DropBroadcast(const tusk::Broadcast<T>& broadcast) {
    engine_->DropBroadcast(broadcast.id());
  }

  // For the submitter's screen, wherever the driver runs.
  void Print(std::string_view text) { engine_->Print(text); }

  // An exit code for main: 0, or 1 after showing the error to the submitter.
  int Finish(const Status& status);

 private:
  int Partitions(int asked) const {
    return asked > 0 ? asked : std::max(1, engine_->default_parallelism());
  }

  std::shared_ptr<mapreduce::Engine> engine_;
  std::vector<std::string> args_;
};

}  // namespace tusk
