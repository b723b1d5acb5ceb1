#include "yarnlite/resourcemanager/web/cluster_pages.h"

#include <algorithm>
#include <string>
#include <vector>

#include "yarnlite/resourcemanager/web/json_object.h"

namespace tusk::yarnlite {
namespace {

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Row(const std::vector<std::string>& cells, const char* tag = "td") {
  std::string row = "<tr>";
  for (const std::string& cell : cells) {
    row += std::string("<") + tag + ">" + cell + "</" + tag + ">";
  }
  return row + "</tr>\n";
}

std::string Page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>" + Escape(title) +
         "</title><style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}"
         "td,th{border:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}"
         "</style></head><body><h1>" +
         Escape(title) + "</h1>\n" + body + "</body></html>\n";
}

std::string Percent(float progress) {
  return std::to_string(static_cast<int>(progress * 100)) + "%";
}

// ---- pages

std::string ApplicationsTable(const std::vector<ApplicationReport>& reports) {
  std::string table = "<table>\n" + Row({"Application", "Name", "Type", "User", "State",
                                         "Final state", "Progress", "Containers", "Diagnostics"},
                                        "th");
  for (auto it = reports.rbegin(); it != reports.rend(); ++it) {
    const std::string id = it->id.ToString();
    table += Row({"<a href=\"/cluster/app/" + id + "\">" + id + "</a>", Escape(it->name),
                  Escape(it->type), Escape(it->user), std::string(ApplicationStateName(it->state)),
                  std::string(FinalStatusName(it->final_status)), Percent(it->progress),
                  std::to_string(it->used_containers), Escape(it->diagnostics)});
  }
  return table + "</table>\n";
}

std::string NodesTable(const std::vector<NodeReport>& nodes) {
  std::string table =
      "<table>\n" +
      Row({"Node", "Rack", "State", "Containers", "Used", "Capacity", "Health"}, "th");
  for (const NodeReport& node : nodes) {
    table += Row({"<a href=\"http://" + Escape(node.http_address) + "/\">" +
                      Escape(node.id.ToString()) + "</a>",
                  Escape(node.rack), std::string(NodeStateName(node.state)),
                  std::to_string(node.containers), Escape(node.used.ToString()),
                  Escape(node.capability.ToString()), Escape(node.health_report)});
  }
  return table + "</table>\n";
}

HttpResponse ClusterPage(const ResourceManager& core) {
  const auto [used, total] = core.UsedAndTotal();
  return HttpResponse::Html(
      Page("ResourceManager", "<p>" + Escape(used.ToString()) + " of " + Escape(total.ToString()) +
                                  " in use</p>\n<h2>Applications</h2>\n" +
                                  ApplicationsTable(core.Applications()) + "<h2>Nodes</h2>\n" +
                                  NodesTable(core.Nodes())));
}

HttpResponse ApplicationPage(const ResourceManager& core, const std::string& text) {
  const auto id = ApplicationId::Parse(text);
  if (!id.ok()) return HttpResponse::Error(id.status());
  const auto report = core.Report({}, *id);
  if (!report.ok()) return HttpResponse::Error(report.status());
  std::string body = ApplicationsTable({report->report}) + "<h2>Attempts</h2>\n<table>\n" +
                     Row({"Attempt", "Master", "Host", "Diagnostics", "Containers now"}, "th");
  const auto attempts = core.Attempts(*id);
  if (!attempts.ok()) return HttpResponse::Error(attempts.status());
  for (const AttemptReport& attempt : *attempts) {
    std::string containers;
    if (const auto live = core.Containers(attempt.id); live.ok()) {
      for (const ContainerReport& container : *live) {
        containers += "<a href=\"http://" + Escape(container.node_http_address) +
                      "/node/containerlogs/" + container.id.ToString() + "\">" +
                      container.id.ToString() + "</a> on " + Escape(container.node.ToString()) +
                      "<br>";
      }
    }
    body += Row({attempt.id.ToString(), attempt.master_container.ToString(), Escape(attempt.host),
                 Escape(attempt.diagnostics), containers});
  }
  return HttpResponse::Html(Page(text, body + "</table>\n"));
}

// ---- /ws/v1/cluster

std::string ApplicationJson(const ApplicationReport& report) {
  JsonObject json;
  json.Add("id", report.id.ToString()).Add("user", report.user).Add("name", report.name);
  json.Add("queue", report.queue).Add("applicationType", report.type);
  json.Add("state", std::string(ApplicationStateName(report.state)));
  json.Add("finalStatus", std::string(FinalStatusName(report.final_status)));
  json.Add("progress", static_cast<int64_t>(report.progress * 100));
  json.Add("trackingUrl", report.tracking_url).Add("diagnostics", report.diagnostics);
  json.Add("clusterId", report.id.cluster_timestamp);
  json.Add("startedTime", report.start_time_ms).Add("launchTime", report.launch_time_ms);
  json.Add("finishedTime", report.finish_time_ms);
  json.Add("allocatedMB", report.used.memory_mb);
  json.Add("allocatedVCores", int64_t{report.used.vcores});
  json.Add("runningContainers", int64_t{report.used_containers});
  json.Add("memorySeconds", report.memory_seconds).Add("vcoreSeconds", report.vcore_seconds);
  json.Add("priority", int64_t{report.priority});
  return json.Text();
}

std::string NodeJson(const NodeReport& node) {
  const Resource free = node.capability - node.used;
  JsonObject json;
  json.Add("rack", node.rack).Add("state", std::string(NodeStateName(node.state)));
  json.Add("id", node.id.ToString()).Add("nodeHostName", node.id.host);
  json.Add("nodeHTTPAddress", node.http_address);
  json.Add("lastHealthUpdate", node.last_health_report_ms).Add("healthReport", node.health_report);
  json.Add("numContainers", int64_t{node.containers});
  json.Add("usedMemoryMB", node.used.memory_mb).Add("availMemoryMB", free.memory_mb);
  json.Add("usedVirtualCores", int64_t{node.used.vcores});
  json.Add("availableVirtualCores", int64_t{free.vcores});
  return json.Text();
}

std::string InfoJson(const ResourceManager& core) {
  JsonObject json;
  json.Add("id", core.options().start_ms).Add("startedOn", core.options().start_ms);
  json.Add("state", std::string("STARTED")).Add("haState", std::string("ACTIVE"));
  json.Add("resourceManagerVersion", std::string("Tusk"));
  return JsonObject().AddRaw("clusterInfo", json.Text()).Text();
}

std::string MetricsJson(const ResourceManager& core) {
  const auto [used, total] = core.UsedAndTotal();
  const ClusterMetrics nodes = core.Metrics();
  int64_t running = 0, pending = 0, completed = 0, failed = 0, killed = 0, containers = 0;
  const auto applications = core.Applications();
  for (const ApplicationReport& report : applications) {
    running += report.state == ApplicationState::kRunning;
    pending += report.state == ApplicationState::kAccepted;
    completed += report.state == ApplicationState::kFinished;
    failed += report.state == ApplicationState::kFailed;
    killed += report.state == ApplicationState::kKilled;
    containers += report.used_containers;
  }
  JsonObject json;
  json.Add("appsSubmitted", static_cast<int64_t>(applications.size()));
  json.Add("appsCompleted", completed).Add("appsPending", pending).Add("appsRunning", running);
  json.Add("appsFailed", failed).Add("appsKilled", killed);
  json.Add("allocatedMB", used.memory_mb).Add("availableMB", total.memory_mb - used.memory_mb);
  json.Add("totalMB", total.memory_mb).Add("allocatedVirtualCores", int64_t{used.vcores});
  json.Add("availableVirtualCores", int64_t{total.vcores - used.vcores});
  json.Add("totalVirtualCores", int64_t{total.vcores}).Add("containersAllocated", containers);
  json.Add("totalNodes", int64_t{nodes.node_managers}).Add("activeNodes", int64_t{nodes.active});
  json.Add("lostNodes", int64_t{nodes.lost}).Add("unhealthyNodes", int64_t{nodes.unhealthy});
  json.Add("shutdownNodes", int64_t{nodes.shut_down});
  return JsonObject().AddRaw("clusterMetrics", json.Text()).Text();
}

bool Wants(const HttpRequest& request, const char* name, std::string_view value) {
  const std::string_view wanted = request.Query(name);
  if (wanted.empty()) return true;
  for (size_t at = 0; at <= wanted.size();) {
    const size_t comma = std::min(wanted.find(',', at), wanted.size());
    const std::string_view one = wanted.substr(at, comma - at);
    const auto same = [](char a, char b) { return std::toupper(a) == std::toupper(b); };
    if (std::equal(one.begin(), one.end(), value.begin(), value.end(), same)) return true;
    at = comma + 1;
  }
  return false;
}

std::string ApplicationsJson(const ResourceManager& core, const HttpRequest& request) {
  std::vector<std::string> all;
  for (const ApplicationReport& report : core.Applications()) {
    if (Wants(request, "states", ApplicationStateName(report.state)) &&
        Wants(request, "applicationTypes", report.type) && Wants(request, "user", report.user)) {
      all.push_back(ApplicationJson(report));
    }
  }
  return JsonObject().AddRaw("apps", JsonObject().AddRaw("app", JsonArray(all)).Text()).Text();
}

HttpResponse OneApplicationJson(const ResourceManager& core, const std::string& text) {
  const auto id = ApplicationId::Parse(text);
  if (!id.ok()) return HttpResponse::Error(id.status());
  const auto report = core.Report({}, *id);
  if (!report.ok()) return HttpResponse::Error(report.status());
  return HttpResponse::Json(JsonObject().AddRaw("app", ApplicationJson(report->report)).Text());
}

std::string NodesJson(const ResourceManager& core, const HttpRequest& request) {
  std::vector<std::string> all;
  for (const NodeReport& node : core.Nodes()) {
    if (Wants(request, "states", NodeStateName(node.state))) all.push_back(NodeJson(node));
  }
  return JsonObject().AddRaw("nodes", JsonObject().AddRaw("node", JsonArray(all)).Text()).Text();
}

}  // namespace

void AddClusterPages(HttpServer* server, const ResourceManager* core) {
  const auto page = [core](HttpRequest&) { return ClusterPage(*core); };
  server->Route("GET", "/", page);
  server->Route("GET", "/cluster", page);
  server->Route("GET", "/cluster/app/{id}", [core](HttpRequest& request) {
    return ApplicationPage(*core, request.parameters["id"]);
  });
  const auto json = [&](const char* path, auto make) {
    server->Route("GET", path, [core, make](HttpRequest& request) {
      return HttpResponse::Json(make(*core, request));
    });
  };
  const auto info = [](const ResourceManager& c, HttpRequest&) { return InfoJson(c); };
  json("/ws/v1/cluster", info);
  json("/ws/v1/cluster/info", info);
  json("/ws/v1/cluster/metrics",
       [](const ResourceManager& c, HttpRequest&) { return MetricsJson(c); });
  json("/ws/v1/cluster/apps",
       [](const ResourceManager& c, HttpRequest& r) { return ApplicationsJson(c, r); });
  json("/ws/v1/cluster/nodes",
       [](const ResourceManager& c, HttpRequest& r) { return NodesJson(c, r); });
  server->Route("GET", "/ws/v1/cluster/apps/{id}", [core](HttpRequest& request) {
    return OneApplicationJson(*core, request.parameters["id"]);
  });
}

std::vector<MetricsBean> AddClusterBeans(MetricsRegistry* registry, const ResourceManager* core) {
  std::vector<MetricsBean> beans;
  MetricsBean cluster = registry->AddBean("ResourceManager", "ClusterMetrics");
  const auto nodes = [&](const char* name, const char* help, int ClusterMetrics::* field) {
    cluster.AddGauge(name, help, [core, field] { return core->Metrics().*field; });
  };
  nodes("NumActiveNMs", "NodeManagers that run", &ClusterMetrics::active);
  nodes("NumLostNMs", "NodeManagers that were lost", &ClusterMetrics::lost);
  nodes("NumUnhealthyNMs", "NodeManagers that report themselves unhealthy",
        &ClusterMetrics::unhealthy);
  nodes("NumShutdownNMs", "NodeManagers that were shut down", &ClusterMetrics::shut_down);
  beans.push_back(std::move(cluster));

  MetricsBean queue =
      registry->AddBean("ResourceManager", "QueueMetrics", {{"Queue", "root.default"}});
  queue.AddGauge("AllocatedMB", "Memory in containers",
                 [core] { return core->UsedAndTotal().first.memory_mb; });
  queue.AddGauge("AllocatedVCores", "vcores in containers",
                 [core] { return core->UsedAndTotal().first.vcores; });
  queue.AddGauge("AvailableMB", "Memory that is free", [core] {
    const auto [used, total] = core->UsedAndTotal();
    return total.memory_mb - used.memory_mb;
  });
  queue.AddGauge("AvailableVCores", "vcores that are free", [core] {
    const auto [used, total] = core->UsedAndTotal();
    return total.vcores - used.vcores;
  });
  const auto applications = [&](const char* name, const char* help, ApplicationState state) {
    queue.AddGauge(name, help, [core, state] {
      const auto reports = core->Applications();
      return std::count_if(reports.begin(), reports.end(),
                           [&](const ApplicationReport& r) { return r.state == state; });
    });
  };
  applications("AppsRunning", "Applications that run", ApplicationState::kRunning);
  applications("AppsPending", "Applications that wait", ApplicationState::kAccepted);
  applications("AppsCompleted", "Finished applications still listed", ApplicationState::kFinished);
  applications("AppsFailed", "Failed applications still listed", ApplicationState::kFailed);
  applications("AppsKilled", "Killed applications still listed", ApplicationState::kKilled);
  beans.push_back(std::move(queue));
  return beans;
}

}  // namespace tusk::yarnlite
