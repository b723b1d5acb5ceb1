#include "common/process/exit_status.h"

#include <string.h>

namespace tusk {

std::string ExitStatus::ToString() const {
  if (exited()) return "exit code " + std::to_string(code());
  const char* const name = ::sigabbrev_np(signal());
  return "killed by signal " + std::to_string(signal()) +
         (name != nullptr ? " (SIG" + std::string(name) + ")" : "");
}

}  // namespace tusk
