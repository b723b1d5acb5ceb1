#include "common/config/default_xml.h"

#include "common/config/configuration.h"
#include "common/config/core_keys.h"
#include "common/config/hadoop_xml.h"
#include "common/config/hdfs_keys.h"
#include "common/config/mapred_keys.h"
#include "common/config/yarn_keys.h"

namespace tusk {

std::span<const KeyTable> AllKeyTables() {
  static constexpr KeyTable kTables[] = {{"core-default.xml", keys::kCoreKeys},
                                         {"hdfs-default.xml", keys::kHdfsKeys},
                                         {"yarn-default.xml", keys::kYarnKeys},
                                         {"mapred-default.xml", keys::kMapredKeys}};
  return kTables;
}

std::string DefaultXml(const KeyTable& table) {
  std::vector<XmlProperty> properties;
  for (const KeyRef& key : table.keys) {
    properties.push_back({.name = std::string(KeyName(key)),
                          .value = KeyDefaultText(key),
                          .has_value = true,
                          .description = std::string(KeyDoc(key))});
  }
  return FormatHadoopXml(properties,
                         "Generated from common/config by tusk-default-xml: what Tusk reads, and "
                         "what counts where a site file says nothing. Not read by any program.");
}

}  // namespace tusk
