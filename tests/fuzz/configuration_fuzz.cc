// Configuration: XML files, -D overrides and the values of every declared key. What we write as XML
// reads back the same.
#include "common/base/check.h"
#include "common/config/configuration.h"
#include "common/config/default_xml.h"
#include "common/config/hadoop_xml.h"
#include "tests/fuzz/fuzz_target.h"

namespace tusk::fuzz {
namespace {

enum class Kind : uint8_t {
  kXml,       // a file's text
  kOverride,  // "key=value"
  kValue,     // the first byte says which declared key, the others are its value
  kText,      // the parsers of single values
  kCount,
};

std::vector<KeyRef> AllKeys() {
  std::vector<KeyRef> all;
  for (const KeyTable& table : AllKeyTables()) {
    all.insert(all.end(), table.keys.begin(), table.keys.end());
  }
  return all;
}

void Read(const Configuration& configuration, const KeyRef& key) {
  std::visit([&](const auto* typed) { IgnoreError(configuration.Get(*typed).status(), "or not"); },
             key);
}

void CheckXml(const std::string& text) {
  const auto properties = ParseHadoopXml(text, "fuzz");
  if (!properties.ok()) return;
  const auto again = ParseHadoopXml(FormatHadoopXml(*properties, "header"), "again");
  CHECK(again.ok());
  CHECK_EQ(again->size(), properties->size());
  for (size_t i = 0; i < again->size(); ++i) {
    CHECK((*again)[i].name == (*properties)[i].name);
    CHECK((*again)[i].is_final == (*properties)[i].is_final);
  }
}

}  // namespace

void RunTarget(const Input& input) {
  static const std::vector<KeyRef> keys = AllKeys();
  Configuration configuration;
  for (const Piece& piece : input) {
    switch (static_cast<Kind>(piece.tag % static_cast<uint8_t>(Kind::kCount))) {
      case Kind::kXml:
        CheckXml(piece.bytes);
        IgnoreError(configuration.AddXml(piece.bytes, "fuzz"), "or not");
        break;
      case Kind::kOverride:
        IgnoreError(configuration.AddOverride(piece.bytes.c_str()), "or not");
        break;
      case Kind::kValue: {
        if (piece.bytes.size() < 2) break;
        const size_t which =
            static_cast<uint8_t>(piece.bytes[0]) * 256u + static_cast<uint8_t>(piece.bytes[1]);
        const KeyRef& key = keys[which % keys.size()];
        // Neither a file nor an argument can carry a zero byte.
        configuration.Set(KeyName(key), piece.bytes.substr(2, piece.bytes.find('\0', 2) - 2));
        Read(configuration, key);
        break;
      }
      case Kind::kText: {
        const auto duration = ParseDuration(piece.bytes, TimeUnit::kSeconds);
        if (duration.ok()) {
          CHECK(ParseDuration(FormatDuration(*duration), TimeUnit::kSeconds).value() == *duration);
        }
        const auto size = ParseSize(piece.bytes);
        if (size.ok()) {
          CHECK(ParseSize(FormatSize(*size)).value() == *size);
        }
        SplitList(piece.bytes);
        break;
      }
      case Kind::kCount:
        break;
    }
  }
  for (const KeyRef& key : keys) Read(configuration, key);
  configuration.All();
  configuration.UnknownTuskKeys();
  configuration.ForPrefix("dfs.");
  Configuration again;
  CHECK(again.AddXml(configuration.ToXml(), "again").ok());
}

std::vector<Input> Seeds() {
  const auto piece = [](Kind kind, std::string bytes) {
    return Piece{static_cast<uint8_t>(kind), std::move(bytes)};
  };
  return {
      {piece(Kind::kXml,
             "<?xml version=\"1.0\"?>\n<configuration>\n"
             "<property><name>fs.defaultFS</name><value>hdfs://nn:8020</value>"
             "<final>true</final><description>d</description></property>\n"
             "<property><name>dfs.blocksize</name><value>128m</value></property>\n"
             "<property><name>hadoop.tmp.dir</name><value>/tmp/${user.name}</value></property>\n"
             "</configuration>\n"),
       piece(Kind::kOverride, "dfs.replication=2")},
      {piece(Kind::kXml,
             "<configuration><property><name>a</name><value>${b}</value></property>"
             "<property><name>b</name><value>${a}${env.HOME:-x}</value></property>"
             "</configuration>")},
      {piece(Kind::kOverride, "a=b"), piece(Kind::kOverride, "tusk.unknown=1")},
      {piece(Kind::kText, "10s"), piece(Kind::kText, "128m"), piece(Kind::kText, "a, b,,c")},
      {piece(Kind::kValue, std::string("\0\1", 2) + "5m"),
       piece(Kind::kValue, std::string("\0\7", 2) + "1t")},
  };
}

}  // namespace tusk::fuzz
