// The identities YARN passes around, with Hadoop's text forms.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace tusk::yarnlite {

// "application_1700000000000_0007". The timestamp is the ResourceManager's start in ms: ids of two
// lives of a ResourceManager never meet.
struct ApplicationId {
  int64_t cluster_timestamp = 0;
  int32_t id = 0;

  auto operator<=>(const ApplicationId&) const = default;
  std::string ToString() const;
  static StatusOr<ApplicationId> Parse(std::string_view text);
};

// One try of an application's master: "appattempt_1700000000000_0007_000001". Numbered from 1.
struct ApplicationAttemptId {
  ApplicationId application;
  int32_t attempt = 0;

  auto operator<=>(const ApplicationAttemptId&) const = default;
  std::string ToString() const;
  static StatusOr<ApplicationAttemptId> Parse(std::string_view text);
};

// "container_1700000000000_0007_01_000003"; the attempt's master is number 1. The high bits of
// `id` (from 40 up) are the ResourceManager's epoch: "container_e02_...".
struct ContainerId {
  ApplicationAttemptId attempt;
  int64_t id = 0;

  auto operator<=>(const ContainerId&) const = default;
  std::string ToString() const;
  static StatusOr<ContainerId> Parse(std::string_view text);
};

// Where a NodeManager serves ContainerManagementProtocol: "127.0.10.1:8041".
struct NodeId {
  std::string host;
  int32_t port = 0;

  auto operator<=>(const NodeId&) const = default;
  std::string ToString() const;
  static StatusOr<NodeId> Parse(std::string_view text);
};

inline std::ostream& operator<<(std::ostream& out, const ApplicationId& id) {
  return out << id.ToString();
}
inline std::ostream& operator<<(std::ostream& out, const ApplicationAttemptId& id) {
  return out << id.ToString();
}
inline std::ostream& operator<<(std::ostream& out, const ContainerId& id) {
  return out << id.ToString();
}
inline std::ostream& operator<<(std::ostream& out, const NodeId& id) {
  return out << id.ToString();
}

}  // namespace tusk::yarnlite
