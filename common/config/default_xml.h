// The text of conf/{core,hdfs,yarn,mapred}-default.xml, generated from the declared keys.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/config_key.h"

namespace tusk {

struct KeyTable {
  std::string_view file;  // "hdfs-default.xml"
  std::span<const KeyRef> keys;
};

std::span<const KeyTable> AllKeyTables();
std::string DefaultXml(const KeyTable& table);

}  // namespace tusk
