#include "yarnlite/api/ids.h"

#include <charconv>
#include <cstdio>
#include <optional>
#include <vector>

namespace tusk::yarnlite {
namespace {

constexpr int kEpochShift = 40;

std::string Padded(int64_t value, int width) {
  char text[32];
  std::snprintf(text, sizeof(text), "%0*lld", width, static_cast<long long>(value));
  return text;
}

std::vector<std::string_view> SplitAtUnderscore(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find('_');
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

Status InvalidId(const char* kind, std::string_view text) {
  return InvalidArgumentError("Invalid " + std::string(kind) + ": " + std::string(text),
                              Reason::kIllegalArgument);
}

}  // namespace

std::string ApplicationId::ToString() const {
  return "application_" + std::to_string(cluster_timestamp) + "_" + Padded(id, 4);
}

StatusOr<ApplicationId> ApplicationId::Parse(std::string_view text) {
  const auto parts = SplitAtUnderscore(text);
  if (parts.size() != 3 || parts[0] != "application") return InvalidId("ApplicationId", text);
  const auto timestamp = ParseNumber<int64_t>(parts[1]);
  const auto id = ParseNumber<int32_t>(parts[2]);
  if (!timestamp || !id) return InvalidId("ApplicationId", text);
  return ApplicationId{*timestamp, *id};
}

std::string ApplicationAttemptId::ToString() const {
  return "appattempt_" + std::to_string(application.cluster_timestamp) + "_" +
         Padded(application.id, 4) + "_" + Padded(attempt, 6);
}

StatusOr<ApplicationAttemptId> ApplicationAttemptId::Parse(std::string_view text) {
  const auto parts = SplitAtUnderscore(text);
  if (parts.size() != 4 || parts[0] != "appattempt") return InvalidId("AppAttemptId", text);
  const auto timestamp = ParseNumber<int64_t>(parts[1]);
  const auto id = ParseNumber<int32_t>(parts[2]);
  const auto attempt = ParseNumber<int32_t>(parts[3]);
  if (!timestamp || !id || !attempt) return InvalidId("AppAttemptId", text);
  return ApplicationAttemptId{{*timestamp, *id}, *attempt};
}

std::string ContainerId::ToString() const {
  const int64_t epoch = id >> kEpochShift;
  const int64_t number = id & ((int64_t{1} << kEpochShift) - 1);
  std::string text = "container_";
  if (epoch > 0) text += "e" + Padded(epoch, 2) + "_";
  return text + std::to_string(attempt.application.cluster_timestamp) + "_" +
         Padded(attempt.application.id, 4) + "_" + Padded(attempt.attempt, 2) + "_" +
         Padded(number, 6);
}

StatusOr<ContainerId> ContainerId::Parse(std::string_view text) {
  auto parts = SplitAtUnderscore(text);
  if (parts.size() < 5 || parts[0] != "container") return InvalidId("ContainerId", text);
  int64_t epoch = 0;
  if (parts[1].starts_with('e')) {
    const auto parsed = ParseNumber<int64_t>(parts[1].substr(1));
    if (!parsed || *parsed >= (int64_t{1} << 23)) return InvalidId("ContainerId", text);
    epoch = *parsed;
    parts.erase(parts.begin() + 1);
  }
  if (parts.size() != 5) return InvalidId("ContainerId", text);
  const auto timestamp = ParseNumber<int64_t>(parts[1]);
  const auto id = ParseNumber<int32_t>(parts[2]);
  const auto attempt = ParseNumber<int32_t>(parts[3]);
  const auto number = ParseNumber<int64_t>(parts[4]);
  if (!timestamp || !id || !attempt || !number || *number >> kEpochShift != 0) {
    return InvalidId("ContainerId", text);
  }
  return ContainerId{{{*timestamp, *id}, *attempt}, epoch << kEpochShift | *number};
}

std::string NodeId::ToString() const {
  return host + ":" + std::to_string(port);
}

StatusOr<NodeId> NodeId::Parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return InvalidId("NodeId", text);
  const auto port = ParseNumber<int32_t>(text.substr(colon + 1));
  if (!port || *port > 65535) return InvalidId("NodeId", text);
  return NodeId{std::string(text.substr(0, colon)), *port};
}

}  // namespace tusk::yarnlite
