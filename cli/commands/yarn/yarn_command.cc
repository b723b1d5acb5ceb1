#include "cli/commands/yarn/yarn_command.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/commands/yarn/container_logs.h"
#include "cli/commands/yarn/report_text.h"
#include "common/config/configuration.h"
#include "yarnlite/client/yarn_client.h"

namespace tusk::cli {
namespace {

using yarnlite::ApplicationFilter;
using yarnlite::ApplicationId;
using yarnlite::ApplicationState;
using yarnlite::NodeState;
using yarnlite::YarnClient;

constexpr const char* kApplicationUsage =
    "usage: yarn application\n"
    " -list [-appStates <States>] [-appTypes <Types>] [-appTags <Tags>]\n"
    "                  lists applications: those not ended, or of the states\n"
    "                  (comma-separated, or ALL)\n"
    " -status <ID>     prints an application's report\n"
    " -kill <ID>...    kills applications\n";
constexpr const char* kNodeUsage =
    "usage: yarn node\n"
    " -list [-states <States>] [-all]   lists nodes: those that run, or of the states\n"
    " -status <NodeId>                  prints a node's report\n";
constexpr const char* kLogsUsage =
    "usage: yarn logs -applicationId <application ID> [OPTIONS]\n"
    " -containerId <container ID>   of this container only\n"
    " -log_files <names>            only these (comma-separated, or ALL)\n";

constexpr std::string_view kApplicationNotYet[] = {
    "-movetoqueue",  "-changeQueue", "-updatePriority", "-updateLifetime",   "-appId", "-launch",
    "-save",         "-start",       "-stop",           "-destroy",          "-flex",  "-component",
    "-decommission", "-upgrade",     "-clusterId",      "-enableFastLaunch", "-queue", "-fail",
    "-list-attempts"};
constexpr std::string_view kNodeNotYet[] = {"-showDetails"};
constexpr std::string_view kLogsNotYet[] = {"-am",
                                            "-applicationAttemptId",
                                            "-appOwner",
                                            "-clusterId",
                                            "-client_max_retries",
                                            "-client_retry_interval_ms",
                                            "-list_nodes",
                                            "-log_files_pattern",
                                            "-nodeAddress",
                                            "-out",
                                            "-show_application_log_info",
                                            "-show_container_log_info",
                                            "-size",
                                            "-size_limit_mb"};

std::vector<std::string> Words(const std::string& list) {
  return SplitList(list);
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  return text;
}

int Complain(const char* command, const Status& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", command, error.message().c_str());
  return kExitError;
}

// An option that is Hadoop's but not ours yet, or nobody's.
template <size_t N>
int Unknown(const char* command, const std::string& word, const char* usage,
            const std::string_view (&not_yet)[N]) {
  if (std::find(std::begin(not_yet), std::end(not_yet), word) != std::end(not_yet)) {
    std::fprintf(stderr, "%s: %s is not supported yet\n", command, word.c_str());
    return kExitError;
  }
  std::fprintf(stderr, "%s: unknown option %s\n%s", command, word.c_str(), usage);
  return kExitUsage;
}

StatusOr<std::unique_ptr<YarnClient>> Connect(const Invocation& invocation) {
  ASSIGN_OR_RETURN(const auto options,
                   yarnlite::YarnClientOptions::FromConfiguration(invocation.conf));
  return YarnClient::Create(options);
}

// ---- application

StatusOr<std::set<ApplicationState>> ParseStates(const std::string& text) {
  std::set<ApplicationState> states;
  for (const std::string& word : Words(text)) {
    if (Upper(word) == "ALL") {
      for (int i = 1; i <= static_cast<int>(ApplicationState::kKilled); ++i) {
        states.insert(static_cast<ApplicationState>(i));
      }
      return states;
    }
    ASSIGN_OR_RETURN(const ApplicationState state, yarnlite::ParseApplicationState(Upper(word)));
    states.insert(state);
  }
  return states;
}

int ListApplications(YarnClient* client, ApplicationFilter filter) {
  if (filter.states.empty()) {
    filter.states = {ApplicationState::kSubmitted, ApplicationState::kAccepted,
                     ApplicationState::kRunning};
  }
  const auto reports = client->List(filter);
  if (!reports.ok()) return Complain("application", reports.status());
  std::vector<std::string> states;
  for (const ApplicationState state : filter.states) {
    states.emplace_back(yarnlite::ApplicationStateName(state));
  }
  std::printf("Total number of applications (application-types: %s, states: %s and tags: %s):%zu\n",
              BracketedList({filter.types.begin(), filter.types.end()}).c_str(),
              BracketedList(states).c_str(),
              BracketedList({filter.tags.begin(), filter.tags.end()}).c_str(), reports->size());
  std::fputs(ApplicationTable(*reports).c_str(), stdout);
  return kExitOk;
}

// What Hadoop says of an id nobody knows; ours adds why when it knows.
int NoSuchApplication(const ApplicationId& id, const Status& error) {
  std::printf("Application with id '%s' doesn't exist in RM.\n", id.ToString().c_str());
  if (error.message().find("lost by a ResourceManager restart") != std::string::npos) {
    std::fprintf(stderr, "%s\n", error.message().c_str());
  }
  return kExitUsage;
}

int ShowApplication(YarnClient* client, const std::string& text) {
  const auto id = ApplicationId::Parse(text);
  if (!id.ok()) return Complain("application", id.status());
  const auto report = client->GetReport(*id);
  if (report.status().reason() == Reason::kApplicationNotFound) {
    return NoSuchApplication(*id, report.status());
  }
  if (!report.ok()) return Complain("application", report.status());
  std::printf("%s\n", ApplicationStatus(*report).c_str());
  return kExitOk;
}

int KillApplication(YarnClient* client, const std::string& text) {
  const auto id = ApplicationId::Parse(text);
  if (!id.ok()) return Complain("application", id.status());
  const auto report = client->GetReport(*id);
  if (report.status().reason() == Reason::kApplicationNotFound) {
    return NoSuchApplication(*id, report.status());
  }
  if (!report.ok()) return Complain("application", report.status());
  if (yarnlite::IsFinal(report->state)) {
    std::printf("Application %s has already finished \n", text.c_str());
    return kExitOk;
  }
  std::printf("Killing application %s\n", text.c_str());
  const Status killed = client->Kill(*id, "");
  return killed.ok() ? kExitOk : Complain("application", killed);
}

int RunApplication(Invocation& invocation) {
  const auto& args = invocation.args;
  if (args.empty()) {
    std::fputs(kApplicationUsage, stderr);
    return kExitUsage;
  }
  std::string verb;
  std::vector<std::string> ids;
  ApplicationFilter filter;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& word = args[i];
    const bool has_value = i + 1 < args.size();
    if (word == "-help" || word == "help") {
      std::fputs(kApplicationUsage, stdout);
      return kExitOk;
    }
    if (word == "-list" || word == "-status" || word == "-kill") {
      if (!verb.empty()) return Unknown("application", word, kApplicationUsage, kApplicationNotYet);
      verb = word;
    } else if (word == "-appStates" && has_value) {
      const auto states = ParseStates(args[++i]);
      if (!states.ok()) {
        std::printf(
            "%s\nThe valid application state can be one of the following: ALL,NEW,"
            "NEW_SAVING,SUBMITTED,ACCEPTED,RUNNING,FINISHED,FAILED,KILLED\n",
            states.status().message().c_str());
        return kExitUsage;
      }
      filter.states = *states;
    } else if (word == "-appTypes" && has_value) {
      for (const std::string& type : Words(args[++i])) filter.types.insert(Upper(type));
    } else if (word == "-appTags" && has_value) {
      for (const std::string& tag : Words(args[++i])) filter.tags.insert(tag);
    } else if (!word.starts_with('-') && !verb.empty() && verb != "-list") {
      ids.push_back(word);
    } else {
      return Unknown("application", word, kApplicationUsage, kApplicationNotYet);
    }
  }
  const bool wants_ids = verb == "-status" || verb == "-kill";
  if (verb.empty() || ids.empty() == wants_ids || (verb == "-status" && ids.size() != 1)) {
    std::fputs(kApplicationUsage, stderr);
    return kExitUsage;
  }
  const auto client = Connect(invocation);
  if (!client.ok()) return Complain("application", client.status());
  if (verb == "-list") return ListApplications(client->get(), filter);
  if (verb == "-status") return ShowApplication(client->get(), ids.front());
  int worst = kExitOk;
  for (const std::string& id : ids) worst = std::max(worst, KillApplication(client->get(), id));
  return worst;
}

// ---- node

int ListNodes(YarnClient* client, const std::set<NodeState>& states) {
  const auto nodes = client->Nodes(states);
  if (!nodes.ok()) return Complain("node", nodes.status());
  std::printf("Total Nodes:%zu\n%s", nodes->size(), NodeTable(*nodes).c_str());
  return kExitOk;
}

int ShowNode(YarnClient* client, const std::string& id) {
  const auto nodes = client->Nodes({});
  if (!nodes.ok()) return Complain("node", nodes.status());
  for (const yarnlite::NodeReport& node : *nodes) {
    if (node.id.ToString() != id) continue;
    std::printf("%s\n", NodeStatus(node).c_str());
    return kExitOk;
  }
  std::printf("Could not find the node report for node id : %s\n", id.c_str());
  return kExitOk;
}

int RunNode(Invocation& invocation) {
  const auto& args = invocation.args;
  std::string verb;
  std::string id;
  std::set<NodeState> states = {NodeState::kRunning};
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& word = args[i];
    const bool has_value = i + 1 < args.size();
    if (word == "-help") {
      std::fputs(kNodeUsage, stdout);
      return kExitOk;
    }
    if (word == "-list" && verb.empty()) {
      verb = word;
    } else if (word == "-status" && verb.empty() && has_value) {
      verb = word;
      id = args[++i];
    } else if (word == "-all") {
      states.clear();
    } else if (word == "-states" && has_value) {
      states.clear();
      for (const std::string& name : Words(args[++i])) {
        const auto state = yarnlite::ParseNodeState(Upper(name));
        if (!state.ok()) {
          std::fprintf(stderr, "node: %s\n", state.status().message().c_str());
          return kExitUsage;
        }
        states.insert(*state);
      }
    } else {
      return Unknown("node", word, kNodeUsage, kNodeNotYet);
    }
  }
  if (verb.empty()) {
    std::fputs(kNodeUsage, stderr);
    return kExitUsage;
  }
  const auto client = Connect(invocation);
  if (!client.ok()) return Complain("node", client.status());
  return verb == "-list" ? ListNodes(client->get(), states) : ShowNode(client->get(), id);
}

// ---- logs

struct LogsWanted {
  std::optional<ApplicationId> application;
  std::optional<yarnlite::ContainerId> container;
  std::set<std::string> files;  // empty: all
};

int PrintLogs(YarnClient* client, const LogsWanted& wanted) {
  const auto nodes = client->Nodes({NodeState::kRunning, NodeState::kUnhealthy});
  if (!nodes.ok()) return Complain("logs", nodes.status());
  bool any = false;
  for (const ContainerLog& log : FindLogs(*nodes, *wanted.application)) {
    if (wanted.container && log.container != *wanted.container) continue;
    if (!wanted.files.empty() && !wanted.files.contains(log.name)) continue;
    any = true;
    if (const Status printed = PrintLog(log); !printed.ok()) return Complain("logs", printed);
  }
  if (any) return kExitOk;
  const std::string of = wanted.container ? "container: " + wanted.container->ToString()
                                          : "application: " + wanted.application->ToString();
  std::fprintf(stderr, "Can not find any log file for the %s on the nodes that run\n", of.c_str());
  return kExitUsage;
}

int RunLogs(Invocation& invocation) {
  const auto& args = invocation.args;
  LogsWanted wanted;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& word = args[i];
    const bool has_value = i + 1 < args.size();
    if (word == "-help") {
      std::fputs(kLogsUsage, stdout);
      return kExitOk;
    }
    if (word == "-applicationId" && has_value) {
      const auto id = ApplicationId::Parse(args[++i]);
      if (!id.ok()) return Complain("logs", id.status());
      wanted.application = *id;
    } else if (word == "-containerId" && has_value) {
      const auto id = yarnlite::ContainerId::Parse(args[++i]);
      if (!id.ok()) return Complain("logs", id.status());
      wanted.container = *id;
    } else if (word == "-log_files" && has_value) {
      for (const std::string& name : Words(args[++i])) wanted.files.insert(name);
      if (wanted.files.contains("ALL")) wanted.files.clear();
    } else {
      return Unknown("logs", word, kLogsUsage, kLogsNotYet);
    }
  }
  // A container's id tells its application.
  if (!wanted.application && wanted.container) {
    wanted.application = wanted.container->attempt.application;
  }
  if (!wanted.application) {
    std::fprintf(stderr,
                 "Both applicationId and containerId are missing, one of them must be "
                 "specified.\n%s",
                 kLogsUsage);
    return kExitUsage;
  }
  const auto client = Connect(invocation);
  if (!client.ok()) return Complain("logs", client.status());
  return PrintLogs(client->get(), wanted);
}

int NotYet(Invocation& invocation) {
  std::fprintf(stderr, "%s is not supported yet\n", invocation.program.c_str());
  return kExitError;
}

}  // namespace

void AddYarnCommands(CommandTable* table) {
  table->Add({"yarn application", "lists, shows and ends applications", &RunApplication});
  table->Add({"yarn app", "the same as application", &RunApplication});
  table->Add({"yarn node", "lists and shows NodeManagers", &RunNode});
  table->Add({"yarn logs", "prints the logs of containers", &RunLogs});
  for (const std::string_view name :
       {"yarn applicationattempt", "yarn container", "yarn queue", "yarn top", "yarn cluster",
        "yarn rmadmin", "yarn jar", "yarn classpath", "yarn daemonlog", "yarn timelineserver"}) {
    table->Add({name, "not supported yet", &NotYet});
  }
}

}  // namespace tusk::cli
