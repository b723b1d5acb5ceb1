#include "common/metrics/prom_text.h"

#include <cctype>
#include <cmath>
#include <cstdio>
#include <map>

namespace tusk {

namespace {

// "Hadoop:service=NameNode,name=FSNamesystem" -> "FSNamesystem".
std::string_view ShortName(std::string_view bean) {
  const size_t at = bean.rfind("name=");
  return at == std::string_view::npos ? bean : bean.substr(at + 5);
}

// Words of a camel-case name, in lower case: "FSNamesystem" -> "fs_namesystem".
void AppendSnakeCase(std::string_view name, std::string* out) {
  const auto upper = [&](size_t i) {
    return i < name.size() && std::isupper(static_cast<unsigned char>(name[i])) != 0;
  };
  const auto lower = [&](size_t i) {
    return i < name.size() && std::islower(static_cast<unsigned char>(name[i])) != 0;
  };
  for (size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (std::isalnum(c) == 0) {
      if (!out->empty() && out->back() != '_') out->push_back('_');
      continue;
    }
    const bool starts_word =
        i > 0 && upper(i) && (!upper(i - 1) || lower(i + 1)) && !out->empty() && out->back() != '_';
    if (starts_word) out->push_back('_');
    out->push_back(static_cast<char>(std::tolower(c)));
  }
}

std::string FormatValue(const MetricValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "1" : "0";
  const double number = std::get<double>(value);
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  char text[32];
  std::snprintf(text, sizeof text, "%.15g", number);
  return text;
}

std::string EscapeLabel(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string Labels(const BeanSample& bean, std::string_view extra = {}) {
  std::string labels;
  for (const auto& [key, value] : bean.tags) {
    if (!labels.empty()) labels.push_back(',');
    AppendSnakeCase(key, &labels);
    labels += "=\"" + EscapeLabel(value) + "\"";
  }
  if (!extra.empty()) labels += (labels.empty() ? "" : ",") + std::string(extra);
  return labels.empty() ? labels : "{" + labels + "}";
}

void AppendHistogram(const BeanSample& bean, const std::string& name, const RateSample& rate,
                     std::string* out) {
  int64_t sum = 0;
  for (size_t i = 0; i < rate.buckets.size(); ++i) {
    sum += rate.buckets[i];
    char bound[32] = "+Inf";
    if (i < Rate::kBucketMicros.size()) {
      std::snprintf(bound, sizeof bound, "%g", static_cast<double>(Rate::kBucketMicros[i]) / 1e6);
    }
    *out += name + "_bucket" + Labels(bean, "le=\"" + std::string(bound) + "\"") + " " +
            std::to_string(sum) + "\n";
  }
  *out += name + "_sum" + Labels(bean) + " " + FormatValue(rate.total_seconds) + "\n";
  *out += name + "_count" + Labels(bean) + " " + std::to_string(sum) + "\n";
}

// All samples of one name stand together, under one TYPE line.
struct Family {
  std::string help;
  const char* type = "gauge";
  std::string lines;
};

}  // namespace

std::string PrometheusName(std::string_view bean, std::string_view attribute) {
  std::string name;
  AppendSnakeCase(bean, &name);
  name.push_back('_');
  std::string tail;
  AppendSnakeCase(attribute, &tail);
  return name + tail;
}

std::string PrometheusText(const std::vector<BeanSample>& beans) {
  std::map<std::string, Family> families;
  for (const BeanSample& bean : beans) {
    for (const MetricSample& sample : bean.attributes) {
      if (std::holds_alternative<std::string>(sample.value)) continue;
      const std::string name = PrometheusName(ShortName(bean.name), sample.name);
      Family& family = families[name];
      family.help = sample.help;
      family.type = sample.kind == MetricKind::kCounter ? "counter" : "gauge";
      family.lines += name + Labels(bean) + " " + FormatValue(sample.value) + "\n";
      if (!sample.rate.has_value()) continue;
      const std::string base = name.substr(0, name.size() - std::string_view("_num_ops").size());
      Family& histogram = families[base + "_seconds"];
      histogram.help = sample.help;
      histogram.type = "histogram";
      AppendHistogram(bean, base + "_seconds", *sample.rate, &histogram.lines);
    }
  }
  std::string out;
  for (const auto& [name, family] : families) {
    if (!family.help.empty()) out += "# HELP " + name + " " + family.help + "\n";
    out += "# TYPE " + name + " " + family.type + "\n" + family.lines;
  }
  return out;
}

}  // namespace tusk
