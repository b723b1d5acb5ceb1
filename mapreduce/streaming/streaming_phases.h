// A streaming job's steps as operators: the mapper's process as a source over text lines, the
// combiner and partitioner on the map side, the reducer's process, and lines as output.
//
// Options that travel with the job (Hadoop's names): stream.map.streamprocessor,
// stream.reduce.streamprocessor, stream.combine.streamprocessor (absent: none),
// stream.{map,reduce}.output.field.separator, stream.num.{map,reduce}.output.key.fields,
// stream.non.zero.exit.is.failure, stream.addenvironment, and the partitioner's.
#pragma once

#include <string>

#include "mapreduce/api/job_options.h"
#include "mapreduce/engine/plan/operator.h"

namespace tusk::mapreduce {

namespace stream_option {
inline constexpr const char* kMapper = "stream.map.streamprocessor";
inline constexpr const char* kReducer = "stream.reduce.streamprocessor";
inline constexpr const char* kCombiner = "stream.combine.streamprocessor";
inline constexpr const char* kPartitioner = "mapreduce.job.partitioner.class";
inline constexpr const char* kMapSeparator = "stream.map.output.field.separator";
inline constexpr const char* kMapKeyFields = "stream.num.map.output.key.fields";
inline constexpr const char* kReduceSeparator = "stream.reduce.output.field.separator";
inline constexpr const char* kReduceKeyFields = "stream.num.reduce.output.key.fields";
inline constexpr const char* kExitIsFailure = "stream.non.zero.exit.is.failure";
inline constexpr const char* kEnvironment = "stream.addenvironment";
inline constexpr const char* kChildMemory = "tusk.streaming.child.memory-mb";
inline constexpr const char* kReduces = "mapreduce.job.reduces";
}  // namespace stream_option

// The descriptors, for the job that puts them together.
const OpDescriptor* StreamingMapPhase();
const OpDescriptor* StreamingShuffleSink();
const OpDescriptor* StreamingReducePhase();
const OpDescriptor* StreamingOutputSink();

}  // namespace tusk::mapreduce
