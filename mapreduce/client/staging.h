// What a job hands over through the DFS: its program, its configuration and files, its report.
//
//   <yarn.app.mapreduce.am.staging-dir>/<user>/.staging/
//       programs/<content hash>/<name>     uploaded once, whoever runs it how often
//       <application id>/job.xml, files, report
//                        open-<driver attempt>-<job>   names an output's work directory, before it
//                        is made
// Only the user may look into it (0700).
// Threads: thread-safe; calls talk to the file system.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/file_system.h"
#include "common/config/configuration.h"
#include "mapreduce/rpc/job_codec.h"
#include "yarnlite/api/container.h"
#include "yarnlite/api/ids.h"

namespace tusk::mapreduce {

inline constexpr const char* kOpenOutput = "open-";

class Staging {
 public:
  static StatusOr<Staging> Create(const Configuration& configuration,
                                  std::shared_ptr<FileSystem> file_system);

  // `user`: whose application it is.
  std::string ApplicationDirectory(const std::string& user,
                                   const yarnlite::ApplicationId& id) const;

  // Makes the user's folders, where they are missing. What is missing above them is made for all
  // users (1777): the first one to run a job must not lock the others out.
  Status Prepare(const std::string& directory);

  // The file under its content's hash; uploads it unless it is there already, whole. Its access
  // time becomes the present, give or take an hour.
  StatusOr<yarnlite::LocalResource> PutProgram(const std::string& local_path);
  // A file of this application.
  StatusOr<yarnlite::LocalResource> PutFile(const std::string& directory, const std::string& name,
                                            const std::string& local_path);
  StatusOr<yarnlite::LocalResource> PutBytes(const std::string& directory, const std::string& name,
                                             const std::string& bytes);

  Status WriteReport(const std::string& directory, const ProgramReport& report);
  // The application, or its driver's earlier attempt, is over: removes the work directories of the
  // jobs that it has not committed. A driver that was killed could not do it.
  Status RemoveUnfinishedOutputs(const std::string& directory);
  // The application is over: only its report stays.
  Status KeepOnlyReport(const std::string& directory);
  // Removes what `user`'s earlier jobs left and nobody took for a week before `now_ms`: programs
  // that no job was submitted with (access times say so), reports of applications that are over.
  Status RemoveOld(const std::string& user, int64_t now_ms);
  // The submission failed.
  Status Remove(const std::string& directory);
  // Empty: there is none.
  StatusOr<std::optional<ProgramReport>> ReadReport(const std::string& directory);

 private:
  Staging(std::string root, std::shared_ptr<FileSystem> file_system)
      : root_(std::move(root)), file_system_(std::move(file_system)) {}

  Status MakeShared(const std::string& directory);
  std::string UserDirectory(const std::string& user) const;
  StatusOr<yarnlite::LocalResource> Describe(const std::string& path) const;
  Status RemoveIfOld(const std::string& directory, int64_t now_ms);
  Status Upload(const std::string& local_path, const std::string& path);

  std::string root_;
  std::shared_ptr<FileSystem> file_system_;
};

}  // namespace tusk::mapreduce
