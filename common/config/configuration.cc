#include "common/config/configuration.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/config/core_keys.h"
#include "common/config/default_xml.h"
#include "common/config/hadoop_xml.h"

namespace tusk {

namespace {

constexpr int kMaxExpansions = 20;  // as Hadoop: deeper is taken for a circle

std::string_view TrimBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string UserName() {
  if (const char* name = std::getenv("HADOOP_USER_NAME"); name != nullptr && *name != '\0') {
    return name;
  }
  const passwd* const user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_name : std::to_string(::geteuid());
}

std::string UserHome() {
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return home;
  const passwd* const user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_dir : "/";
}

// ${user.name} and its like; nullopt for anything else.
std::optional<std::string> SystemVariable(std::string_view name) {
  if (name == "user.name") return UserName();
  if (name == "user.home") return UserHome();
  if (name == "java.io.tmpdir") return "/tmp";
  if (!name.starts_with("env.")) return std::nullopt;

  // ${env.NAME}, ${env.NAME-text} (when unset), ${env.NAME:-text} (when unset or empty).
  std::string_view variable = name.substr(4);
  std::optional<std::string> otherwise;
  bool also_for_empty = false;
  if (const size_t dash = variable.find('-'); dash != std::string_view::npos) {
    otherwise = std::string(variable.substr(dash + 1));
    variable = variable.substr(0, dash);
    also_for_empty = variable.ends_with(':');
    if (also_for_empty) variable.remove_suffix(1);
  }
  const char* const value = std::getenv(std::string(variable).c_str());
  if (value != nullptr && (*value != '\0' || !also_for_empty)) return value;
  return otherwise;
}

template <typename T>
std::string Bounds(const T& key, std::string (*format)(int64_t)) {
  const bool has_min = key.min != std::numeric_limits<int64_t>::min();
  const bool has_max = key.max != std::numeric_limits<int64_t>::max();
  std::string text;
  if (has_min) text += " of at least " + format(key.min);
  if (has_max) text += (has_min ? " and at most " : " of at most ") + format(key.max);
  return text;
}

std::string FormatNumber(int64_t value) {
  return std::to_string(value);
}

}  // namespace

StatusOr<Configuration> Configuration::Load(const std::string& dir) {
  struct stat info;
  if (::stat(dir.c_str(), &info) != 0) return ErrnoError("configuration folder " + dir, errno);
  if (!S_ISDIR(info.st_mode)) {
    return InvalidArgumentError("configuration folder " + dir + " is not a folder");
  }
  Configuration conf;
  for (const char* file : {"core-site.xml", "hdfs-site.xml", "yarn-site.xml", "mapred-site.xml"}) {
    const std::string path = dir + "/" + file;
    if (::access(path.c_str(), F_OK) != 0) continue;
    RETURN_IF_ERROR(conf.AddFile(path));
  }
  return conf;
}

std::string Configuration::FindConfDir(const std::string& config_dir) {
  if (!config_dir.empty()) return config_dir;
  for (const char* variable : {"TUSK_CONF_DIR", "HADOOP_CONF_DIR"}) {
    const char* const dir = std::getenv(variable);
    if (dir != nullptr && *dir != '\0') return dir;
  }
  return {};
}

StatusOr<Configuration> Configuration::LoadDefault(const std::string& config_dir) {
  const std::string dir = FindConfDir(config_dir);
  if (dir.empty()) return Configuration();
  return Load(dir);
}

Status Configuration::AddFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return ErrnoError(path, errno);
  std::ostringstream text;
  text << in.rdbuf();
  // Reading a folder opens well and fails here.
  if (!in.good()) return ErrnoError("read " + path, errno != 0 ? errno : EIO);
  return AddXml(std::move(text).str(), path);
}

Status Configuration::AddXml(std::string_view xml, const std::string& source) {
  ASSIGN_OR_RETURN(const auto properties, ParseHadoopXml(xml, source));
  for (const XmlProperty& property : properties) {
    if (!property.has_value) continue;  // Hadoop ignores it, too
    const std::string name(CurrentKeyName(property.name));
    Value& value = values_[name];
    if (value.is_final) {
      if (value.text != property.value) {
        warnings_.push_back(source + " tries to override " + name + ", which is final in " +
                            value.source);
      }
      continue;
    }
    value = {property.value, source, property.is_final};
  }
  return Status::Ok();
}

Status Configuration::AddOverride(std::string_view assignment) {
  const size_t equals = assignment.find('=');
  const std::string_view name = TrimBlanks(assignment.substr(0, equals));
  if (equals == std::string_view::npos || name.empty()) {
    return InvalidArgumentError("-D " + std::string(assignment) + ": expected key=value");
  }
  Set(name, std::string(assignment.substr(equals + 1)), "-D");
  return Status::Ok();
}

void Configuration::Set(std::string_view name, std::string value, const std::string& source) {
  values_[std::string(CurrentKeyName(name))] = {std::move(value), source, false};
}

const Configuration::Value* Configuration::Find(std::string_view name) const {
  const auto it = values_.find(CurrentKeyName(name));
  return it == values_.end() ? nullptr : &it->second;
}

bool Configuration::Lookup(std::string_view name, std::string* text) const {
  if (const Value* const value = Find(name); value != nullptr) {
    *text = value->text;
    return true;
  }
  const KeyRef* const key = FindKey(CurrentKeyName(name));
  if (key == nullptr) return false;
  *text = KeyDefaultText(*key);
  return true;
}

StatusOr<std::string> Configuration::Expand(std::string_view name,
                                            const std::string& unexpanded) const {
  std::string text = unexpanded;
  size_t from = 0;
  for (int round = 0; round <= kMaxExpansions; ++round) {
    const size_t start = text.find("${", from);
    if (start == std::string::npos) return text;
    const size_t end = text.find('}', start);
    if (end == std::string::npos) return text;
    const std::string variable = text.substr(start + 2, end - start - 2);
    std::optional<std::string> value = SystemVariable(variable);
    if (std::string configured; !value.has_value() && Lookup(variable, &configured)) {
      value = std::move(configured);
    }
    if (value.has_value()) {
      text.replace(start, end + 1 - start, *value);
      from = start;
    } else {
      from = end + 1;  // unknown: it stays as it stands, as in Hadoop
      --round;
    }
  }
  return InvalidArgumentError(std::string(name) + " = \"" + unexpanded +
                              "\": the variables in it refer to one another in a circle");
}

StatusOr<std::optional<std::string>> Configuration::Configured(std::string_view name) const {
  const Value* const value = Find(name);
  if (value == nullptr) return std::optional<std::string>();
  ASSIGN_OR_RETURN(std::string text, Expand(name, value->text));
  return std::optional<std::string>(std::move(text));
}

Status Configuration::Bad(std::string_view name, std::string_view value,
                          std::string_view wanted) const {
  const Value* const set = Find(name);
  return InvalidArgumentError(std::string(name) + " = \"" + std::string(value) + "\"" +
                              (set != nullptr ? " (" + set->source + ")" : "") + ": expected " +
                              std::string(wanted));
}

StatusOr<std::string> Configuration::Get(const StringKey& key) const {
  ASSIGN_OR_RETURN(auto text, Configured(key.name));
  if (!text.has_value()) return Expand(key.name, std::string(key.fallback));
  return key.trim ? std::string(TrimBlanks(*text)) : *std::move(text);
}

StatusOr<int64_t> Configuration::Get(const IntKey& key) const {
  ASSIGN_OR_RETURN(const auto configured, Configured(key.name));
  if (!configured.has_value()) return key.fallback;
  std::string_view text = TrimBlanks(*configured);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
  if (!whole || value < key.min || value > key.max) {
    return Bad(key.name, *configured, "a whole number" + Bounds(key, FormatNumber));
  }
  return value;
}

StatusOr<bool> Configuration::Get(const BoolKey& key) const {
  ASSIGN_OR_RETURN(const auto configured, Configured(key.name));
  if (!configured.has_value()) return key.fallback;
  std::string text(TrimBlanks(*configured));
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (text == "true") return true;
  if (text == "false") return false;
  return Bad(key.name, *configured, "true or false");
}

StatusOr<double> Configuration::Get(const DoubleKey& key) const {
  ASSIGN_OR_RETURN(const auto configured, Configured(key.name));
  if (!configured.has_value()) return key.fallback;
  std::string_view text = TrimBlanks(*configured);
  // Hadoop's own defaults are written as Java writes floats: "0.999f".
  if (text.size() > 1 && (text.back() == 'f' || text.back() == 'F')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
  if (!whole || !(value >= key.min && value <= key.max)) {
    std::ostringstream wanted;
    wanted << "a number";
    if (key.min != std::numeric_limits<double>::lowest()) wanted << " of at least " << key.min;
    if (key.max != std::numeric_limits<double>::max()) wanted << ", at most " << key.max;
    return Bad(key.name, *configured, wanted.str());
  }
  return value;
}

StatusOr<Duration> Configuration::Get(const DurationKey& key) const {
  ASSIGN_OR_RETURN(const auto configured, Configured(key.name));
  if (!configured.has_value()) return key.fallback;
  const auto value = ParseDuration(*configured, key.unit);
  if (value.ok() && *value >= key.min && *value <= key.max) return value;
  std::string wanted = "a time such as 10s or 100ms";
  if (key.min != Duration::min()) wanted += ", at least " + FormatDuration(key.min);
  if (key.max != Duration::max()) wanted += ", at most " + FormatDuration(key.max);
  return Bad(key.name, *configured, wanted);
}

StatusOr<int64_t> Configuration::Get(const SizeKey& key) const {
  ASSIGN_OR_RETURN(const auto configured, Configured(key.name));
  if (!configured.has_value()) return key.fallback;
  const auto value = ParseSize(*configured);
  if (value.ok() && *value >= key.min && *value <= key.max) return value;
  return Bad(key.name, *configured, "a size such as 128m" + Bounds(key, FormatSize));
}

StatusOr<std::vector<std::string>> Configuration::Get(const ListKey& key) const {
  ASSIGN_OR_RETURN(const auto configured, Configured(key.name));
  if (configured.has_value()) return SplitList(*configured);
  ASSIGN_OR_RETURN(const std::string fallback, Expand(key.name, std::string(key.fallback)));
  return SplitList(fallback);
}

bool Configuration::IsSet(std::string_view name) const {
  return Find(name) != nullptr;
}

StatusOr<std::optional<std::string>> Configuration::GetRaw(std::string_view name) const {
  std::string text;
  if (!Lookup(name, &text)) return std::optional<std::string>();
  ASSIGN_OR_RETURN(std::string expanded, Expand(name, text));
  return std::optional<std::string>(std::move(expanded));
}

std::vector<std::pair<std::string, std::string>> Configuration::ForPrefix(
    std::string_view prefix) const {
  std::vector<std::pair<std::string, std::string>> found;
  for (auto it = values_.lower_bound(prefix); it != values_.end(); ++it) {
    if (!it->first.starts_with(prefix)) break;
    found.emplace_back(it->first.substr(prefix.size()),
                       Expand(it->first, it->second.text).value_or(it->second.text));
  }
  return found;
}

std::map<std::string, std::string> Configuration::All() const {
  std::map<std::string, std::string> all;
  for (auto& [name, value] : ForPrefix("")) all.emplace(std::move(name), std::move(value));
  return all;
}

Status CheckAuthentication(const Configuration& configuration) {
  ASSIGN_OR_RETURN(const std::string method, configuration.Get(keys::kAuthentication));
  if (method == "simple") return Status::Ok();
  return UnimplementedError("hadoop.security.authentication is " + method +
                            ": nothing but simple is supported yet");
}

Status CheckDaemonSecurity(const Configuration& configuration) {
  RETURN_IF_ERROR(CheckAuthentication(configuration));
  ASSIGN_OR_RETURN(const bool authorization, configuration.Get(keys::kAuthorization));
  if (!authorization) return Status::Ok();
  return UnimplementedError("hadoop.security.authorization is true: not supported yet");
}

std::vector<std::string> Configuration::UnknownTuskKeys() const {
  std::vector<std::string> unknown;
  for (const auto& [name, value] : values_) {
    if (name.starts_with("tusk.") && FindKey(name) == nullptr) unknown.push_back(name);
  }
  return unknown;
}

std::string Configuration::ToXml() const {
  std::vector<XmlProperty> properties;
  for (const auto& [name, value] : values_) {
    properties.push_back({name, value.text, true, value.is_final, ""});
  }
  return FormatHadoopXml(properties, "");
}

}  // namespace tusk
