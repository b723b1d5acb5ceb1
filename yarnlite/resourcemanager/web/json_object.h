// A JSON object put together field by field.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/metrics/jmx_json.h"

namespace tusk::yarnlite {

class JsonObject {
 public:
  JsonObject& Add(std::string_view name, const std::string& value) {
    return AddRaw(name, JsonQuote(value));
  }
  JsonObject& Add(std::string_view name, int64_t value) {
    return AddRaw(name, std::to_string(value));
  }
  // `json` is JSON already.
  JsonObject& AddRaw(std::string_view name, const std::string& json) {
    if (!fields_.empty()) fields_ += ",";
    fields_ += JsonQuote(name) + ":" + json;
    return *this;
  }
  std::string Text() const { return "{" + fields_ + "}"; }

 private:
  std::string fields_;
};

// `elements` are JSON already.
inline std::string JsonArray(const std::vector<std::string>& elements) {
  std::string text = "[";
  for (const std::string& element : elements) {
    if (text.size() > 1) text += ",";
    text += element;
  }
  return text + "]";
}

}  // namespace tusk::yarnlite
