#include "cli/commands/job/job_command.h"

#include <cstdio>

#include "cli/commands/job/submit.h"

namespace tusk::cli {
namespace {

constexpr const char* kUsage =
    "usage: %s [--mode disk|memory] [--name NAME] [-D key=value]... PROGRAM [ARGUMENTS]...\n"
    "  PROGRAM is the path of a program linked to libtusk, or a built-in one:\n"
    "  wordcount, teragen, terasort, teravalidate, lrgen, lr-mapreduce, lr-rdd\n";

int Usage(const Invocation& invocation, const std::string& complaint) {
  if (!complaint.empty()) {
    std::fprintf(stderr, "%s: %s\n", invocation.program.c_str(), complaint.c_str());
  }
  std::fprintf(stderr, kUsage, invocation.program.c_str());
  return kExitUsage;
}

}  // namespace

void AddJobCommands(CommandTable* table) {
  table->Add({"job run", "runs a program on the cluster", &RunJobRun, /*generic_options=*/false});
  table->Add({"mapred job", "lists, shows and ends jobs", &RunMapredJob});
  table->Add({"mapred streaming", "runs any programs as mapper and reducer", &RunMapredStreaming,
              /*generic_options=*/false});
}

int RunJobRun(Invocation& invocation) {
  mapreduce::JobSubmission submission;
  std::vector<std::string>& args = invocation.args;
  for (;;) {
    if (const Status status = TakeGenericOptions(&args, &invocation.conf); !status.ok()) {
      return Usage(invocation, status.message());
    }
    if (args.empty()) return Usage(invocation, "no PROGRAM was given");
    const std::string option = args.front();
    if (!option.starts_with("-")) break;
    if (option == "--help" || option == "-help" || option == "-h") {
      std::printf(kUsage, invocation.program.c_str());
      return kExitOk;
    }
    if (option == "--client") {
      std::fprintf(stderr, "%s: --client is not supported yet\n", invocation.program.c_str());
      return kExitError;
    }
    if (option != "--mode" && option != "--name") {
      return Usage(invocation, "unknown option " + option);
    }
    if (args.size() < 2) return Usage(invocation, option + " needs a value");
    if (option == "--mode") {
      if (args[1] != "disk" && args[1] != "memory") {
        return Usage(invocation, "--mode is disk or memory, not " + args[1]);
      }
      invocation.conf.Set("tusk.job.mode", args[1], "--mode");
    } else {
      submission.name = args[1];
    }
    args.erase(args.begin(), args.begin() + 2);
  }
  submission.program = FindProgram(args.front());
  submission.args.assign(args.begin() + 1, args.end());
  submission.configuration = invocation.conf;
  return SubmitAndFollow(submission, invocation.program);
}

}  // namespace tusk::cli
