// Typed configuration keys. Each is declared once, in the table of its file (core_keys.h,
// hdfs_keys.h, yarn_keys.h, mapred_keys.h), with default, bounds and one sentence:
//
//   inline constexpr DurationKey kHeartbeatInterval{   // in namespace tusk::keys
//       .name = "dfs.heartbeat.interval",
//       .fallback = 1s,
//       .min = 100ms,
//       .unit = TimeUnit::kSeconds,
//       .doc = "How often a datanode reports to its namenodes."};
//
// and entered in the list at the end of that file, from which conf/*-default.xml is generated.
// Use: conf.Get(keys::kHeartbeatInterval).
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>
#include <variant>

#include "common/base/clock.h"

namespace tusk {

// What a plain number means: Hadoop's keys differ, and the key's name does not always say.
enum class TimeUnit : uint8_t { kMillis, kSeconds, kMinutes, kHours };

struct StringKey {
  std::string_view name;
  // May hold ${other.key}, ${user.name}, ${user.home}, ${env.NAME}.
  std::string_view fallback = "";
  // Blanks around the value are dropped, as Hadoop does for nearly all keys.
  bool trim = true;
  std::string_view doc = "";
};

struct IntKey {
  std::string_view name;
  int64_t fallback = 0;
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
  std::string_view doc = "";
};

struct BoolKey {
  std::string_view name;
  bool fallback = false;
  std::string_view doc = "";
};

struct DoubleKey {
  std::string_view name;
  double fallback = 0;
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
  std::string_view doc = "";
};

// "100ms", "10s", "5m", "1h", "2d" (also ns, us), or a plain number of `unit`s.
struct DurationKey {
  std::string_view name;
  Duration fallback{0};
  Duration min{std::numeric_limits<int64_t>::min()};
  Duration max{std::numeric_limits<int64_t>::max()};
  TimeUnit unit = TimeUnit::kMillis;
  std::string_view doc = "";
};

// Bytes: "134217728", "128m", "1g", "64k", "2t" (powers of 1024).
struct SizeKey {
  std::string_view name;
  int64_t fallback = 0;
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
  std::string_view doc = "";
};

// Comma-separated; blanks around the parts and empty parts are dropped.
struct ListKey {
  std::string_view name;
  std::string_view fallback = "";
  std::string_view doc = "";
};

// One entry of a file's list.
using KeyRef = std::variant<const StringKey*, const IntKey*, const BoolKey*, const DoubleKey*,
                            const DurationKey*, const SizeKey*, const ListKey*>;

inline constexpr int64_t kKiB = int64_t{1} << 10;
inline constexpr int64_t kMiB = int64_t{1} << 20;
inline constexpr int64_t kGiB = int64_t{1} << 30;

}  // namespace tusk
