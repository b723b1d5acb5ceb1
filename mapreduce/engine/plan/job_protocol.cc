#include "mapreduce/engine/plan/job_protocol.h"

namespace tusk::mapreduce {

const char* ProgramStateName(ProgramState state) {
  switch (state) {
    case ProgramState::kPreparing:
      return "PREP";
    case ProgramState::kRunning:
      return "RUNNING";
    case ProgramState::kSucceeded:
      return "SUCCEEDED";
    case ProgramState::kFailed:
      return "FAILED";
    case ProgramState::kKilled:
      return "KILLED";
  }
  return "UNKNOWN";
}

}  // namespace tusk::mapreduce
