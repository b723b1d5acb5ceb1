// Runs built-in programs on the cluster, through the same submission as `tusk job run`, and says
// what each run did.
//
// Threads: not thread-safe; Run blocks until the program has ended.
// Fails:   with the program's own words when it failed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands/bench/mode_figures.h"
#include "client/file_system.h"
#include "common/base/status.h"
#include "common/config/configuration.h"
#include "mapreduce/client/job_client.h"

namespace tusk::cli {

struct ClusterSize {
  int nodes = 0;
  int vcores = 0;

  std::string ToString() const;
};

class ProgramRunner {
 public:
  // `programs`: the folder of the built-in programs.
  static StatusOr<std::unique_ptr<ProgramRunner>> Create(const Configuration& configuration,
                                                         std::string programs);

  const ClusterSize& cluster() const { return cluster_; }

  StatusOr<ModeFigures> Run(const std::string& program, const std::vector<std::string>& args,
                            const std::map<std::string, std::string>& settings);

 private:
  ProgramRunner(Configuration configuration, std::string programs,
                std::unique_ptr<mapreduce::JobClient> client, ClusterSize cluster);

  const Configuration configuration_;
  const std::string programs_;
  const std::unique_ptr<mapreduce::JobClient> client_;
  const ClusterSize cluster_;
};

}  // namespace tusk::cli
