// What an operator sees of the task attempt it works for, and of its inputs.
//
// Implemented by engine/runner. Everything an operator touches of the world comes from here, so a
// task runs the same in a container and in a test.
// Threads: the attempt's own thread, except where a method says otherwise.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/block_store.h"
#include "mapreduce/engine/plan/counters.h"
#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/memory_ledger.h"
#include "mapreduce/engine/plan/shuffle.h"

namespace tusk {
class FileSystem;  // client/file_system.h
}

namespace tusk::mapreduce {

class TUSK_EXPORT TaskContext {
 public:
  virtual ~TaskContext() = default;

  virtual const TaskAttemptId& attempt() const = 0;
  // Of the stage: how many partitions the job computes there.
  virtual int stage_partitions() const = 0;
  virtual JobMode mode() const = 0;
  virtual const std::string& application_id() const = 0;
  // kCancelled once the attempt was killed. Any thread.
  virtual Status Check() const = 0;

  virtual Counters& counters() = 0;
  virtual MemoryLedger& memory() = 0;
  virtual BlockStore& blocks() = 0;
  // The job's default file system; "file://" paths need another one. Thread-safe.
  virtual FileSystem& file_system() = 0;
  // A configuration value of the job ("mapreduce.task.io.sort.mb"), or empty.
  virtual std::optional<std::string> Option(std::string_view key) const = 0;

  // A directory of this attempt alone on local disk; removed when the attempt ends.
  virtual StatusOr<std::string> ScratchDirectory() = 0;
  // Localized files of the job (-files, -file); the process's working directory in a container.
  virtual const std::string& work_directory() const = 0;

  // Map side of a shuffle: only for the sink of ShuffleDependency::writer, once. The output is
  // Finish()ed by the sink, which hands it to SetMapOutput.
  virtual int shuffle_partitions() const = 0;
  virtual StatusOr<std::unique_ptr<ShuffleSink>> OpenShuffleSink(
      const ShuffleWriteOptions& options) = 0;
  virtual void SetMapOutput(MapOutput output) = 0;

  // Jobs with an output (JobRequest::output): where this attempt creates its files, any names,
  // sub-directories too. They appear in the job's output only when the driver lets this attempt
  // commit. Created at the first call. kFailedPrecondition in jobs without.
  virtual StatusOr<std::string> OutputDirectory() = 0;

  // What a result task returns to the program (JobResult::results). Up to 1 GB in all.
  virtual void SetResult(std::string bytes) = 0;

  // The bytes of Engine::AddBroadcast; fetched once per runner. Thread-safe.
  virtual StatusOr<std::shared_ptr<const std::string>> Broadcast(BroadcastId id) = 0;

  virtual void SetProgress(double fraction) = 0;  // 0..1. Any thread
  // A line for the user about this attempt (a streaming child's stderr); the last 4 KB of them
  // stand in the failure's message. Any thread.
  virtual void Note(std::string_view line) = 0;
};

// The inputs of one operator for one partition of its lineage node.
class TUSK_EXPORT Inputs {
 public:
  virtual ~Inputs() = default;

  // Which node and partition this operator instance computes. A sink that ends the stage stands on
  // the stage's last node: input 0 is that node's partition.
  virtual LineageId node() const = 0;
  virtual int partition() const = 0;
  virtual StorageLevel storage() const = 0;  // what the mode leaves of LineageNode::storage
  // Of a source: PartitionInput::bytes.
  virtual std::string_view split() const = 0;

  virtual int count() const = 0;
  // Runs the narrow input's partitions, one after the other, into `into` (usually the caller).
  virtual Status Produce(int input, Operator* into) = 0;
  virtual StatusOr<std::unique_ptr<ShuffleSource>> OpenShuffle(
      int input, const ShuffleReadOptions& options) = 0;
};

}  // namespace tusk::mapreduce
