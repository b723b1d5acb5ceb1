// Named numbers that tasks count up; the driver adds up those of successful attempts.
//
// Groups and names are Hadoop's where Hadoop has them, so that `mapred job -counter` and reports
// read alike.
// Threads: not thread-safe; each attempt has its own, the driver merges.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/base/macros.h"

namespace tusk::mapreduce {

class TUSK_EXPORT Counters {
 public:
  using Group = std::map<std::string, int64_t, std::less<>>;
  using Groups = std::map<std::string, Group, std::less<>>;

  // The counter's place: valid as long as this object is, so hot loops look it up once.
  int64_t* Cell(std::string_view group, std::string_view name);
  void Add(std::string_view group, std::string_view name, int64_t amount) {
    int64_t* const cell = Cell(group, name);
    *cell = Sum(*cell, amount);
  }
  int64_t Get(std::string_view group, std::string_view name) const;  // 0 when nobody counted

  // Adds up, except the names that end in "_PEAK": there the larger one stays.
  void Merge(const Counters& other);

  const Groups& groups() const { return groups_; }
  bool operator==(const Counters&) const = default;

 private:
  // A job may count anything: past the end a counter begins again below, as in Java.
  static int64_t Sum(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  }

  Groups groups_;
};

namespace counter {
// Hadoop's.
inline constexpr std::string_view kTaskGroup = "org.apache.hadoop.mapreduce.TaskCounter";
inline constexpr std::string_view kMapInputRecords = "MAP_INPUT_RECORDS";
inline constexpr std::string_view kMapOutputRecords = "MAP_OUTPUT_RECORDS";
inline constexpr std::string_view kMapOutputBytes = "MAP_OUTPUT_BYTES";
inline constexpr std::string_view kCombineInputRecords = "COMBINE_INPUT_RECORDS";
inline constexpr std::string_view kCombineOutputRecords = "COMBINE_OUTPUT_RECORDS";
inline constexpr std::string_view kReduceInputGroups = "REDUCE_INPUT_GROUPS";
inline constexpr std::string_view kReduceShuffleBytes = "REDUCE_SHUFFLE_BYTES";
inline constexpr std::string_view kReduceInputRecords = "REDUCE_INPUT_RECORDS";
inline constexpr std::string_view kReduceOutputRecords = "REDUCE_OUTPUT_RECORDS";
inline constexpr std::string_view kSpilledRecords = "SPILLED_RECORDS";
inline constexpr std::string_view kCpuMillis = "CPU_MILLISECONDS";

inline constexpr std::string_view kFileSystemGroup =
    "org.apache.hadoop.mapreduce.FileSystemCounter";
inline constexpr std::string_view kHdfsBytesRead = "HDFS_BYTES_READ";
inline constexpr std::string_view kHdfsBytesWritten = "HDFS_BYTES_WRITTEN";
inline constexpr std::string_view kFileBytesRead = "FILE_BYTES_READ";
inline constexpr std::string_view kFileBytesWritten = "FILE_BYTES_WRITTEN";

inline constexpr std::string_view kJobGroup = "org.apache.hadoop.mapreduce.JobCounter";
inline constexpr std::string_view kLaunchedTasks = "TOTAL_LAUNCHED_TASKS";
inline constexpr std::string_view kFailedTasks = "NUM_FAILED_TASKS";
inline constexpr std::string_view kKilledTasks = "NUM_KILLED_TASKS";
inline constexpr std::string_view kDataLocalTasks = "DATA_LOCAL_TASKS";
inline constexpr std::string_view kRackLocalTasks = "RACK_LOCAL_TASKS";
inline constexpr std::string_view kOtherLocalTasks = "OTHER_LOCAL_TASKS";

// Our own.
inline constexpr std::string_view kTuskGroup = "Tusk Engine";
inline constexpr std::string_view kDescriptorBytesRead = "DESCRIPTOR_BYTES_READ";
inline constexpr std::string_view kLocalBytesRead = "LOCAL_SOCKET_BYTES_READ";
inline constexpr std::string_view kRemoteBytesRead = "REMOTE_BYTES_READ";
inline constexpr std::string_view kDescriptorOnlyTasks = "TASKS_READ_BY_DESCRIPTOR_ONLY";
inline constexpr std::string_view kInputTasks = "TASKS_WITH_INPUT";
inline constexpr std::string_view kShuffleBytesWritten = "SHUFFLE_BYTES_WRITTEN";
inline constexpr std::string_view kShuffleRemoteBytes = "SHUFFLE_BYTES_FETCHED_REMOTELY";
inline constexpr std::string_view kShuffleLocalBytes = "SHUFFLE_BYTES_READ_LOCALLY";
inline constexpr std::string_view kSpilledBytes = "SPILLED_BYTES";
inline constexpr std::string_view kCacheHits = "CACHE_HITS";
inline constexpr std::string_view kCacheMisses = "CACHE_MISSES";
inline constexpr std::string_view kCacheSpilledBytes = "CACHE_SPILLED_BYTES";
inline constexpr std::string_view kFetchFailures = "FETCH_FAILURES";
inline constexpr std::string_view kRecomputedMaps = "RECOMPUTED_MAP_TASKS";
inline constexpr std::string_view kRunnerMemoryPeak = "RUNNER_MEMORY_BYTES_PEAK";
}  // namespace counter

}  // namespace tusk::mapreduce
