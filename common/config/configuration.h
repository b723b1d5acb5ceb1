// What the administrator and the user configured: Hadoop's XML files, then -D overrides.
//
// core-site.xml, hdfs-site.xml, yarn-site.xml and mapred-site.xml of one folder; a later file or
// property wins, except over one marked <final>. -D wins over all. Deprecated names
// (fs.default.name, dfs.block.size, ...) count as their new ones. Values may hold ${other.key},
// ${user.name}, ${user.home}, ${env.NAME}, ${env.NAME:-text}.
//
// Threads: not thread-safe while it is being filled; then freely read.
// Fails:   a file that cannot be read or parsed names file and place; a value that does not fit its
//          key names key, value, where it was set and what would fit.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/config/config_key.h"

namespace tusk {

class Configuration {
 public:
  Configuration() = default;

  // The *-site.xml files of `dir`, those which exist; kNotFound when `dir` does not.
  static StatusOr<Configuration> Load(const std::string& dir);
  // For mains: `config_dir` (--config), else TUSK_CONF_DIR, else HADOOP_CONF_DIR, else nothing.
  static StatusOr<Configuration> LoadDefault(const std::string& config_dir);
  // The folder LoadDefault would take; "" for none.
  static std::string FindConfDir(const std::string& config_dir);

  // The generic option -conf FILE.
  Status AddFile(const std::string& path);
  // XML text; `source` is named in errors.
  Status AddXml(std::string_view xml, const std::string& source);
  // "key=value", as after -D.
  Status AddOverride(std::string_view assignment);
  void Set(std::string_view name, std::string value, const std::string& source = "set by program");

  // The configured value or the key's default, within the key's bounds, else kInvalidArgument.
  StatusOr<std::string> Get(const StringKey& key) const;
  StatusOr<int64_t> Get(const IntKey& key) const;
  StatusOr<bool> Get(const BoolKey& key) const;
  StatusOr<double> Get(const DoubleKey& key) const;
  StatusOr<Duration> Get(const DurationKey& key) const;
  StatusOr<int64_t> Get(const SizeKey& key) const;
  StatusOr<std::vector<std::string>> Get(const ListKey& key) const;

  // Whether something was configured (a default does not count).
  bool IsSet(std::string_view name) const;
  // For keys whose name is made at run time ("dfs.namenode.rpc-address." + ns): expanded, as set.
  // Falls back to the default when the name is that of a declared key.
  StatusOr<std::optional<std::string>> GetRaw(std::string_view name) const;

  // What is set below a prefix, without it, expanded, sorted. Values that do not expand are left
  // as they stand.
  std::vector<std::pair<std::string, std::string>> ForPrefix(std::string_view prefix) const;
  // Everything that is set, expanded.
  std::map<std::string, std::string> All() const;

  // Keys beginning with "tusk." that no table declares: for a warning at start.
  std::vector<std::string> UnknownTuskKeys() const;
  // Attempts to override a <final> property: for a warning at start.
  const std::vector<std::string>& warnings() const { return warnings_; }

  // As a site file, for job submission and `cluster start`.
  std::string ToXml() const;

 private:
  struct Value {
    std::string text;
    std::string source;
    bool is_final = false;
  };

  const Value* Find(std::string_view name) const;
  // The raw text of a set or declared key; false for neither.
  bool Lookup(std::string_view name, std::string* text) const;
  StatusOr<std::string> Expand(std::string_view name, const std::string& text) const;
  // The expanded text and where it comes from; nullopt when the default counts.
  StatusOr<std::optional<std::string>> Configured(std::string_view name) const;
  Status Bad(std::string_view name, std::string_view value, std::string_view wanted) const;

  std::map<std::string, Value, std::less<>> values_;
  std::vector<std::string> warnings_;
};

// kUnimplemented when hadoop.security.authentication asks for more than "simple": going on without
// would be less than the administrator believes. Every client asks before it starts.
Status CheckAuthentication(const Configuration& configuration);
// And every daemon this, which also refuses hadoop.security.authorization.
Status CheckDaemonSecurity(const Configuration& configuration);

// The declared key of that name, or nullptr.
const KeyRef* FindKey(std::string_view name);
// The current name of a deprecated one; `name` itself for all others.
std::string_view CurrentKeyName(std::string_view name);
std::string_view KeyName(const KeyRef& key);
std::string_view KeyDoc(const KeyRef& key);
// The default in the form of a site file ("10s", "128m").
std::string KeyDefaultText(const KeyRef& key);

StatusOr<Duration> ParseDuration(std::string_view text, TimeUnit unit);
std::string FormatDuration(Duration duration);
StatusOr<int64_t> ParseSize(std::string_view text);
std::string FormatSize(int64_t bytes);
std::vector<std::string> SplitList(std::string_view text);

}  // namespace tusk
