// Named places where a test makes the program fail. One branch when off, in every build.
//
//   FAULT_POINT(kAfterMirrorAck, "datanode.receiver.after_mirror_ack");   // once, where it fires
//   RETURN_IF_ERROR(kAfterMirrorAck.Hit());
//
// Armed by a test (ScopedFault), or in a daemon by the environment:
//   TUSK_FAULTS="datanode.receiver.after_mirror_ack=crash@5,namenode.edits.sync=error,x=delay:100ms"
//   crash | error | delay:TIME      @N: only the N-th hit, @N+: the N-th and all later ones, else
//   all
// A name that no point in the program has is an error: a fault that never fires proves nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"

namespace tusk {

struct Fault {
  enum class Action : uint8_t { kCrash, kError, kDelay, kCall };

  Action action = Action::kError;
  Duration delay{0};
  int64_t first_hit = 1;
  bool once = false;           // only hit number `first_hit`
  std::function<void()> call;  // of kCall

  // The process ends at once, as by kill -9: no destructor, no flush.
  static Fault CrashOnHit(int64_t n) { return {Action::kCrash, Duration(0), n, true, {}}; }
  static Fault Error() { return {}; }
  static Fault ErrorOnHit(int64_t n) { return {Action::kError, Duration(0), n, true, {}}; }
  static Fault Delay(Duration delay) { return {Action::kDelay, delay, 1, false, {}}; }
  // In a test: what else happens at this very moment.
  static Fault Call(std::function<void()> call) {
    return {Action::kCall, Duration(0), 1, false, std::move(call)};
  }

  // The text form above, without the name.
  static StatusOr<Fault> Parse(std::string_view text);
};

// Threads: thread-safe. Life: static storage only; registered for ever.
class FaultPoint {
 public:
  explicit FaultPoint(const char* name);
  FaultPoint(const FaultPoint&) = delete;
  FaultPoint& operator=(const FaultPoint&) = delete;

  // Ok when off; an armed point acts: kUnavailable "fault injected at NAME", a delay, a call, or
  // the end.
  Status Hit() {
    if (!armed_.load(std::memory_order_acquire)) [[likely]]
      return Status::Ok();
    return Fire();
  }

  const char* name() const { return name_; }
  // Since it was armed.
  int64_t hits() const { return hits_.load(); }

 private:
  friend Status ArmFault(std::string_view name, const Fault& fault);
  friend Status DisarmFault(std::string_view name);
  friend FaultPoint* FindFaultPoint(std::string_view name);
  friend std::vector<std::string> FaultPointNames();

  Status Fire();

  const char* const name_;
  FaultPoint* next_;  // constant after construction
  std::atomic<bool> armed_{false};
  std::atomic<int64_t> hits_{0};
  // Written before `armed_` is set; a point is armed and disarmed while no traffic passes it.
  Fault fault_;
};

// kNotFound when no point of the running program has that name.
FaultPoint* FindFaultPoint(std::string_view name);  // nullptr when there is none
Status ArmFault(std::string_view name, const Fault& fault);
Status DisarmFault(std::string_view name);
std::vector<std::string> FaultPointNames();

// Arms what `text` (the form of TUSK_FAULTS) names; all or nothing.
Status ArmFaults(std::string_view text);
// For main(): arms what TUSK_FAULTS says. Ok when it is not set.
Status ArmFaultsFromEnvironment();

// Armed as long as this lives. Stops the test when no point has that name.
class ScopedFault {
 public:
  ScopedFault(std::string name, const Fault& fault);
  ~ScopedFault();
  ScopedFault(const ScopedFault&) = delete;
  ScopedFault& operator=(const ScopedFault&) = delete;

  int64_t hits() const;

 private:
  const std::string name_;
};

}  // namespace tusk

#define FAULT_POINT(variable, name)    \
  static ::tusk::FaultPoint variable { \
    name                               \
  }
