// Pages and scripts that are part of the program.
#pragma once

#include <span>
#include <string_view>

#include "common/http/http_server.h"

namespace tusk {

struct StaticFile {
  std::string_view path;  // "/index.html"
  std::string_view content_type;
  std::string_view content;  // lives for ever
};

// By the file name's extension: "text/html; charset=utf-8", ...
std::string_view ContentTypeOf(std::string_view path);
// Adds a GET route for each; "/index.html" also answers "/".
void AddStaticFiles(HttpServer* server, std::span<const StaticFile> files);

}  // namespace tusk
