#include "yarnlite/scheduler/delay.h"

namespace tusk::yarnlite {
namespace {

// How long an ask waits before it may be met beyond `level`.
Duration WaitBeyond(Locality level, Locality nearest, const DelayOptions& options) {
  Duration wait(0);
  if (nearest == Locality::kNode) wait += options.node;
  if (level == Locality::kRack && nearest <= Locality::kRack) wait += options.rack;
  return wait;
}

}  // namespace

Locality LocalityDelay::Allowed(TimePoint now, Locality nearest, const DelayOptions& options) {
  if (!waiting_since_) waiting_since_ = now;
  const Duration waited = now - *waiting_since_;
  if (waited < WaitBeyond(Locality::kNode, nearest, options)) return Locality::kNode;
  if (waited < WaitBeyond(Locality::kRack, nearest, options)) return Locality::kRack;
  return Locality::kAny;
}

std::optional<TimePoint> LocalityDelay::NextChange(TimePoint now, Locality nearest,
                                                   const DelayOptions& options) const {
  if (!waiting_since_) return std::nullopt;
  for (const Locality level : {Locality::kNode, Locality::kRack}) {
    const TimePoint change = *waiting_since_ + WaitBeyond(level, nearest, options);
    if (now < change) return change;
  }
  return std::nullopt;
}

}  // namespace tusk::yarnlite
