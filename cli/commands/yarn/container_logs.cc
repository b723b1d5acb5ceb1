#include "cli/commands/yarn/container_logs.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <tuple>

#include "common/http/http_client.h"
#include "common/net/host_port.h"

namespace tusk::cli {
namespace {

using yarnlite::ContainerId;
using yarnlite::NodeReport;

std::string ContainerLine(const ContainerLog& log) {
  return "Container: " + log.container.ToString() + " on " + log.node.ToString();
}

// Java's "EEE MMM dd HH:mm:ss Z yyyy".
std::string TimeText(int64_t millis) {
  const std::time_t seconds = millis / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[64];
  std::strftime(text, sizeof(text), "%a %b %d %H:%M:%S %z %Y", &local);
  return text;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t at = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, at));
    text.remove_prefix(std::min(at + 1, text.size()));
  }
  return parts;
}

bool ParseInteger(std::string_view text, int64_t* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

StatusOr<std::string> Get(HttpClient* client, const std::string& http_address,
                          const std::string& target) {
  ASSIGN_OR_RETURN(const HostPort address, ParseHostPort(http_address));
  ASSIGN_OR_RETURN(HttpClientResponse answer, client->Get(address, target));
  if (answer.status != 200) {
    return UnavailableError(http_address + " answered " + std::to_string(answer.status) + " " +
                            answer.body);
  }
  return std::move(answer.body);
}

}  // namespace

StatusOr<std::vector<ContainerLog>> ParseLogList(std::string_view text, const NodeReport& node) {
  std::vector<ContainerLog> logs;
  for (const std::string_view line : Split(text, '\n')) {
    const auto fields = Split(line, '\t');
    ContainerLog log;
    if (fields.size() != 4 || !ParseInteger(fields[2], &log.size_bytes) ||
        !ParseInteger(fields[3], &log.modified_ms)) {
      return InternalError("not a list of logs: " + std::string(line));
    }
    ASSIGN_OR_RETURN(log.container, ContainerId::Parse(fields[0]));
    log.name = fields[1];
    log.node = node.id;
    log.node_http_address = node.http_address;
    logs.push_back(std::move(log));
  }
  return logs;
}

std::vector<ContainerLog> FindLogs(const std::vector<NodeReport>& nodes,
                                   const yarnlite::ApplicationId& application) {
  HttpClient client;
  std::vector<ContainerLog> all;
  for (const NodeReport& node : nodes) {
    const auto text = Get(&client, node.http_address,
                          "/ws/v1/node/applications/" + application.ToString() + "/logs");
    auto logs =
        text.ok() ? ParseLogList(*text, node) : StatusOr<std::vector<ContainerLog>>(text.status());
    if (!logs.ok()) {
      std::fprintf(stderr, "logs: %s: %s\n", node.id.ToString().c_str(),
                   logs.status().message().c_str());
      continue;
    }
    all.insert(all.end(), logs->begin(), logs->end());
  }
  std::sort(all.begin(), all.end(), [](const ContainerLog& a, const ContainerLog& b) {
    return std::tie(a.container, a.name) < std::tie(b.container, b.name);
  });
  return all;
}

std::string LogHeading(const ContainerLog& log) {
  const std::string container = ContainerLine(log);
  return container + "\nLogAggregationType: LOCAL\n" + std::string(container.size(), '=') +
         "\nLogType:" + log.name + "\nLogLastModifiedTime:" + TimeText(log.modified_ms) +
         "\nLogLength:" + std::to_string(log.size_bytes) + "\nLogContents:\n";
}

std::string LogEnding(const ContainerLog& log) {
  const std::string end = "End of LogType:" + log.name;
  return "\n" + end + "\n" + std::string(end.size() + 50, '*') + "\n\n";
}

Status PrintLog(const ContainerLog& log) {
  HttpClient client;
  ASSIGN_OR_RETURN(const HostPort address, ParseHostPort(log.node_http_address));
  const auto print = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return Status::Ok();
  };
  RETURN_IF_ERROR(print(LogHeading(log)));
  HttpClientRequest request;
  request.server = address;
  request.target =
      "/node/containerlogs/" + log.container.ToString() + "/" + PercentEncode(log.name);
  ASSIGN_OR_RETURN(const HttpClientResponse answer, client.Send(request, print));
  if (answer.status != 200) {
    return UnavailableError(log.node_http_address + " answered " + std::to_string(answer.status) +
                            " " + answer.body);
  }
  return print(LogEnding(log));
}

}  // namespace tusk::cli
