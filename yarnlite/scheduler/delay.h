// Delay scheduling: an ask that names nodes waits a moment for them before it takes a farther one.
//
// The wait begins when the ask could have been met farther away but not nearby, and is looked at
// only on events (an ask, a freed container, a new node) and at the deadline it names. A grant near
// enough ends the wait; a far one does not, so that the rest of the same ask need not wait again.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/clock.h"

namespace tusk::yarnlite {

enum class Locality : uint8_t { kNode = 0, kRack = 1, kAny = 2 };

struct DelayOptions {
  Duration node = std::chrono::milliseconds(200);  // for an asked node
  Duration rack = std::chrono::milliseconds(200);  // and then for its rack
};

class LocalityDelay {
 public:
  // `nearest`: the nearest level at which the cluster can ever meet the ask. Levels nearer than it
  // are not waited for. Notes that the ask waits from now on, if it does not already.
  Locality Allowed(TimePoint now, Locality nearest, const DelayOptions& options);

  // When Allowed will widen next; nothing when it is kAny or when nothing waits.
  std::optional<TimePoint> NextChange(TimePoint now, Locality nearest,
                                      const DelayOptions& options) const;

  // A container was granted at `got`.
  void Granted(Locality got) {
    if (got == Locality::kNode) Reset();
  }
  void Reset() { waiting_since_.reset(); }

 private:
  std::optional<TimePoint> waiting_since_;
};

}  // namespace tusk::yarnlite
