// mapred streaming: Hadoop's flags, the built-in program `streaming`.
#include <unistd.h>

#include <cstdio>

#include "cli/commands/job/job_command.h"
#include "cli/commands/job/submit.h"
#include "mapreduce/streaming/streaming_job.h"

namespace tusk::cli {
namespace {

constexpr const char* kUsage =
    "Usage: mapred streaming [generic options] [options]\n"
    "  -input          <path> DFS input file(s) for the map step\n"
    "  -output         <path> DFS output directory for the reduce step\n"
    "  -mapper         <cmd> the program to run as mapper\n"
    "  -combiner       <cmd> the program to run as combiner\n"
    "  -reducer        <cmd|NONE> the program to run as reducer\n"
    "  -file, -files   <file,...> local files to lie in every task's working directory\n"
    "  -numReduceTasks <num> number of reduce tasks\n"
    "  -cmdenv         <n>=<v> environment of the mapper and the reducer\n"
    "  -D              <key>=<value> mapreduce.job.name, tusk.job.mode=disk|memory and so on\n";

int Fail(const Invocation& invocation, const Status& status, bool usage) {
  std::fprintf(stderr, "%s: %s\n", invocation.program.c_str(), status.message().c_str());
  if (usage) std::fputs(kUsage, stderr);
  return kExitError;
}

// Takes what says where the cluster is (-fs, -jt, -conf) out of the arguments, wherever it stands;
// -D stays: the streaming program reads it too.
StatusOr<std::vector<std::string>> TakeClusterOptions(Invocation* invocation) {
  std::vector<std::string> rest;
  const std::vector<std::string>& args = invocation->args;
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i] != "-fs" && args[i] != "-jt" && args[i] != "-conf") {
      rest.push_back(args[i]);
      continue;
    }
    std::vector<std::string> pair(
        args.begin() + static_cast<ptrdiff_t>(i),
        args.begin() + static_cast<ptrdiff_t>(std::min(i + 2, args.size())));
    RETURN_IF_ERROR(TakeGenericOptions(&pair, &invocation->conf));
    ++i;
  }
  return rest;
}

// "dir/map.py" or "dir/map.py#name": the file, and its name in the working directory.
Status AddFile(const std::string& argument, mapreduce::JobSubmission* submission) {
  const size_t hash = argument.find('#');
  std::string path = argument.substr(0, hash);
  if (path.starts_with("file://")) path.erase(0, 7);
  if (path.find("://") != std::string::npos) {
    return UnimplementedError("-files " + argument +
                              ": a file of the DFS is not supported yet; name a local one");
  }
  if (::access(path.c_str(), R_OK) != 0) {
    return NotFoundError("File: " + path + " does not exist, or is not readable");
  }
  const std::string link =
      hash == std::string::npos ? path.substr(path.rfind('/') + 1) : argument.substr(hash + 1);
  submission->files[link] = path;
  return Status::Ok();
}

StatusOr<mapreduce::JobSubmission> MakeSubmission(Invocation* invocation) {
  mapreduce::JobSubmission submission;
  ASSIGN_OR_RETURN(submission.args, TakeClusterOptions(invocation));
  ASSIGN_OR_RETURN(const auto parsed, mapreduce::ParseStreamingArguments(submission.args));
  for (const std::string& file : parsed.files) RETURN_IF_ERROR(AddFile(file, &submission));
  for (const auto& [key, value] : parsed.options.values()) {
    invocation->conf.Set(key, value, "-D");
  }
  submission.program = FindProgram("streaming");
  if (!invocation->conf.IsSet("mapreduce.job.name")) submission.name = "streamjob";
  submission.configuration = invocation->conf;
  return submission;
}

}  // namespace

int RunMapredStreaming(Invocation& invocation) {
  const std::string first = invocation.args.empty() ? "" : invocation.args[0];
  if (first == "-help" || first == "-info" || first == "--help") {
    std::fputs(kUsage, stdout);
    return kExitOk;
  }
  const auto submission = MakeSubmission(&invocation);
  if (!submission.ok()) {
    return Fail(invocation, submission.status(),
                submission.status().code() == Code::kInvalidArgument);
  }
  return SubmitAndFollow(*submission, invocation.program);
}

}  // namespace tusk::cli
