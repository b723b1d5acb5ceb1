#include "yarnlite/api/application.h"

#include "yarnlite/api/queue.h"

namespace tusk::yarnlite {
namespace {

constexpr std::string_view kApplicationStates[] = {
    "", "NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED", "RUNNING", "FINISHED", "FAILED", "KILLED"};
constexpr std::string_view kFinalStatuses[] = {"UNDEFINED", "SUCCEEDED", "FAILED", "KILLED",
                                               "ENDED"};
constexpr std::string_view kNodeStates[] = {
    "",     "NEW",      "RUNNING",         "UNHEALTHY", "DECOMMISSIONED",
    "LOST", "REBOOTED", "DECOMMISSIONING", "SHUTDOWN"};

}  // namespace

std::string_view ApplicationStateName(ApplicationState state) {
  return kApplicationStates[static_cast<int>(state)];
}

StatusOr<ApplicationState> ParseApplicationState(std::string_view name) {
  for (int i = 1; i <= static_cast<int>(ApplicationState::kKilled); ++i) {
    if (kApplicationStates[i] == name) return static_cast<ApplicationState>(i);
  }
  return InvalidArgumentError("The application state " + std::string(name) + " is invalid.",
                              Reason::kIllegalArgument);
}

std::string_view FinalStatusName(FinalStatus status) {
  return kFinalStatuses[static_cast<int>(status)];
}

std::string_view NodeStateName(NodeState state) {
  return kNodeStates[static_cast<int>(state)];
}

StatusOr<NodeState> ParseNodeState(std::string_view name) {
  for (int i = 1; i <= static_cast<int>(NodeState::kShutdown); ++i) {
    if (kNodeStates[i] == name) return static_cast<NodeState>(i);
  }
  return InvalidArgumentError("The node state " + std::string(name) + " is invalid.",
                              Reason::kIllegalArgument);
}

}  // namespace tusk::yarnlite
