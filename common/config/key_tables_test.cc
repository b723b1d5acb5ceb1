#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "common/config/configuration.h"
#include "common/config/default_xml.h"

namespace tusk {
namespace {

std::string ReadSource(const std::string& path) {
  std::ifstream in(std::string(TUSK_SOURCE_DIR) + "/" + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Number of matches of `pattern` in `text`.
size_t Count(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  return static_cast<size_t>(
      std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}));
}

TEST(KeyTablesTest, EveryDeclaredKeyStandsInTheListOfItsFile) {
  for (const KeyTable& table : AllKeyTables()) {
    std::string file(table.file);  // "core-default.xml" -> "core_keys.h"
    file = "common/config/" + file.substr(0, file.find('-')) + "_keys.h";
    const std::string text = ReadSource(file);
    EXPECT_EQ(Count(text, "inline constexpr (String|Int|Bool|Double|Duration|Size|List)Key k"),
              table.keys.size())
        << file;
  }
}

// What conf/*-default.xml explains must have an effect.
TEST(KeyTablesTest, EveryKeyIsReadBySomething) {
  std::set<std::string> used;  // constants, and texts in quotes
  const std::regex use("keys::(k[A-Z]\\w*)|\"([a-z][\\w.-]*\\.[\\w.-]+)\"");
  for (const char* folder :
       {"common", "namenode", "datanode", "client", "yarnlite", "mapreduce", "cli"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             std::string(TUSK_SOURCE_DIR) + "/" + folder)) {
      const std::string path = entry.path().string().substr(sizeof(TUSK_SOURCE_DIR));
      // Of common/config only what reads them; `cluster start` only writes them.
      const bool is_source = path.ends_with(".cc") || path.ends_with(".h");
      if (!is_source || path.ends_with("_test.cc") || path.ends_with("_keys.h") ||
          path == "common/config/config_key.cc" || path.starts_with("cli/commands/cluster/")) {
        continue;
      }
      const std::string text = ReadSource(path);
      for (std::sregex_iterator it(text.begin(), text.end(), use), end; it != end; ++it) {
        used.insert((*it)[1].matched ? (*it)[1] : (*it)[2]);
      }
    }
  }
  for (const KeyTable& table : AllKeyTables()) {
    for (const KeyRef& key : table.keys) {  // ${other.key} in a default
      const std::string text = KeyDefaultText(key);
      const size_t begin = text.find("${");
      if (begin != std::string::npos)
        used.insert(text.substr(begin + 2, text.find('}') - begin - 2));
    }
  }
  const std::regex declaration("Key (k[A-Z]\\w*)\\{\\s*\\.name\\s*=\\s*\"([^\"]+)\"");
  for (const char* file : {"core", "hdfs", "yarn", "mapred"}) {
    const std::string text = ReadSource("common/config/" + std::string(file) + "_keys.h");
    for (std::sregex_iterator it(text.begin(), text.end(), declaration), end; it != end; ++it) {
      EXPECT_TRUE(used.contains((*it)[1]) || used.contains((*it)[2]))
          << "nothing reads " << (*it)[2] << " (" << (*it)[1] << ")";
    }
  }
}

TEST(KeyTablesTest, NoKeyIsDeclaredTwice) {
  std::set<std::string_view> names;
  for (const KeyTable& table : AllKeyTables()) {
    for (const KeyRef& key : table.keys) {
      EXPECT_TRUE(names.insert(KeyName(key)).second) << KeyName(key);
    }
  }
}

TEST(KeyTablesTest, EveryKeyHasADocAndNoDeprecatedName) {
  for (const KeyTable& table : AllKeyTables()) {
    for (const KeyRef& key : table.keys) {
      EXPECT_FALSE(KeyDoc(key).empty()) << KeyName(key);
      EXPECT_EQ(CurrentKeyName(KeyName(key)), KeyName(key));
    }
  }
}

TEST(KeyTablesTest, EveryDefaultFitsItsOwnBoundsAsText) {
  for (const KeyTable& table : AllKeyTables()) {
    for (const KeyRef& key : table.keys) {
      Configuration conf;
      conf.Set(KeyName(key), KeyDefaultText(key));
      const Status got = std::visit([&](const auto* k) { return conf.Get(*k).status(); }, key);
      EXPECT_TRUE(got.ok()) << got.ToString();
    }
  }
}

}  // namespace
}  // namespace tusk
