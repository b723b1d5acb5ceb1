// A bug that a test chooses, to prove that a checker would find it.
//
//   PLANTED_BUG(kReplyBeforeSync, "planted.reply_before_sync");     // beside the code it spoils
//   if (kReplyBeforeSync.Chosen()) return work();
//
// Chosen as a fault point is armed: ScopedFault("planted.reply_before_sync", Fault::Error()).
// Only test programs that compile such a source with TUSK_PLANTED_BUGS have it. In all others
// Chosen() is the constant false: the libraries and the daemons hold neither name nor branch.
#pragma once

#ifdef TUSK_PLANTED_BUGS

#include "common/fault/fault_point.h"

namespace tusk {

class PlantedBug {
 public:
  explicit PlantedBug(const char* name) : point_(name) {}
  bool Chosen() { return !point_.Hit().ok(); }

 private:
  FaultPoint point_;
};

}  // namespace tusk

#define PLANTED_BUG(variable, name)    \
  static ::tusk::PlantedBug variable { \
    name                               \
  }

#else

namespace tusk {

struct NoPlantedBug {
  static constexpr bool Chosen() { return false; }
};

}  // namespace tusk

#define PLANTED_BUG(variable, name) static constexpr ::tusk::NoPlantedBug variable

#endif
