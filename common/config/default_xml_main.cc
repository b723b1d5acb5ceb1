// tusk-default-xml [--check] DIR: writes DIR/*-default.xml from the declared keys, or tells whether
// the files there say the same.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include "common/config/default_xml.h"

namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool Write(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  return out.good();
}

}  // namespace

int main(int argc, char** argv) {
  const bool check = argc == 3 && std::string_view(argv[1]) == "--check";
  if (argc != (check ? 3 : 2)) {
    std::cerr << "usage: tusk-default-xml [--check] DIR\n";
    return 2;
  }
  int wrong = 0;
  for (const tusk::KeyTable& table : tusk::AllKeyTables()) {
    const std::string path = std::string(argv[argc - 1]) + "/" + std::string(table.file);
    const std::string text = tusk::DefaultXml(table);
    if (!check) {
      if (Write(path, text)) continue;
      std::cerr << "tusk-default-xml: cannot write " << path << "\n";
      return 1;
    }
    if (ReadAll(path) == text) continue;
    std::cerr << path << " differs from the declared keys: run tusk-default-xml on its folder\n";
    wrong = 1;
  }
  return wrong;
}
