#include "common/config/hadoop_xml.h"

#include <algorithm>

#include <pugixml.hpp>

namespace tusk {

namespace {

std::string Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
}

ptrdiff_t LineOf(std::string_view xml, ptrdiff_t offset) {
  const size_t end = std::min(static_cast<size_t>(std::max<ptrdiff_t>(offset, 0)), xml.size());
  return 1 + std::count(xml.begin(), xml.begin() + static_cast<ptrdiff_t>(end), '\n');
}

Status BadXml(std::string_view xml, const std::string& source, ptrdiff_t offset,
              const std::string& what) {
  return InvalidArgumentError(source + ": line " + std::to_string(LineOf(xml, offset)) + ": " +
                              what);
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\t':
        out += "&#9;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\r':
        out += "&#13;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

// All text inside an element, CDATA included.
std::string TextOf(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      text += child.value();
    }
  }
  return text;
}

}  // namespace

StatusOr<std::vector<XmlProperty>> ParseHadoopXml(std::string_view xml, const std::string& source) {
  pugi::xml_document document;
  // A value may be nothing but blanks (a tab as separator): keep those.
  const auto result = document.load_buffer(xml.data(), xml.size(),
                                           pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!result) return BadXml(xml, source, result.offset, result.description());
  const pugi::xml_node root = document.child("configuration");
  if (!root) return BadXml(xml, source, 0, "the root element is not <configuration>");

  std::vector<XmlProperty> properties;
  for (const pugi::xml_node& node : root.children()) {
    if (node.type() != pugi::node_element) continue;
    if (std::string_view(node.name()) != "property") {
      return BadXml(xml, source, node.offset_debug(),
                    "<" + std::string(node.name()) + "> is not supported, only <property>");
    }
    XmlProperty property;
    property.name = Trimmed(TextOf(node.child("name")));
    if (property.name.empty()) {
      return BadXml(xml, source, node.offset_debug(), "a <property> has no <name>");
    }
    property.has_value = static_cast<bool>(node.child("value"));
    property.value = TextOf(node.child("value"));
    property.is_final = Trimmed(TextOf(node.child("final"))) == "true";
    property.description = TextOf(node.child("description"));
    properties.push_back(std::move(property));
  }
  return properties;
}

std::string FormatHadoopXml(const std::vector<XmlProperty>& properties, std::string_view header) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  if (!header.empty()) out += "<!-- " + std::string(header) + " -->\n";
  out += "<configuration>\n";
  for (const XmlProperty& property : properties) {
    out += "  <property>\n    <name>" + Escaped(property.name) + "</name>\n";
    out += "    <value>" + Escaped(property.value) + "</value>\n";
    if (property.is_final) out += "    <final>true</final>\n";
    if (!property.description.empty()) {
      out += "    <description>" + Escaped(property.description) + "</description>\n";
    }
    out += "  </property>\n";
  }
  return out + "</configuration>\n";
}

}  // namespace tusk
