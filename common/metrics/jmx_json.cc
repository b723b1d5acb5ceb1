#include "common/metrics/jmx_json.h"

#include <cmath>
#include <cstdio>

namespace tusk {

namespace {

// `*` stands for any characters, `?` for one.
bool Matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0;
  size_t star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string JsonValue(const MetricValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&value)) return JsonQuote(*text);
  const double number = std::get<double>(value);
  if (!std::isfinite(number)) return "\"NaN\"";
  char text[32];
  std::snprintf(text, sizeof text, "%.15g", number);
  // Hadoop prints 0.0, not 0: clients with strict types read a double.
  const std::string printed = text;
  return printed.find_first_of(".e") == std::string::npos ? printed + ".0" : printed;
}

void AppendAttribute(std::string_view name, const std::string& json, std::string* out) {
  *out += ",\n    " + JsonQuote(name) + " : " + json;
}

std::string BeanJson(const BeanSample& bean, std::string_view only = {}) {
  std::string out = "  {\n    \"name\" : " + JsonQuote(bean.name) +
                    ",\n    \"modelerType\" : " + JsonQuote(bean.modeler_type);
  for (const auto& [key, value] : bean.tags) {
    const std::string name = "tag." + key;
    if (only.empty() || only == name) AppendAttribute(name, JsonQuote(value), &out);
  }
  for (const MetricSample& sample : bean.attributes) {
    if (only.empty() || only == sample.name) {
      AppendAttribute(sample.name, JsonValue(sample.value), &out);
    }
  }
  return out + "\n  }";
}

bool HasAttribute(const BeanSample& bean, std::string_view name) {
  for (const auto& [key, value] : bean.tags) {
    if (name == "tag." + key) return true;
  }
  for (const MetricSample& sample : bean.attributes) {
    if (name == sample.name) return true;
  }
  return false;
}

std::string InBeans(const std::string& beans) {
  return "{\n  \"beans\" : [ " + beans + " ]\n}\n";
}

// The length of the UTF-8 sequence at the front, 0 when it is none.
size_t SequenceLength(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t length = first < 0x80         ? 1
                        : (first >> 5) == 6  ? 2
                        : (first >> 4) == 14 ? 3
                        : (first >> 3) == 30 ? 4
                                             : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) >> 6) != 2) return 0;
  }
  return length;
}

}  // namespace

StatusOr<std::string> JmxJson(const MetricsRegistry& registry, std::string_view qry,
                              std::string_view get) {
  if (!get.empty()) {
    const size_t colons = get.find("::");
    if (colons == std::string_view::npos || colons == 0 || colons + 2 == get.size()) {
      return InvalidArgumentError("query format is not as expected.");
    }
    const std::string_view bean = get.substr(0, colons);
    const std::string_view attribute = get.substr(colons + 2);
    const auto beans = registry.Read([&](const std::string& name) { return name == bean; });
    if (beans.empty() || !HasAttribute(beans.front(), attribute)) {
      return NotFoundError("No beans with name " + std::string(get) + " were found.");
    }
    return InBeans(BeanJson(beans.front(), attribute));
  }
  const auto beans =
      registry.Read([&](const std::string& name) { return qry.empty() || Matches(qry, name); });
  std::string out;
  for (const BeanSample& bean : beans) {
    if (!out.empty()) out += ", ";
    out += BeanJson(bean);
  }
  return InBeans(out);
}

std::string JsonQuote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const char c = text.front();
    const size_t length = SequenceLength(text);
    if (length == 0) {
      out += "\\ufffd";
      text.remove_prefix(1);
      continue;
    }
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  return out + "\"";
}

}  // namespace tusk
