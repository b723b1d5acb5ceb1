#include "cli/commands/bench/program_runner.h"

#include "common/base/clock.h"

namespace tusk::cli {

std::string ClusterSize::ToString() const {
  return std::to_string(nodes) + (nodes == 1 ? " node with " : " nodes with ") +
         std::to_string(vcores) + " vcores";
}

StatusOr<std::unique_ptr<ProgramRunner>> ProgramRunner::Create(const Configuration& configuration,
                                                               std::string programs) {
  ASSIGN_OR_RETURN(auto client, mapreduce::JobClient::Create(configuration));
  ASSIGN_OR_RETURN(const auto nodes, client->yarn().Nodes({yarnlite::NodeState::kRunning}));
  ClusterSize cluster;
  for (const yarnlite::NodeReport& node : nodes) {
    ++cluster.nodes;
    cluster.vcores += node.capability.vcores;
  }
  if (cluster.nodes == 0) return UnavailableError("no NodeManager is running");
  return std::unique_ptr<ProgramRunner>(
      new ProgramRunner(configuration, std::move(programs), std::move(client), cluster));
}

ProgramRunner::ProgramRunner(Configuration configuration, std::string programs,
                             std::unique_ptr<mapreduce::JobClient> client, ClusterSize cluster)
    : configuration_(std::move(configuration)),
      programs_(std::move(programs)),
      client_(std::move(client)),
      cluster_(cluster) {}

StatusOr<ModeFigures> ProgramRunner::Run(const std::string& program,
                                         const std::vector<std::string>& args,
                                         const std::map<std::string, std::string>& settings) {
  mapreduce::JobSubmission submission;
  submission.program = programs_ + "/" + program;
  submission.args = args;
  submission.name = program;
  submission.configuration = configuration_;
  for (const auto& [key, value] : settings) submission.configuration.Set(key, value);

  const Clock* const clock = Clock::Real();
  RunTimes times;
  times.submit_ms = clock->WallMillis();
  ASSIGN_OR_RETURN(const yarnlite::ApplicationId id, client_->Submit(submission));
  mapreduce::FollowSinks sinks;
  sinks.news = [&](const mapreduce::ProgramNews& news) {
    if (times.runner_ms == 0 && !news.status.runners.empty()) times.runner_ms = clock->WallMillis();
  };
  ASSIGN_OR_RETURN(const mapreduce::ProgramReport report, client_->Follow(id, sinks));
  times.end_ms = clock->WallMillis();
  if (report.status.state != mapreduce::ProgramState::kSucceeded) {
    return AbortedError(program + " (" + id.ToString() + ") " +
                        mapreduce::ProgramStateName(report.status.state) + ": " +
                        report.status.diagnostics + "\n" + report.output_tail);
  }
  return FiguresOf(program, report.status, report.output_tail, times);
}

}  // namespace tusk::cli
