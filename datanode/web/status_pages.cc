#include "datanode/web/status_pages.h"

#include "common/metrics/jmx_json.h"

namespace tusk::datanode {
namespace {

int64_t Sum(const ReplicaStore* store, int64_t StorageReport::* field) {
  int64_t sum = 0;
  for (const StorageReport& report : store->StorageReports()) sum += report.*field;
  return sum;
}

// Hadoop's DataNodeInfo shows its volumes as one string of JSON.
std::string VolumeInfoJson(const ReplicaStore* store) {
  std::string json = "{";
  for (const VolumeReport& volume : store->VolumeReports()) {
    if (json.size() > 1) json += ",";
    json += JsonQuote(volume.dir) +
            ":{\"usedSpace\":" + std::to_string(volume.space.dfs_used_bytes) +
            ",\"freeSpace\":" + std::to_string(volume.space.remaining_bytes) +
            ",\"reservedSpace\":" + std::to_string(volume.reserved_bytes) +
            ",\"reservedSpaceForReplicas\":" + std::to_string(volume.promised_bytes) +
            ",\"numBlocks\":" + std::to_string(volume.replicas) +
            ",\"storageType\":" + JsonQuote(StorageTypeName(volume.type)) + "}";
  }
  return json + "}";
}

std::string HtmlEscape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string MiB(int64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

std::string Page(const ReplicaStore* store, const StatusPageFacts& facts) {
  std::string html =
      "<!doctype html><title>DataNode " + HtmlEscape(facts.name) +
      "</title><style>body{font-family:sans-serif;margin:2em}td,th{padding:.2em 1em;"
      "text-align:left}</style><h1>DataNode " +
      HtmlEscape(facts.name) + "</h1><p>Tusk " + HtmlEscape(facts.software_version) +
      ". NameNode " + HtmlEscape(facts.namenode) + ": " +
      (facts.registered() ? "registered" : "not reached") + ". Pool " +
      HtmlEscape(store->identity().block_pool_id) + ". " + std::to_string(facts.streams()) +
      " block streams are moving.</p><table><tr><th>Volume<th>Type<th>Replicas<th>Used"
      "<th>Free<th>State";
  for (const VolumeReport& volume : store->VolumeReports()) {
    html += "<tr><td>" + HtmlEscape(volume.dir) + "<td>" +
            std::string(StorageTypeName(volume.type)) + "<td>" + std::to_string(volume.replicas) +
            "<td>" + MiB(volume.space.dfs_used_bytes) + "<td>" + MiB(volume.space.remaining_bytes) +
            "<td>" + (volume.space.failed ? "failed" : "ok");
  }
  return html + "</table><p><a href=/jmx>/jmx</a> <a href=/prom>/prom</a></p>\n";
}

}  // namespace

std::vector<MetricsBean> AddStorageBeans(MetricsRegistry* registry, const ReplicaStore* store,
                                         const StatusPageFacts& facts) {
  std::vector<MetricsBean> beans;
  MetricsBean state = registry->AddBean("DataNode", "FSDatasetState");
  state.AddGauge("Capacity", "Bytes of all volumes",
                 [store] { return Sum(store, &StorageReport::capacity_bytes); });
  state.AddGauge("DfsUsed", "Bytes of replicas",
                 [store] { return Sum(store, &StorageReport::dfs_used_bytes); });
  state.AddGauge("Remaining", "Bytes for new replicas",
                 [store] { return Sum(store, &StorageReport::remaining_bytes); });
  state.AddGauge("NumFailedVolumes", "Volumes that failed",
                 [store] { return static_cast<int64_t>(store->failed_volumes()); });
  state.AddGauge("NumBlocks", "Replicas", [store] { return store->replica_count(); });
  state.AddGauge("NumBlocksRemoved", "Replicas removed since the start",
                 [store] { return store->removed_count(); });
  beans.push_back(std::move(state));

  MetricsBean info = registry->AddBean("DataNode", "DataNodeInfo");
  info.AddText("Version", [version = facts.software_version] { return version; });
  info.AddText("ClusterId", [store] { return store->identity().cluster_id; });
  info.AddText("DatanodeUuid", [store] { return store->identity().datanode_uuid; });
  info.AddText("VolumeInfo", [store] { return VolumeInfoJson(store); });
  info.AddText("NamenodeAddresses", [store, facts] {
    return "{" + JsonQuote(facts.namenode) + ":" + JsonQuote(store->identity().block_pool_id) + "}";
  });
  info.AddGauge("XceiverCount", "Block streams that move",
                [streams = facts.streams] { return static_cast<int64_t>(streams()); });
  beans.push_back(std::move(info));
  return beans;
}

void AddStatusPage(HttpServer* server, const ReplicaStore* store, const StatusPageFacts& facts) {
  server->Route("GET", "/",
                [store, facts](HttpRequest&) { return HttpResponse::Html(Page(store, facts)); });
}

}  // namespace tusk::datanode
