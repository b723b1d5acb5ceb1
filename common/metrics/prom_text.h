// The registry in Prometheus's text format 0.0.4, named as Hadoop's own /prom names them:
// FSNamesystem + CapacityTotal = fs_namesystem_capacity_total.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/metrics/registry.h"

namespace tusk {

inline constexpr std::string_view kPrometheusContentType = "text/plain; version=0.0.4";

std::string PrometheusText(const std::vector<BeanSample>& beans);
// "NameNodeActivity", "CreateFileOps" -> "name_node_activity_create_file_ops".
std::string PrometheusName(std::string_view bean, std::string_view attribute);

}  // namespace tusk
