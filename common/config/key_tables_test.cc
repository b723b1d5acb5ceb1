#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
