// Hadoop's configuration files: <configuration><property><name>, <value>, <final>.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace tusk {

struct XmlProperty {
  std::string name;   // without blanks around it
  std::string value;  // as it stands
  bool has_value = false;
  bool is_final = false;
  std::string description;
};

// kInvalidArgument with `source` and the line where the text stops being a configuration.
StatusOr<std::vector<XmlProperty>> ParseHadoopXml(std::string_view xml, const std::string& source);

// `header` becomes a comment at the top; may be empty.
std::string FormatHadoopXml(const std::vector<XmlProperty>& properties, std::string_view header);

}  // namespace tusk
