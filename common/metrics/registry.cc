#include "common/metrics/registry.h"

#include "common/metrics/registry_state.h"

namespace tusk {

using internal::BeanState;

MetricsBean::~MetricsBean() {
  Close();
}

MetricsBean& MetricsBean::operator=(MetricsBean&& other) noexcept {
  if (this != &other) {
    Close();
    registry_ = std::move(other.registry_);
    state_ = std::move(other.state_);
  }
  return *this;
}

void MetricsBean::Close() {
  if (state_ == nullptr) return;
  {
    MutexLock lock(registry_->mu);
    const auto [first, last] = registry_->beans.equal_range(state_->name);
    for (auto it = first; it != last; ++it) {
      if (it->second != state_) continue;
      registry_->beans.erase(it);
      break;
    }
  }
  MutexLock lock(state_->mu);  // waits for a reader
  state_->closed = true;
  lock.Unlock();
  state_.reset();
  registry_.reset();
}

void MetricsBean::AddCallback(std::string name, std::string help, MetricKind kind,
                              std::function<MetricValue()> read) {
  MutexLock lock(state_->mu);
  state_->attributes.push_back({std::move(name), std::move(help), kind, std::move(read), nullptr});
}

void MetricsBean::AddText(std::string name, std::function<std::string()> read) {
  AddCallback(std::move(name), "", MetricKind::kText, Wrap(std::move(read)));
}

Counter* MetricsBean::AddCounter(std::string name, std::string help) {
  MutexLock lock(state_->mu);
  Counter* const counter = state_->counters.emplace_back(std::make_unique<Counter>()).get();
  state_->attributes.push_back({std::move(name), std::move(help), MetricKind::kCounter,
                                [counter] { return MetricValue(counter->value()); }, nullptr});
  return counter;
}

Gauge* MetricsBean::AddGauge(std::string name, std::string help) {
  MutexLock lock(state_->mu);
  Gauge* const gauge = state_->gauges.emplace_back(std::make_unique<Gauge>()).get();
  state_->attributes.push_back({std::move(name), std::move(help), MetricKind::kGauge,
                                [gauge] { return MetricValue(gauge->value()); }, nullptr});
  return gauge;
}

Rate* MetricsBean::AddRate(std::string name, std::string help) {
  MutexLock lock(state_->mu);
  Rate* const rate = state_->rates.emplace_back(std::make_unique<Rate>()).get();
  state_->attributes.push_back({name + "NumOps", help, MetricKind::kCounter,
                                [rate] { return MetricValue(rate->count()); }, rate});
  state_->attributes.push_back({name + "AvgTime", help + " (milliseconds)", MetricKind::kGauge,
                                [rate] { return MetricValue(rate->average_millis()); }, nullptr});
  return rate;
}

MetricsRegistry::MetricsRegistry() : state_(std::make_shared<internal::RegistryState>()) {}

MetricsRegistry::~MetricsRegistry() = default;

MetricsBean MetricsRegistry::AddBean(const std::string& service, const std::string& name,
                                     std::vector<std::pair<std::string, std::string>> tags,
                                     std::string modeler_type) {
  auto bean = std::make_shared<BeanState>();
  bean->name = "Hadoop:service=" + service + ",name=" + name;
  bean->modeler_type = modeler_type.empty() ? name : std::move(modeler_type);
  bean->tags = std::move(tags);
  MetricsBean handle;
  handle.registry_ = state_;
  handle.state_ = bean;
  MutexLock lock(state_->mu);
  const std::string key = bean->name;
  state_->beans.emplace(key, std::move(bean));
  return handle;
}

std::vector<BeanSample> MetricsRegistry::Read(
    const std::function<bool(const std::string&)>& wanted) const {
  std::vector<std::shared_ptr<BeanState>> beans;
  {
    MutexLock lock(state_->mu);
    for (const auto& [name, bean] : state_->beans) {
      if (wanted == nullptr || wanted(name)) beans.push_back(bean);
    }
  }
  std::vector<BeanSample> samples;
  for (const auto& bean : beans) {
    MutexLock lock(bean->mu);
    if (bean->closed) continue;
    BeanSample sample{bean->name, bean->modeler_type, bean->tags, {}};
    for (const BeanState::Attribute& attribute : bean->attributes) {
      MetricSample read{attribute.name, attribute.help, attribute.kind, attribute.read(), {}};
      if (attribute.rate != nullptr) {
        read.rate.emplace();
        for (size_t i = 0; i <= Rate::kBucketMicros.size(); ++i) {
          read.rate->buckets.push_back(attribute.rate->bucket(i));
        }
        read.rate->total_seconds = attribute.rate->total_seconds();
      }
      sample.attributes.push_back(std::move(read));
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace tusk
