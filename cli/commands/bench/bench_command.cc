#include "cli/commands/bench/bench_command.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "cli/commands/bench/modes_bench.h"
#include "cli/commands/bench/modes_options.h"
#include "cli/commands/bench/modes_report.h"
#include "cli/commands/bench/program_runner.h"
#include "client/file_system.h"
#include "mapreduce/history/report_html.h"

namespace tusk::cli {
namespace {

int Fail(const std::string& program, const Status& status) {
  std::fprintf(stderr, "%s: %s\n", program.c_str(), status.message().c_str());
  return kExitError;
}

Status WriteLocalFile(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (out) return Status::Ok();
  return UnavailableError("writing " + path + ": " + std::strerror(errno));
}

StatusOr<ModesReport> CompareModes(const Invocation& invocation, const ModesOptions& options) {
  // Before an hour of running, not after it.
  if (!options.report.empty()) RETURN_IF_ERROR(WriteLocalFile(options.report, ""));
  ASSIGN_OR_RETURN(const auto file_system, FileSystem::Connect(invocation.conf));
  ASSIGN_OR_RETURN(const auto runner,
                   ProgramRunner::Create(invocation.conf, ProgramDir() + "/examples"));
  ModesReport report;
  report.cluster = runner->cluster().ToString();
  report.runs = options.runs;
  ModesBench bench(&options, file_system.get(), runner.get(),
                   [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); });
  for (const BenchProgram program : options.programs) {
    ASSIGN_OR_RETURN(ModesComparison comparison, bench.Compare(program));
    if (!options.json) {
      std::printf("\n%s\n", ComparisonText(comparison).c_str());
      std::fflush(stdout);
    }
    report.programs.push_back(std::move(comparison));
  }
  return report;
}

int RunModes(Invocation& invocation) {
  const auto options = ParseModesOptions(invocation.args);
  if (!options.ok()) {
    std::fprintf(stderr, "%s: %s\n%s", invocation.program.c_str(),
                 options.status().message().c_str(), kModesUsage);
    return kExitUsage;
  }
  if (options->help) {
    std::fputs(kModesUsage, stdout);
    return kExitOk;
  }
  const auto report = CompareModes(invocation, *options);
  if (!report.ok()) return Fail(invocation.program, report.status());
  if (options->json) {
    std::fputs(ModesJson(*report).c_str(), stdout);
  } else {
    std::printf("%s\n", FootNote(options->runs).c_str());
  }
  if (!options->report.empty()) {
    const Status written = WriteLocalFile(options->report, RenderHtml(ModesHtml(*report)));
    if (!written.ok()) return Fail(invocation.program, written);
    std::fprintf(stderr, "report: %s\n", options->report.c_str());
  }
  return report->AllAgree() ? kExitOk : kExitError;
}

// `tusk bench` with anything else.
int RunOther(Invocation& invocation) {
  const std::string which = invocation.args.empty() ? "" : invocation.args[0];
  if (which == "dfs" || which == "namenode" || which == "sort") {
    std::fprintf(stderr, "%s %s: not supported yet\n", invocation.program.c_str(), which.c_str());
    return kExitError;
  }
  std::fprintf(stderr, "usage: %s modes [options]; `%s modes --help` lists them\n",
               invocation.program.c_str(), invocation.program.c_str());
  return kExitUsage;
}

}  // namespace

void AddBenchCommands(CommandTable* table) {
  table->Add({"bench modes", "compares disk mode and memory mode on this cluster", &RunModes});
  table->Add({"bench", "benchmarks of this cluster", &RunOther});
}

}  // namespace tusk::cli
