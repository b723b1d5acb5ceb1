// The forms of values (durations, sizes, lists) and the look-up of declared keys.
#include "common/config/config_key.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include "common/config/configuration.h"
#include "common/config/default_xml.h"

namespace tusk {

namespace {

using std::chrono::duration_cast;

struct UnitName {
  std::string_view suffix;
  Duration length;
};
// Longer suffixes first: "ms" ends in "s" too.
constexpr std::array<UnitName, 7> kUnits{{{"ms", std::chrono::milliseconds(1)},
                                          {"us", std::chrono::microseconds(1)},
                                          {"ns", std::chrono::nanoseconds(1)},
                                          {"s", std::chrono::seconds(1)},
                                          {"m", std::chrono::minutes(1)},
                                          {"h", std::chrono::hours(1)},
                                          {"d", std::chrono::hours(24)}}};

Duration UnitLength(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMillis:
      return std::chrono::milliseconds(1);
    case TimeUnit::kSeconds:
      return std::chrono::seconds(1);
    case TimeUnit::kMinutes:
      return std::chrono::minutes(1);
    case TimeUnit::kHours:
      return std::chrono::hours(1);
  }
  return std::chrono::milliseconds(1);
}

std::string_view TrimBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool ParseWhole(std::string_view text, int64_t* value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return out;
}

}  // namespace

StatusOr<Duration> ParseDuration(std::string_view text, TimeUnit unit) {
  std::string digits = Lower(TrimBlanks(text));
  Duration length = UnitLength(unit);
  for (const UnitName& name : kUnits) {
    if (!std::string_view(digits).ends_with(name.suffix)) continue;
    digits.resize(digits.size() - name.suffix.size());
    length = name.length;
    break;
  }
  int64_t count = 0;
  int64_t nanos = 0;
  if (!ParseWhole(TrimBlanks(digits), &count)) {
    return InvalidArgumentError("\"" + std::string(text) + "\" is not a time");
  }
  // Hadoop's defaults hold Long.MAX_VALUE for "never": as long as we can count.
  if (__builtin_mul_overflow(count, length.count(), &nanos)) {
    nanos = count > 0 ? Duration::max().count() : Duration::min().count();
  }
  return Duration(nanos);
}

std::string FormatDuration(Duration duration) {
  if (duration == Duration(0)) return "0";
  for (const std::string_view suffix : {"d", "h", "m", "s", "ms", "us"}) {
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [&](const UnitName& name) { return name.suffix == suffix; });
    if (duration % unit->length != Duration(0)) continue;
    return std::to_string(duration / unit->length) + std::string(suffix);
  }
  return std::to_string(duration.count()) + "ns";
}

StatusOr<int64_t> ParseSize(std::string_view text) {
  std::string_view digits = TrimBlanks(text);
  int shift = 0;
  if (!digits.empty()) {
    constexpr std::string_view kLetters = "kmgtpe";
    const size_t letter = kLetters.find(static_cast<char>(std::tolower(digits.back())));
    if (letter != std::string_view::npos) {
      shift = 10 * (static_cast<int>(letter) + 1);
      digits.remove_suffix(1);
    }
  }
  int64_t count = 0;
  int64_t bytes = 0;
  if (!ParseWhole(TrimBlanks(digits), &count) ||
      __builtin_mul_overflow(count, int64_t{1} << shift, &bytes)) {
    return InvalidArgumentError("\"" + std::string(text) + "\" is not a size");
  }
  return bytes;
}

std::string FormatSize(int64_t bytes) {
  constexpr std::string_view kLetters = "kmgt";
  int letter = -1;
  while (bytes != 0 && bytes % 1024 == 0 && letter + 1 < static_cast<int>(kLetters.size())) {
    bytes /= 1024;
    ++letter;
  }
  std::string out = std::to_string(bytes);
  if (letter >= 0) out.push_back(kLetters[static_cast<size_t>(letter)]);
  return out;
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const size_t comma = std::min(text.find(','), text.size());
    if (const auto part = TrimBlanks(text.substr(0, comma)); !part.empty()) {
      parts.emplace_back(part);
    }
    if (comma == text.size()) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string_view KeyName(const KeyRef& key) {
  return std::visit([](const auto* k) { return k->name; }, key);
}

std::string_view KeyDoc(const KeyRef& key) {
  return std::visit([](const auto* k) { return k->doc; }, key);
}

namespace {

struct DefaultText {
  std::string operator()(const StringKey* key) const { return std::string(key->fallback); }
  std::string operator()(const ListKey* key) const { return std::string(key->fallback); }
  std::string operator()(const IntKey* key) const { return std::to_string(key->fallback); }
  std::string operator()(const BoolKey* key) const { return key->fallback ? "true" : "false"; }
  std::string operator()(const DoubleKey* key) const {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, key->fallback).ptr;
    return std::string(text, end);
  }
  std::string operator()(const DurationKey* key) const { return FormatDuration(key->fallback); }
  std::string operator()(const SizeKey* key) const { return FormatSize(key->fallback); }
};

}  // namespace

std::string KeyDefaultText(const KeyRef& key) {
  return std::visit(DefaultText(), key);
}

const KeyRef* FindKey(std::string_view name) {
  static const auto* const by_name = [] {
    auto* keys = new std::unordered_map<std::string_view, const KeyRef*>;
    for (const KeyTable& table : AllKeyTables()) {
      for (const KeyRef& key : table.keys) keys->emplace(KeyName(key), &key);
    }
    return keys;
  }();
  const auto it = by_name->find(name);
  return it == by_name->end() ? nullptr : it->second;
}

std::string_view CurrentKeyName(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kDeprecated[] = {
      {"fs.default.name", "fs.defaultFS"},
      {"dfs.block.size", "dfs.blocksize"},
      {"dfs.http.address", "dfs.namenode.http-address"},
      {"dfs.name.dir", "dfs.namenode.name.dir"},
      {"dfs.name.edits.dir", "dfs.namenode.edits.dir"},
      {"dfs.data.dir", "dfs.datanode.data.dir"},
      {"dfs.permissions", "dfs.permissions.enabled"},
      {"dfs.permissions.supergroup", "dfs.permissions.superusergroup"},
      {"dfs.umaskmode", "fs.permissions.umask-mode"},
      {"dfs.safemode.threshold.pct", "dfs.namenode.safemode.threshold-pct"},
      {"dfs.safemode.extension", "dfs.namenode.safemode.extension"},
      {"dfs.replication.min", "dfs.namenode.replication.min"},
      {"dfs.max-repl-streams", "dfs.namenode.replication.max-streams"},
      {"dfs.replication.interval", "dfs.namenode.redundancy.interval.seconds"},
      {"dfs.namenode.replication.interval", "dfs.namenode.redundancy.interval.seconds"},
      {"heartbeat.recheck.interval", "dfs.namenode.heartbeat.recheck-interval"},
      {"dfs.access.time.precision", "dfs.namenode.accesstime.precision"},
      {"dfs.balance.bandwidthPerSec", "dfs.datanode.balance.bandwidthPerSec"},
      {"dfs.datanode.max.xcievers", "dfs.datanode.max.transfer.threads"},
      {"dfs.socket.timeout", "dfs.client.socket-timeout"},
      {"dfs.write.packet.size", "dfs.client-write-packet-size"},
      {"io.bytes.per.checksum", "dfs.bytes-per-checksum"},
      {"topology.script.file.name", "net.topology.script.file.name"},
      {"mapred.job.name", "mapreduce.job.name"},
      {"mapred.job.queue.name", "mapreduce.job.queuename"},
      {"mapred.reduce.tasks", "mapreduce.job.reduces"},
      {"mapred.map.tasks", "mapreduce.job.maps"},
      {"mapred.map.max.attempts", "mapreduce.map.maxattempts"},
      {"mapred.reduce.max.attempts", "mapreduce.reduce.maxattempts"},
      {"mapred.task.timeout", "mapreduce.task.timeout"},
      {"io.sort.mb", "mapreduce.task.io.sort.mb"},
      {"io.sort.factor", "mapreduce.task.io.sort.factor"},
      {"io.sort.spill.percent", "mapreduce.map.sort.spill.percent"},
      {"mapred.compress.map.output", "mapreduce.map.output.compress"},
      {"mapred.map.output.compression.codec", "mapreduce.map.output.compress.codec"},
      {"mapred.output.compress", "mapreduce.output.fileoutputformat.compress"},
      {"mapred.output.compression.codec", "mapreduce.output.fileoutputformat.compress.codec"},
      {"mapred.reduce.parallel.copies", "mapreduce.reduce.shuffle.parallelcopies"},
      {"mapred.min.split.size", "mapreduce.input.fileinputformat.split.minsize"},
      {"mapred.max.split.size", "mapreduce.input.fileinputformat.split.maxsize"},
      {"mapred.map.tasks.speculative.execution", "mapreduce.map.speculative"},
      {"mapred.reduce.tasks.speculative.execution", "mapreduce.reduce.speculative"},
  };
  for (const auto& [old_name, new_name] : kDeprecated) {
    if (name == old_name) return new_name;
  }
  return name;
}

}  // namespace tusk
