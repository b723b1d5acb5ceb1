// Applications and their attempts, from submission until long after their end.
//
//   ACCEPTED -> RUNNING -> FINISHED | FAILED | KILLED     (a failed attempt goes back to ACCEPTED)
//
// `version` rises with every change a report shows, so that a submitter may wait for the next one.
//
// Threads: not thread-safe; belongs to the ResourceManager's core.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/security/credentials.h"
#include "common/security/user.h"
#include "yarnlite/api/application.h"
#include "yarnlite/resourcemanager/attempts.h"

namespace tusk::yarnlite {

struct VersionedReport {
  ApplicationReport report;
  uint64_t version = 0;
};
using ReportDone = std::function<void(StatusOr<VersionedReport>)>;

struct Application {
  ApplicationSubmission submission;
  Credentials credentials;  // the submitter's, parsed
  std::string user;
  int max_attempts = 1;
  ApplicationState state = ApplicationState::kAccepted;
  FinalStatus final_status = FinalStatus::kUndefined;
  std::string diagnostics;
  float progress = 0;
  int64_t submit_ms = 0;
  int64_t launch_ms = 0;
  int64_t finish_ms = 0;
  int64_t memory_millis = 0;  // MB x ms of containers that ended
  int64_t vcore_millis = 0;
  uint64_t version = 1;
  std::map<int32_t, Attempt> attempts;
  std::set<NodeId> nodes;  // where containers of it were granted: they hold its files

  struct Waiter {
    User user;
    TimePoint until{};
    ReportDone done;
  };
  std::vector<Waiter> waiters;

  const ApplicationId& id() const { return submission.id; }
  bool is_tusk() const { return submission.type == kTuskApplicationType; }
  Attempt* current() { return attempts.empty() ? nullptr : &attempts.rbegin()->second; }
  const Attempt* current() const { return attempts.empty() ? nullptr : &attempts.rbegin()->second; }
};

class ApplicationTable {
 public:
  explicit ApplicationTable(size_t max_completed) : max_completed_(max_completed) {}

  Application* Find(const ApplicationId& id);
  const Application* Find(const ApplicationId& id) const;
  Attempt* FindAttempt(const ApplicationAttemptId& id);
  const Attempt* FindAttempt(const ApplicationAttemptId& id) const;

  Application* Add(Application application);
  // The application has ended: the oldest ended one beyond the maximum is forgotten.
  void Ended(const ApplicationId& id);

  std::map<ApplicationId, Application>& all() { return applications_; }
  const std::map<ApplicationId, Application>& all() const { return applications_; }

 private:
  const size_t max_completed_;
  std::map<ApplicationId, Application> applications_;
  std::vector<ApplicationId> ended_;  // in order of their end
};

// What a submitter sees, at `now_ms`. Why it waits and where its page is are the caller's to add.
ApplicationReport MakeReport(const Application& application, int64_t now_ms);
AttemptReport MakeReport(const Attempt& attempt);
ContainerReport MakeReport(const ContainerId& id, const LiveContainer& container);

}  // namespace tusk::yarnlite
