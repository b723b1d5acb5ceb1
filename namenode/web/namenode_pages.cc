#include "namenode/web/namenode_pages.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "namenode/namesystem/namesystem.h"
#include "namenode/web/fsck.h"

namespace tusk::namenode {
namespace {

constexpr char kStyle[] =
    "body{font-family:sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse}"
    "td,th{padding:.3em .8em;border-bottom:1px solid #ccc;text-align:left}"
    ".bad{color:#b00}.good{color:#070}";

std::string Escape(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '&':
        html += "&amp;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string Size(int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit < 5; ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.2f} {}", value, kUnits[unit]);
}

std::string Row(std::initializer_list<std::string> cells, const char* tag = "td") {
  std::string row = "<tr>";
  for (const std::string& cell : cells) row += fmt::format("<{0}>{1}</{0}>", tag, cell);
  return row + "</tr>\n";
}

std::string SafeModeText(const NamenodeView& view) {
  if (!view.blocks->InSafeMode()) return "<p class=good>Safe mode is off.</p>\n";
  const BlockManager::Totals totals = view.blocks->GetTotals();
  const double percent = totals.complete == 0 ? 100.0
                                              : 100.0 * static_cast<double>(totals.reported) /
                                                    static_cast<double>(totals.complete);
  return fmt::format("<p class=bad>Safe mode is ON ({:.1f} % of the blocks reported). {}</p>\n",
                     percent, Escape(view.blocks->SafeModeTip()));
}

std::string Overview(const NamenodeView& view) {
  const FsStats stats = view.blocks->Stats();
  const NamesystemCounts counts = view.namesystem->Counts();
  std::string html = "<h2>Overview</h2><table>\n";
  html += Row({"Cluster", Escape(view.namespace_info.cluster_id)});
  html += Row({"Block pool", Escape(view.namespace_info.block_pool_id)});
  html += Row({"Capacity", Size(stats.capacity_bytes)});
  html += Row({"Used by the DFS", Size(stats.used_bytes)});
  html += Row({"Left", Size(stats.remaining_bytes)});
  html += Row({"Files and directories", std::to_string(counts.inodes)});
  html += Row({"Files being written", std::to_string(counts.open_files)});
  html += Row({"Blocks", std::to_string(counts.blocks)});
  html += Row({"Blocks with too few replicas", std::to_string(stats.under_replicated)});
  html += Row({"Missing blocks", std::to_string(stats.missing_blocks)});
  html += Row({"Blocks with corrupt replicas", std::to_string(stats.corrupt_blocks)});
  html += Row({"Replicas to be deleted", std::to_string(stats.pending_deletion_blocks)});
  html += Row({"Last transaction", std::to_string(counts.last_txid.value())});
  return html + "</table>\n";
}

std::string Datanodes(const NamenodeView& view) {
  std::string html = "<h2>DataNodes</h2><table>\n";
  html += Row({"Address", "Rack", "State", "Capacity", "Used", "Left", "Blocks", "Streams"}, "th");
  const auto add = [&](DatanodeReportType type, const char* state) {
    for (const DatanodeInfo& node : view.datanodes->Report(type)) {
      html += Row({Escape(node.id.XferAddr()), Escape(node.network_location), state,
                   Size(node.capacity_bytes), Size(node.dfs_used_bytes), Size(node.remaining_bytes),
                   std::to_string(node.num_blocks), std::to_string(node.xceiver_count)});
    }
  };
  add(DatanodeReportType::kLive, "<span class=good>live</span>");
  add(DatanodeReportType::kDead, "<span class=bad>dead</span>");
  return html + "</table>\n";
}

std::string ReplicaText(const ReplicaView& replica) {
  std::string text = Escape(replica.node.id.XferAddr() + " " + replica.node.network_location);
  if (replica.corrupt) text += " <span class=bad>corrupt</span>";
  if (replica.stale) text += " <span class=bad>silent</span>";
  if (replica.excess) text += " (too many, will be deleted)";
  return text;
}

std::string BlocksOfFile(const NamenodeView& view, const FsckEntry& file) {
  std::string html = fmt::format("<p>{}, replication {}{}</p><table>\n", Size(file.status.length),
                                 file.status.replication, file.open ? ", being written" : "");
  html += Row({"Block", "Length", "Replicas"}, "th");
  for (const Block& block : file.blocks) {
    std::string where;
    const StatusOr<BlockView> seen = view.blocks->View(block.id);
    if (seen.ok()) {
      for (const ReplicaView& replica : seen->replicas) {
        where += (where.empty() ? "" : "<br>") + ReplicaText(replica);
      }
    }
    if (where.empty()) where = "<span class=bad>none</span>";
    html += Row({BlockName(block), Size(block.num_bytes), where});
  }
  return html + "</table>\n";
}

// The blocks of ?path=FILE on their nodes.
std::string FileSection(const NamenodeView& view, const std::string& path) {
  std::string html = "<h2>A file's blocks</h2><form>Path: <input name=path size=60 value=\"" +
                     Escape(path) + "\"> <input type=submit value=Show></form>\n";
  if (path.empty()) return html;
  FsckCursor cursor{.root = path};
  const auto entries = view.namesystem->NextFsckEntries(&cursor, 1);
  if (!entries.ok()) {
    return html + "<p class=bad>" + Escape(entries.status().message()) + "</p>\n";
  }
  if (entries->empty()) return html + "<p class=bad>File does not exist: " + Escape(path) + "</p>";
  if (entries->front().status.is_directory()) return html + "<p>This is a directory.</p>\n";
  return html + BlocksOfFile(view, entries->front());
}

HttpResponse StatusPage(const NamenodeView& view, const HttpRequest& request) {
  const std::string path(request.Query("path"));
  std::string html = "<!doctype html><html><head><meta charset=utf-8><title>NameNode " +
                     Escape(view.rpc_address) + "</title><style>" + kStyle +
                     "</style></head><body>\n<h1>NameNode " + Escape(view.rpc_address) + "</h1>\n";
  html += SafeModeText(view) + Overview(view) + Datanodes(view) + FileSection(view, path);
  html += "<p><a href=/jmx>metrics</a> <a href=/prom>for Prometheus</a></p>";
  return HttpResponse::Html(html + "</body></html>\n");
}

}  // namespace

void AddNamenodePages(HttpServer* server, const NamenodeView& view) {
  server->Route("GET", "/", [view](HttpRequest& request) { return StatusPage(view, request); });
  // Load balancers ask this: 200 where writes may go.
  server->Route("GET", "/isActive",
                [](HttpRequest&) { return HttpResponse::Text(200, "I am Active!\n"); });
  server->Route("GET", "/fsck", [view](HttpRequest& request) {
    StatusOr<FsckRequest> fsck = FsckRequest::FromHttp(request);
    if (!fsck.ok()) return HttpResponse::Error(fsck.status());
    return HttpResponse::Stream(RunFsck(view, std::move(fsck).value()),
                                "text/plain; charset=utf-8");
  });
}

}  // namespace tusk::namenode
