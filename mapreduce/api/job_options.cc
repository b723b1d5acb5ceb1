#include "mapreduce/api/job_options.h"

namespace tusk::mapreduce {

std::optional<std::string> JobOptions::Get(std::string_view key) const {
  const auto it = values_.find(key);
  if (it == values_.end()) return std::nullopt;
  return it->second;
}

void JobOptions::Encode(Writer* out) const {
  out->Varint(values_.size());
  for (const auto& [key, value] : values_) {
    out->String(key);
    out->String(value);
  }
}

JobOptions JobOptions::Decode(Reader& in) {
  JobOptions options;
  uint64_t count = 0;
  in.Varint(&count);
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    std::string key;
    std::string value;
    if (in.String(&key) && in.String(&value)) options.Set(std::move(key), std::move(value));
  }
  return options;
}

}  // namespace tusk::mapreduce
