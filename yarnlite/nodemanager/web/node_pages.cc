#include "yarnlite/nodemanager/web/node_pages.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "yarnlite/nodemanager/logs.h"

namespace tusk::yarnlite {
namespace {

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>" + Escape(title) +
         "</title><style>body{font-family:sans-serif;margin:2em}</style></head><body><h1>" +
         Escape(title) + "</h1>\n" + body + "</body></html>\n";
}

HttpResponse StatePage(const NodeManager& core) {
  const NodeHeartbeat state = core.Heartbeat();
  std::string body = "<p>" + Escape(core.options().capability.ToString()) + ", " +
                     std::to_string(state.used_memory_mb) + " MB measured in " +
                     std::to_string(state.running_containers) + " containers</p>\n";
  if (!state.health_report.empty()) {
    body += "<p><b>Unhealthy:</b> " + Escape(state.health_report) + "</p>\n";
  }
  body += "<ul>\n";
  for (const ContainerStatus& status : core.Registration().containers) {
    const std::string id = status.id.ToString();
    body += "<li><a href=\"/node/containerlogs/" + id + "\">" + id + "</a></li>\n";
  }
  return HttpResponse::Html(Page("NodeManager " + core.options().id.ToString(), body + "</ul>\n"));
}

HttpResponse LogListPage(const NodeManager& core, const std::string& text) {
  const auto id = ContainerId::Parse(text);
  if (!id.ok()) return HttpResponse::Error(id.status());
  std::string list;
  for (const LogFile& file : ListLogs(core.options().log_dirs, id->attempt.application)) {
    if (file.container != *id) continue;
    list += "<li><a href=\"/node/containerlogs/" + text + "/" + PercentEncode(file.name) + "\">" +
            Escape(file.name) + "</a> " + std::to_string(file.size_bytes) + " bytes</li>\n";
  }
  if (list.empty()) {
    return HttpResponse::Error(NotFoundError("no logs of " + text + " on this node"));
  }
  return HttpResponse::Html(Page("Logs of " + text, "<ul>\n" + list + "</ul>\n"));
}

HttpResponse LogText(const NodeManager& core, HttpRequest& request) {
  const auto id = ContainerId::Parse(request.parameters["container"]);
  if (!id.ok()) return HttpResponse::Error(id.status());
  const auto file = OpenLog(core.options().log_dirs, *id, request.parameters["file"]);
  if (!file.ok()) return HttpResponse::Error(file.status());
  const int fd = *file;
  std::shared_ptr<void> owner(nullptr, [fd](void*) { ::close(fd); });
  struct stat info{};
  if (::fstat(fd, &info) != 0) return HttpResponse::Error(ErrnoError("stat", errno));
  int64_t start = 0;
  const std::string_view from = request.Query("start");
  std::from_chars(from.data(), from.data() + from.size(), start);
  if (start < 0) start = std::max<int64_t>(0, info.st_size + start);
  start = std::min<int64_t>(start, info.st_size);
  HttpResponse response;
  response.files.push_back({fd, start, info.st_size - start, std::move(owner)});
  return response;
}

HttpResponse ApplicationLogs(const NodeManager& core, const std::string& text) {
  const auto id = ApplicationId::Parse(text);
  if (!id.ok()) return HttpResponse::Error(id.status());
  std::string lines;
  for (const LogFile& file : ListLogs(core.options().log_dirs, *id)) {
    lines += file.container.ToString() + "\t" + file.name + "\t" + std::to_string(file.size_bytes) +
             "\t" + std::to_string(file.modified_ms) + "\n";
  }
  return HttpResponse::Text(200, lines);
}

}  // namespace

void AddNodePages(HttpServer* server, const NodeManager* core) {
  server->Route("GET", "/", [core](HttpRequest&) { return StatePage(*core); });
  server->Route("GET", "/node", [core](HttpRequest&) { return StatePage(*core); });
  server->Route("GET", "/node/containerlogs/{container}", [core](HttpRequest& request) {
    return LogListPage(*core, request.parameters["container"]);
  });
  server->Route("GET", "/node/containerlogs/{container}/{file}",
                [core](HttpRequest& request) { return LogText(*core, request); });
  server->Route("GET", "/ws/v1/node/applications/{application}/logs", [core](HttpRequest& request) {
    return ApplicationLogs(*core, request.parameters["application"]);
  });
}

MetricsBean AddNodeBean(MetricsRegistry* registry, const NodeManager* core,
                        const Localizer* localizer, const LocalFileService* files) {
  MetricsBean bean = registry->AddBean("NodeManager", "NodeManagerMetrics");
  bean.AddCounter("ContainersLaunched", "Containers that were accepted",
                  [core] { return core->started(); });
  bean.AddGauge("ContainersRunning", "Containers whose process runs",
                [core] { return core->running(); });
  bean.AddGauge("ContainerUsedMemMB", "Memory measured in containers",
                [core] { return core->used_bytes() >> 20; });
  bean.AddGauge("CapacityMB", "Memory for containers",
                [core] { return core->options().capability.memory_mb; });
  bean.AddGauge("CapacityVCores", "vcores for containers",
                [core] { return core->options().capability.vcores; });
  bean.AddCounter("LocalizedCacheHits", "Files that were here already",
                  [localizer] { return localizer->stats().hits; });
  bean.AddCounter("LocalizedCacheMisses", "Files that had to be fetched",
                  [localizer] { return localizer->stats().misses; });
  bean.AddGauge("LocalizedCacheBytes", "Bytes of localized files",
                [localizer] { return localizer->stats().cached_bytes; });
  bean.AddCounter("LocalFileServiceBytes", "Bytes of local files handed out",
                  [files] { return files->served_bytes(); });
  return bean;
}

}  // namespace tusk::yarnlite
