#include "cli/commands/yarn/report_text.h"

#include <cstdio>
#include <ctime>

namespace tusk::cli {
namespace {

using yarnlite::ApplicationReport;
using yarnlite::NodeReport;

std::string Right(const std::string& text, size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string Percent(float progress) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", static_cast<double>(progress) * 100);
  std::string percent = text;
  percent.erase(percent.find_last_not_of('0') + 1);
  if (percent.ends_with('.')) percent.pop_back();
  return percent + "%";
}

// Java's "EEE dd/MMM/yy hh:mm:ss:SSSzz".
std::string HealthTime(int64_t millis) {
  const std::time_t seconds = millis / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  char date[64];
  char zone[16];
  std::strftime(date, sizeof(date), "%a %d/%b/%y %I:%M:%S", &local);
  std::strftime(zone, sizeof(zone), "%Z", &local);
  char text[128];
  std::snprintf(text, sizeof(text), "%s:%03d%s", date, static_cast<int>(millis % 1000), zone);
  return text;
}

class Lines {
 public:
  explicit Lines(const std::string& title) : text_(title + " : \n") {}
  Lines& Add(const std::string& name, const std::string& value) {
    text_ += "\t" + name + " : " + value + "\n";
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string BracketedList(const std::vector<std::string>& words) {
  std::string list = "[";
  for (const std::string& word : words) list += (list.size() > 1 ? ", " : "") + word;
  return list + "]";
}

std::string ApplicationTable(const std::vector<ApplicationReport>& reports) {
  const auto line = [](const std::string& id, const std::string& name, const std::string& type,
                       const std::string& user, const std::string& queue, const std::string& state,
                       const std::string& final_state, const std::string& progress,
                       const std::string& url) {
    return Right(id, 30) + "\t" + Right(name, 20) + "\t" + Right(type, 20) + "\t" +
           Right(user, 10) + "\t" + Right(queue, 10) + "\t" + Right(state, 18) + "\t" +
           Right(final_state, 18) + "\t" + Right(progress, 15) + "\t" + Right(url, 35) + "\n";
  };
  std::string table = Right("Application-Id", 30) + "\t" + Right("Application-Name", 20) + "\t" +
                      Right("Application-Type", 20) + "\t" + Right("User", 10) + "\t" +
                      Right("Queue", 10) + "\t" + Right("State", 18) + "\t" +
                      Right("Final-State", 18) + "\t" + Right("Progress", 15) + "\t" +
                      Right("Tracking-URL", 35) + "\n";
  for (const ApplicationReport& report : reports) {
    table += line(report.id.ToString(), report.name, report.type, report.user, report.queue,
                  std::string(yarnlite::ApplicationStateName(report.state)),
                  std::string(yarnlite::FinalStatusName(report.final_status)),
                  Percent(report.progress), report.original_tracking_url);
  }
  return table;
}

std::string ApplicationStatus(const ApplicationReport& report) {
  Lines lines("Application Report");
  lines.Add("Application-Id", report.id.ToString());
  lines.Add("Application-Name", report.name);
  lines.Add("Application-Type", report.type);
  lines.Add("User", report.user);
  lines.Add("Queue", report.queue);
  lines.Add("Application Priority", std::to_string(report.priority));
  lines.Add("Start-Time", std::to_string(report.start_time_ms));
  lines.Add("Finish-Time", std::to_string(report.finish_time_ms));
  lines.Add("Progress", Percent(report.progress));
  lines.Add("State", std::string(yarnlite::ApplicationStateName(report.state)));
  lines.Add("Final-State", std::string(yarnlite::FinalStatusName(report.final_status)));
  lines.Add("Tracking-URL", report.original_tracking_url);
  lines.Add("RPC Port", std::to_string(report.rpc_port));
  lines.Add("AM Host", report.host);
  lines.Add("Aggregate Resource Allocation",
            std::to_string(report.memory_seconds) + " MB-seconds, " +
                std::to_string(report.vcore_seconds) + " vcore-seconds");
  lines.Add("Aggregate Resource Preempted", "0 MB-seconds, 0 vcore-seconds");
  lines.Add("Log Aggregation Status", "DISABLED");
  lines.Add("Diagnostics", report.diagnostics);
  lines.Add("Unmanaged Application", report.unmanaged ? "true" : "false");
  lines.Add("Application Node Label Expression", "null");
  lines.Add("AM container Node Label Expression", "null");
  return lines.text();
}

std::string NodeTable(const std::vector<NodeReport>& nodes) {
  std::string table = Right("Node-Id", 16) + "\t" + Right("Node-State", 15) + "\t" +
                      Right("Node-Http-Address", 17) + "\t" +
                      Right("Number-of-Running-Containers", 28) + "\n";
  for (const NodeReport& node : nodes) {
    table += Right(node.id.ToString(), 16) + "\t" +
             Right(std::string(yarnlite::NodeStateName(node.state)), 15) + "\t" +
             Right(node.http_address, 17) + "\t" + Right(std::to_string(node.containers), 28) +
             "\n";
  }
  return table;
}

std::string NodeStatus(const NodeReport& node) {
  Lines lines("Node Report");
  lines.Add("Node-Id", node.id.ToString());
  lines.Add("Rack", node.rack);
  lines.Add("Node-State", std::string(yarnlite::NodeStateName(node.state)));
  lines.Add("Node-Http-Address", node.http_address);
  lines.Add("Last-Health-Update", HealthTime(node.last_health_report_ms));
  lines.Add("Health-Report", node.health_report);
  lines.Add("Containers", std::to_string(node.containers));
  lines.Add("Memory-Used", std::to_string(node.used.memory_mb) + "MB");
  lines.Add("Memory-Capacity", std::to_string(node.capability.memory_mb) + "MB");
  lines.Add("CPU-Used", std::to_string(node.used.vcores) + " vcores");
  lines.Add("CPU-Capacity", std::to_string(node.capability.vcores) + " vcores");
  lines.Add("Node-Labels", "");
  lines.Add("Node Attributes", "");
  lines.Add("Resource Utilization by Node", "");
  lines.Add("Resource Utilization by Containers", "");
  return lines.text();
}

}  // namespace tusk::cli
