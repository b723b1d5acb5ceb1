#include "mapreduce/engine/plan/output_committer.h"

namespace tusk::mapreduce {

std::string OutputCommitter::AttemptDirectory(const std::string& work_directory,
                                              const TaskAttemptId& id) {
  return work_directory + "/_temporary/attempt_" + std::to_string(id.stage.value()) + "_" +
         std::to_string(id.partition) + "_" + std::to_string(id.serial);
}

}  // namespace tusk::mapreduce
