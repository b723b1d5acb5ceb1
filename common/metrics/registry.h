// All metrics of a process, as beans with Hadoop's names: what /jmx and /prom show.
//
//   MetricsBean bean = registry->AddBean("NameNode", "FSNamesystem");
//   bean.AddGauge("FilesTotal", "Files and directories", [this] { return inodes_.size(); });
//   created_ = bean.AddCounter("FilesCreated", "Files created");      // a Counter* to increment
//   syncs_ = bean.AddRate("Syncs", "Edit log syncs");                 // SyncsNumOps, SyncsAvgTime
//
// Prometheus's own client library is not used: it keeps values of its own, where ours are computed
// when asked and must carry Hadoop's names at the same time; its text form is one page of code.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/metrics/metric.h"

namespace tusk {

using MetricValue = std::variant<int64_t, double, bool, std::string>;

enum class MetricKind : uint8_t { kCounter, kGauge, kText };

// A rate's histogram at one moment: one count per bucket of Rate::kBucketMicros and one beyond.
struct RateSample {
  std::vector<int64_t> buckets;  // not cumulative
  double total_seconds = 0;
};

struct MetricSample {
  std::string name;  // Hadoop's attribute name
  std::string help;
  MetricKind kind = MetricKind::kGauge;
  MetricValue value;
  std::optional<RateSample> rate;  // on the NumOps sample of a rate: /prom makes a histogram
};

struct BeanSample {
  std::string name;          // "Hadoop:service=NameNode,name=FSNamesystem"
  std::string modeler_type;  // "FSNamesystem" unless given
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<MetricSample> attributes;
};

namespace internal {
struct BeanState;
struct RegistryState;
}  // namespace internal

// A bean that its component fills and owns: make it the last member. Its destructor takes it out of
// the registry and waits for a reader that is just calling its callbacks.
//
// Threads: filling by one thread, before or after others read. Callbacks run on readers' threads:
//          thread-safe, brief; they may take their component's lock, so do not destroy a bean under
//          it.
class MetricsBean {
 public:
  MetricsBean() = default;
  ~MetricsBean();
  MetricsBean(MetricsBean&&) noexcept = default;
  MetricsBean& operator=(MetricsBean&& other) noexcept;

  // The results live as long as the bean.
  Counter* AddCounter(std::string name, std::string help);
  Gauge* AddGauge(std::string name, std::string help);
  Rate* AddRate(std::string name, std::string help);

  // `read` returns any integer, floating-point, bool or string type.
  template <typename Read>
  void AddGauge(std::string name, std::string help, Read read) {
    AddCallback(std::move(name), std::move(help), MetricKind::kGauge, Wrap(std::move(read)));
  }
  template <typename Read>
  void AddCounter(std::string name, std::string help, Read read) {
    AddCallback(std::move(name), std::move(help), MetricKind::kCounter, Wrap(std::move(read)));
  }
  // Shown by /jmx only; Hadoop puts JSON into such strings (LiveNodes).
  void AddText(std::string name, std::function<std::string()> read);

 private:
  friend class MetricsRegistry;

  template <typename Read>
  static std::function<MetricValue()> Wrap(Read read) {
    return [read = std::move(read)]() -> MetricValue {
      using Result = std::decay_t<decltype(read())>;
      if constexpr (std::is_same_v<Result, bool>) {
        return read();
      } else if constexpr (std::is_integral_v<Result>) {
        return static_cast<int64_t>(read());
      } else if constexpr (std::is_floating_point_v<Result>) {
        return static_cast<double>(read());
      } else {
        return std::string(read());
      }
    };
  }
  void AddCallback(std::string name, std::string help, MetricKind kind,
                   std::function<MetricValue()> read);
  void Close();

  std::shared_ptr<internal::RegistryState> registry_;
  std::shared_ptr<internal::BeanState> state_;
};

// Threads: thread-safe. Life: beans may outlive it.
class MetricsRegistry {
 public:
  MetricsRegistry();
  ~MetricsRegistry();
  MetricsRegistry(const MetricsRegistry&) = delete;
  MetricsRegistry& operator=(const MetricsRegistry&) = delete;

  // "Hadoop:service=SERVICE,name=NAME". Tags become "tag.KEY" attributes and labels in /prom.
  MetricsBean AddBean(const std::string& service, const std::string& name,
                      std::vector<std::pair<std::string, std::string>> tags = {},
                      std::string modeler_type = {});

  // Reads every bean, or those `wanted` accepts; in order of name.
  std::vector<BeanSample> Read(
      const std::function<bool(const std::string&)>& wanted = nullptr) const;

 private:
  std::shared_ptr<internal::RegistryState> state_;
};

// "JvmMetrics" as dashboards expect it (MemHeapUsedM, ThreadsRunnable, ... as far as they have a
// meaning here: resident memory, threads) plus process_* for Prometheus.
MetricsBean AddProcessBean(MetricsRegistry* registry, const std::string& service);

}  // namespace tusk
