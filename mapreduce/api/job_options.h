// Settings of one job: what `-D` gave, what the program set, Hadoop's names.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/macros.h"
#include "mapreduce/engine/plan/serializer.h"

namespace tusk::mapreduce {

// Small text pairs that travel with a job's operators.
class TUSK_EXPORT JobOptions {
 public:
  void Set(std::string key, std::string value) { values_[std::move(key)] = std::move(value); }
  std::optional<std::string> Get(std::string_view key) const;
  const std::map<std::string, std::string, std::less<>>& values() const { return values_; }

  void Encode(Writer* out) const;
  static JobOptions Decode(Reader& in);

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace tusk::mapreduce
