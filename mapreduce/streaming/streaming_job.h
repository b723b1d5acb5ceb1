// A Hadoop streaming job: any program as mapper, combiner and reducer.
//
// The command line's flags are Hadoop's. The command (cli) reads them, uploads the files they name
// and starts the built-in program `streaming`, which reads them again and runs the job.
#pragma once

#include <string>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/api/job.h"
#include "mapreduce/api/job_options.h"

namespace tusk::mapreduce {

struct StreamingArguments {
  std::vector<std::string> inputs;
  std::string output;
  std::vector<std::string> files;  // local, to lie in every task's working directory
  JobOptions options;
};

// kInvalidArgument with Hadoop's text for what is missing or unknown; kUnimplemented, "not
// supported yet", for flags of Hadoop's that are not there.
TUSK_EXPORT StatusOr<StreamingArguments> ParseStreamingArguments(
    const std::vector<std::string>& args);

TUSK_EXPORT StatusOr<JobResult> RunStreamingJob(Program* program,
                                                const StreamingArguments& arguments);

}  // namespace tusk::mapreduce
