#include "cli/commands/job/submit.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "cli/command.h"
#include "cli/commands/job/progress.h"

namespace tusk::cli {
namespace {

int Fail(const std::string& called_as, const Status& status) {
  std::fprintf(stderr, "%s: %s\n", called_as.c_str(), status.message().c_str());
  return kExitError;
}

// Whether who reads stderr has read stdout too.
bool OneStream() {
  struct stat out{};
  struct stat errors{};
  return ::fstat(STDOUT_FILENO, &out) == 0 && ::fstat(STDERR_FILENO, &errors) == 0 &&
         out.st_dev == errors.st_dev && out.st_ino == errors.st_ino;
}

}  // namespace

std::string FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const std::string built_in = ProgramDir() + "/examples/" + name;
  std::error_code error;
  return std::filesystem::is_regular_file(built_in, error) ? built_in : name;
}

int SubmitAndFollow(const mapreduce::JobSubmission& submission, const std::string& called_as) {
  for (const std::string& key : submission.configuration.UnknownTuskKeys()) {
    std::fprintf(stderr, "%s: warning: unknown key %s\n", called_as.c_str(), key.c_str());
  }
  auto client = mapreduce::JobClient::Create(submission.configuration);
  if (!client.ok()) return Fail(called_as, client.status());
  const auto id = (*client)->Submit(submission);
  if (!id.ok()) return Fail(called_as, id.status());
  std::fprintf(stderr, "submitted %s\n", id->ToString().c_str());

  ProgressPrinter progress(::isatty(STDERR_FILENO) == 1);
  mapreduce::FollowSinks sinks;
  bool output_seen = false;
  sinks.waiting = [&](const yarnlite::ApplicationReport& report) {
    progress.Waiting(report.diagnostics);
  };
  sinks.news = [&](const mapreduce::ProgramNews& news) {
    if (!news.output.empty()) {
      progress.Clear();
      std::fwrite(news.output.data(), 1, news.output.size(), stdout);
      std::fflush(stdout);
      output_seen = true;
    }
    progress.Show(news.status);
  };
  const auto report = (*client)->Follow(*id, sinks);
  if (!report.ok()) return Fail(called_as, report.status());
  if (!output_seen && !report->output_tail.empty()) {
    std::fwrite(report->output_tail.data(), 1, report->output_tail.size(), stdout);
  }
  progress.Summary(report->status, OneStream() ? report->output_tail : "");
  if (report->status.state == mapreduce::ProgramState::kSucceeded) return kExitOk;
  return report->status.exit_code != 0 ? report->status.exit_code : kExitError;
}

}  // namespace tusk::cli
