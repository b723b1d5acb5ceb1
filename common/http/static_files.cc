#include "common/http/static_files.h"

#include <string>

namespace tusk {

std::string_view ContentTypeOf(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".json", "application/json; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"}};
  for (const auto& [extension, type] : kTypes) {
    if (path.ends_with(extension)) return type;
  }
  return "text/plain; charset=utf-8";
}

void AddStaticFiles(HttpServer* server, std::span<const StaticFile> files) {
  for (const StaticFile& file : files) {
    const HttpHandler handler = [file](HttpRequest&) {
      HttpResponse response;
      response.content_type = std::string(file.content_type);
      response.body = std::string(file.content);
      return response;
    };
    server->Route("GET", file.path, handler);
    if (file.path == "/index.html") server->Route("GET", "/", handler);
  }
}

}  // namespace tusk
