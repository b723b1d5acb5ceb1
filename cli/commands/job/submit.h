// Runs a program on the cluster and shows how it goes: for `tusk job run` and whatever else
// submits.
#pragma once

#include <string>

#include "common/base/status.h"
#include "mapreduce/client/job_client.h"

namespace tusk::cli {

// "wordcount" is the built-in program of that name; anything with a slash, or that is no built-in,
// is a path.
std::string FindProgram(const std::string& name);

// Submits, then shows the program's output on stdout and its progress on stderr until it has ended.
// The exit code: the program's own; 1 when it failed otherwise or was killed.
int SubmitAndFollow(const mapreduce::JobSubmission& submission, const std::string& called_as);

}  // namespace tusk::cli
