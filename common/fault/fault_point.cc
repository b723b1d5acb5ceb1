#include "common/fault/fault_point.h"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "common/base/check.h"

namespace tusk {

namespace {

// Points are static objects of many files: a list that needs no constructor of its own.
constinit std::atomic<FaultPoint*> first_point{nullptr};

StatusOr<int64_t> ParseNumber(std::string_view digits, std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) {
    return InvalidArgumentError("fault \"" + std::string(text) + "\": \"" + std::string(digits) +
                                "\" is not a number");
  }
  return value;
}

StatusOr<Duration> ParseDelay(std::string_view text, std::string_view fault) {
  if (text.ends_with("ms")) {
    ASSIGN_OR_RETURN(const int64_t n, ParseNumber(text.substr(0, text.size() - 2), fault));
    return Duration(std::chrono::milliseconds(n));
  }
  if (text.ends_with("s")) {
    ASSIGN_OR_RETURN(const int64_t n, ParseNumber(text.substr(0, text.size() - 1), fault));
    return Duration(std::chrono::seconds(n));
  }
  return InvalidArgumentError("fault \"" + std::string(fault) + "\": a delay is 100ms or 2s");
}

Status UnknownPoint(std::string_view name) {
  return NotFoundError("no fault point is named \"" + std::string(name) + "\"");
}

std::vector<std::string_view> SplitAtCommas(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.push_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

}  // namespace

StatusOr<Fault> Fault::Parse(std::string_view text) {
  Fault fault;
  std::string_view action = text;
  if (const size_t at = text.find('@'); at != std::string_view::npos) {
    action = text.substr(0, at);
    std::string_view hit = text.substr(at + 1);
    fault.once = !hit.ends_with('+');
    if (!fault.once) hit.remove_suffix(1);
    ASSIGN_OR_RETURN(fault.first_hit, ParseNumber(hit, text));
  }
  if (action == "crash") {
    fault.action = Action::kCrash;
  } else if (action == "error") {
    fault.action = Action::kError;
  } else if (action.starts_with("delay:")) {
    fault.action = Action::kDelay;
    ASSIGN_OR_RETURN(fault.delay, ParseDelay(action.substr(6), text));
  } else {
    return InvalidArgumentError("fault \"" + std::string(text) +
                                "\": expected crash, error or delay:TIME");
  }
  return fault;
}

FaultPoint::FaultPoint(const char* name) : name_(name), next_(first_point.load()) {
  while (!first_point.compare_exchange_weak(next_, this)) {
  }
}

Status FaultPoint::Fire() {
  const int64_t hit = hits_.fetch_add(1) + 1;
  if (fault_.once ? hit != fault_.first_hit : hit < fault_.first_hit) return Status::Ok();
  switch (fault_.action) {
    case Fault::Action::kCrash:
      ::kill(::getpid(), SIGKILL);
      ::pause();
      break;
    case Fault::Action::kDelay:
      std::this_thread::sleep_for(fault_.delay);
      return Status::Ok();
    case Fault::Action::kCall:
      fault_.call();
      return Status::Ok();
    case Fault::Action::kError:
      break;
  }
  return UnavailableError("fault injected at " + std::string(name_));
}

FaultPoint* FindFaultPoint(std::string_view name) {
  for (FaultPoint* point = first_point.load(); point != nullptr; point = point->next_) {
    if (name == point->name_) return point;
  }
  return nullptr;
}

Status ArmFault(std::string_view name, const Fault& fault) {
  FaultPoint* const point = FindFaultPoint(name);
  if (point == nullptr) return UnknownPoint(name);
  point->armed_.store(false);
  point->fault_ = fault;
  point->hits_.store(0);
  point->armed_.store(true, std::memory_order_release);
  return Status::Ok();
}

Status DisarmFault(std::string_view name) {
  FaultPoint* const point = FindFaultPoint(name);
  if (point == nullptr) return UnknownPoint(name);
  point->armed_.store(false);
  return Status::Ok();
}

std::vector<std::string> FaultPointNames() {
  std::vector<std::string> names;
  for (FaultPoint* point = first_point.load(); point != nullptr; point = point->next_) {
    names.emplace_back(point->name_);
  }
  return names;
}

Status ArmFaults(std::string_view text) {
  std::vector<std::pair<std::string_view, Fault>> faults;
  for (const std::string_view part : SplitAtCommas(text)) {
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return InvalidArgumentError("fault \"" + std::string(part) + "\": expected NAME=ACTION");
    }
    const std::string_view name = part.substr(0, equals);
    ASSIGN_OR_RETURN(const Fault fault, Fault::Parse(part.substr(equals + 1)));
    if (FindFaultPoint(name) == nullptr) return UnknownPoint(name);
    faults.emplace_back(name, fault);
  }
  for (const auto& [name, fault] : faults) RETURN_IF_ERROR(ArmFault(name, fault));
  return Status::Ok();
}

Status ArmFaultsFromEnvironment() {
  const char* const text = std::getenv("TUSK_FAULTS");
  if (text == nullptr) return Status::Ok();
  return ArmFaults(text).WithContext("TUSK_FAULTS");
}

ScopedFault::ScopedFault(std::string name, const Fault& fault) : name_(std::move(name)) {
  const Status armed = ArmFault(name_, fault);
  CHECK(armed.ok()) << armed.ToString();
}

ScopedFault::~ScopedFault() {
  IgnoreError(DisarmFault(name_), "the constructor has found it");
}

int64_t ScopedFault::hits() const {
  return FindFaultPoint(name_)->hits();
}

}  // namespace tusk
