// The submitter's side of a program: uploads it, submits it to the ResourceManager, follows and
// kills it.
//
// Threads: thread-safe; calls block their caller.
// Fails:   with Hadoop's words where a service answered; "no node has more than ..." when a runner
//          is asked to be larger than any node.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/file_system.h"
#include "common/config/configuration.h"
#include "common/rpc/client.h"
#include "mapreduce/client/container_launch.h"
#include "mapreduce/client/staging.h"
#include "mapreduce/engine/plan/job_protocol.h"
#include "yarnlite/client/yarn_client.h"

namespace tusk::mapreduce {

struct JobSubmission {
  std::string program;  // path of an executable linked to libtusk
  std::vector<std::string> args;
  std::string name;  // empty: mapreduce.job.name, else the program's file name
  Configuration configuration;
  std::map<std::string, std::string> files;  // link name -> local path: in every container
};

// What a follower is told, in order. Empty functions are left out.
struct FollowSinks {
  std::function<void(const yarnlite::ApplicationReport&)> waiting;  // before the driver is there
  std::function<void(const ProgramNews&)> news;
};

class JobClient {
 public:
  static StatusOr<std::unique_ptr<JobClient>> Create(const Configuration& configuration);
  ~JobClient();

  StatusOr<yarnlite::ApplicationId> Submit(const JobSubmission& submission);

  // Until the program has ended. Its final state: what the driver said last, else its report, else
  // what the ResourceManager knows.
  StatusOr<ProgramReport> Follow(const yarnlite::ApplicationId& id, const FollowSinks& sinks);

  // As it stands now.
  StatusOr<ProgramReport> GetReport(const yarnlite::ApplicationId& id);

  // Asks the driver first, so that it cleans up; then the ResourceManager.
  Status Kill(const yarnlite::ApplicationId& id, const std::string& reason);

  // Programs of Tusk, running and finished, as the ResourceManager lists them.
  StatusOr<std::vector<yarnlite::ApplicationReport>> List();

  yarnlite::YarnClient& yarn() { return *yarn_; }
  const std::string& user() const { return file_system_->user(); }

 private:
  JobClient(std::shared_ptr<FileSystem> file_system, std::unique_ptr<yarnlite::YarnClient> yarn,
            Staging staging);

  Status CheckValues(const Configuration& configuration) const;
  Status CheckRunnerSize(const Configuration& configuration,
                         const yarnlite::Resource& maximum) const;
  // Into `directory`, which the caller has made and removes again when this fails.
  Status StageAndSubmit(const JobSubmission& submission, const yarnlite::ApplicationId& id,
                        const std::string& directory, ProgramLaunch* to_launch);
  void CleanStaging(const yarnlite::ApplicationReport& report);
  StatusOr<ProgramNews> CallFollow(const yarnlite::ApplicationReport& report, int64_t seen,
                                   int64_t output_from);
  // Follows one driver until it ends or does not answer; true when the final state was seen.
  bool FollowDriver(const yarnlite::ApplicationReport& report, const FollowSinks& sinks,
                    ProgramReport* last);
  StatusOr<ProgramReport> FinalReport(const yarnlite::ApplicationReport& report,
                                      const ProgramReport& last);

  const std::shared_ptr<FileSystem> file_system_;
  const std::unique_ptr<yarnlite::YarnClient> yarn_;
  Staging staging_;
  RpcClient rpc_;
};

}  // namespace tusk::mapreduce
