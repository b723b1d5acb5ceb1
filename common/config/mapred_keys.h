// Keys of mapred-site.xml: jobs of both modes.
//
// The table that conf/mapred-default.xml is generated from: a new key is declared here and entered
// in the list at the end (a test compares the two). Only keys that something reads stand here.
#pragma once

#include <chrono>

#include "common/config/config_key.h"

namespace tusk::keys {

using namespace std::chrono_literals;  // NOLINT: the defaults read as 10s

inline constexpr StringKey kJobName{.name = "mapreduce.job.name",
                                    .doc = "Name of the job as lists show it."};
inline constexpr StringKey kJobQueue{.name = "mapreduce.job.queuename",
                                     .fallback = "default",
                                     .doc = "Queue the job is submitted to."};
inline constexpr StringKey kJobMode{
    .name = "tusk.job.mode",
    .fallback = "disk",
    .doc =
        "disk: shuffles go through sorted local files. memory: they stay in the runners' memory."};
inline constexpr IntKey kJobReduces{.name = "mapreduce.job.reduces",
                                    .fallback = 1,
                                    .min = 0,
                                    .max = 100000,
                                    .doc = "Reduce tasks of a job; 0: map only."};
inline constexpr IntKey kJobMaps{.name = "mapreduce.job.maps",
                                 .fallback = 2,
                                 .min = 1,
                                 .doc = "A hint for the number of map tasks; splits decide."};
inline constexpr IntKey kMapMaxAttempts{.name = "mapreduce.map.maxattempts",
                                        .fallback = 4,
                                        .min = 1,
                                        .doc = "How often a map task is tried."};
inline constexpr IntKey kReduceMaxAttempts{
    .name = "mapreduce.reduce.maxattempts",
    .fallback = 4,
    .min = 1,
    .doc = "How often a reduce task is tried: one that reads a shuffle."};
inline constexpr IntKey kJobMasterMaxAttempts{
    .name = "mapreduce.am.max-attempts",
    .fallback = 2,
    .min = 1,
    .doc = "How often a job's driver is started, at most yarn.resourcemanager.am.max-attempts."};
inline constexpr IntKey kSortMb{.name = "mapreduce.task.io.sort.mb",
                                .fallback = 100,
                                .min = 1,
                                .max = 65536,
                                .doc = "Memory of one map task's sort buffer, in MB."};
inline constexpr IntKey kSortFactor{.name = "mapreduce.task.io.sort.factor",
                                    .fallback = 64,
                                    .min = 2,
                                    .doc = "Files merged at a time. Hadoop: 10."};
inline constexpr BoolKey kMapOutputCompress{.name = "mapreduce.map.output.compress",
                                            .fallback = false,
                                            .doc = "Whether map outputs are compressed."};
inline constexpr SizeKey kSplitMinSize{.name = "mapreduce.input.fileinputformat.split.minsize",
                                       .fallback = 1,
                                       .min = 0,
                                       .doc = "Smallest input split."};
inline constexpr SizeKey kSplitMaxSize{.name = "mapreduce.input.fileinputformat.split.maxsize",
                                       .fallback = std::numeric_limits<int64_t>::max(),
                                       .min = 1,
                                       .doc = "Largest input split; the block size bounds it too."};
inline constexpr StringKey kStagingDir{
    .name = "yarn.app.mapreduce.am.staging-dir",
    .fallback = "/tmp/hadoop-yarn/staging",
    .doc = "Directory in the DFS for what jobs hand over; each user has one below it."};
inline constexpr IntKey kAmMemoryMb{.name = "yarn.app.mapreduce.am.resource.mb",
                                    .fallback = 256,
                                    .min = 64,
                                    .doc = "Memory of a job's driver. Hadoop: 1536."};
inline constexpr IntKey kAmVcores{.name = "yarn.app.mapreduce.am.resource.cpu-vcores",
                                  .fallback = 1,
                                  .min = 1,
                                  .doc = "vcores of a job's driver."};
inline constexpr IntKey kRunnerMemoryMb{.name = "tusk.runner.memory-mb",
                                        .fallback = -1,
                                        .min = -1,
                                        .doc = "Memory of one task runner; -1: half its node."};
inline constexpr IntKey kRunnerVcores{
    .name = "tusk.runner.vcores",
    .fallback = -1,
    .min = -1,
    .doc = "Threads of one task runner; -1: its node's vcores less one."};
inline constexpr IntKey kRunnerCount{.name = "tusk.runner.count",
                                     .fallback = -1,
                                     .min = -1,
                                     .doc = "Task runners of a job; -1: one per NodeManager."};
inline constexpr IntKey kStreamingChildMemoryMb{
    .name = "tusk.streaming.child.memory-mb",
    .fallback = 64,
    .min = 1,
    .doc = "Memory of one mapper or reducer program of a streaming job."};

inline constexpr KeyRef kMapredKeys[] = {
    &kJobName,        &kJobQueue,       &kJobMode,           &kJobReduces,
    &kJobMaps,        &kMapMaxAttempts, &kReduceMaxAttempts, &kJobMasterMaxAttempts,
    &kSortMb,         &kSortFactor,     &kMapOutputCompress, &kSplitMinSize,
    &kSplitMaxSize,   &kStagingDir,     &kAmMemoryMb,        &kAmVcores,
    &kRunnerMemoryMb, &kRunnerVcores,   &kRunnerCount,       &kStreamingChildMemoryMb,
};

}  // namespace tusk::keys
