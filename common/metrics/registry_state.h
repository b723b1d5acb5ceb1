// What a registry and its beans share. For the .cc files of this folder.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/metrics/registry.h"

namespace tusk::internal {

struct BeanState {
  struct Attribute {
    std::string name;
    std::string help;
    MetricKind kind = MetricKind::kGauge;
    std::function<MetricValue()> read;
    const Rate* rate = nullptr;  // for the NumOps attribute of a rate
  };

  // Constant after construction.
  std::string name;
  std::string modeler_type;
  std::vector<std::pair<std::string, std::string>> tags;

  // Held while the callbacks run, and by the bean's destructor: afterwards none runs.
  Mutex mu;
  bool closed GUARDED_BY(mu) = false;
  std::vector<Attribute> attributes GUARDED_BY(mu);
  std::vector<std::unique_ptr<Counter>> counters GUARDED_BY(mu);
  std::vector<std::unique_ptr<Gauge>> gauges GUARDED_BY(mu);
  std::vector<std::unique_ptr<Rate>> rates GUARDED_BY(mu);
};

struct RegistryState {
  mutable Mutex mu;
  // By name; two beans of one name (two registries in one test process) stand side by side.
  std::multimap<std::string, std::shared_ptr<BeanState>> beans GUARDED_BY(mu);
};

}  // namespace tusk::internal
