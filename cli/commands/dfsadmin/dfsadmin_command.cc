#include "cli/commands/dfsadmin/dfsadmin_command.h"

#include <netdb.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "cli/commands/dfsadmin/report.h"
#include "client/file_system.h"
#include "common/base/clock.h"
#include "common/net/host_port.h"

namespace tusk::cli {
namespace {

constexpr Duration kSafeModePoll = std::chrono::milliseconds(500);

struct AdminCommand {
  std::string_view name;
  std::string_view usage;
  // Null: not supported yet.
  int (*run)(ClientProtocol* namenode, const std::vector<std::string>& words) = nullptr;
};

int Complain(std::string_view command, const Status& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", std::string(command).c_str(),
               error.message().substr(0, error.message().find('\n')).c_str());
  return kExitUsage;  // Hadoop's -1, whatever went wrong
}

int Usage(std::string_view name, std::string_view usage) {
  std::fprintf(stderr, "Usage: hdfs dfsadmin [-%s %s]\n", std::string(name).c_str(),
               std::string(usage).c_str());
  return kExitUsage;
}

// ---- report
// --------------------------------------------------------------------------------------

std::string ReverseName(const std::string& ip_address) {
  const StatusOr<SocketAddress> address = SocketAddress::Parse(ip_address, 0);
  char name[NI_MAXHOST];  // the address itself where it has no name, as in Java
  if (!address.ok() ||
      getnameinfo(address->raw(), address->size(), name, sizeof(name), nullptr, 0, 0) != 0) {
    return "";
  }
  return name;
}

struct ReportSection {
  std::string_view option;
  const char* title;
  DatanodeReportType type;
};

constexpr ReportSection kSections[] = {
    {"-live", "Live datanodes", DatanodeReportType::kLive},
    {"-dead", "Dead datanodes", DatanodeReportType::kDead},
    {"-decommissioning", "Decommissioning datanodes", DatanodeReportType::kDecommissioning},
    {"-enteringmaintenance", "Entering maintenance datanodes",
     DatanodeReportType::kEnteringMaintenance},
    {"-inmaintenance", "In maintenance datanodes", DatanodeReportType::kInMaintenance},
};
constexpr std::string_view kSlow = "-slownodes";

// Those asked for are shown even when empty.
void PrintNodes(const char* title, const std::vector<DatanodeInfo>& nodes, bool asked_for) {
  if (nodes.empty() && !asked_for) return;
  std::printf("%s (%zu):\n\n", title, nodes.size());
  for (const DatanodeInfo& node : nodes) {
    std::printf("%s\n\n", DatanodeText(node, ReverseName(node.id.ip_addr)).c_str());
  }
}

Status PrintReport(ClientProtocol* namenode, const std::vector<std::string>& wanted) {
  ASSIGN_OR_RETURN(const FsStats space, namenode->GetFsStats());
  ASSIGN_OR_RETURN(const bool safe_mode, namenode->SetSafeMode(SafeModeAction::kGet, false));
  ASSIGN_OR_RETURN(const FsStats replicated, namenode->GetReplicatedBlockStats());
  ASSIGN_OR_RETURN(const FsStats ec, namenode->GetEcBlockGroupStats());
  if (safe_mode) std::printf("Safe mode is ON\n");
  std::printf("%s\n-------------------------------------------------\n",
              SummaryText(space, replicated, ec).c_str());
  const auto is_wanted = [&](std::string_view option) {
    return std::find(wanted.begin(), wanted.end(), option) != wanted.end();
  };
  for (const ReportSection& section : kSections) {
    if (!wanted.empty() && !is_wanted(section.option)) continue;
    ASSIGN_OR_RETURN(const std::vector<DatanodeInfo> nodes,
                     namenode->GetDatanodeReport(section.type));
    PrintNodes(section.title, nodes, is_wanted(section.option));
  }
  if (wanted.empty() || is_wanted(kSlow)) {
    ASSIGN_OR_RETURN(const std::vector<DatanodeInfo> nodes, namenode->GetSlowDatanodeReport());
    PrintNodes("Slow datanodes", nodes, is_wanted(kSlow));
  }
  return Status::Ok();
}

int RunReport(ClientProtocol* namenode, const std::vector<std::string>& words);

// ---- safe mode
// -----------------------------------------------------------------------------------

Status ChangeSafeMode(ClientProtocol* namenode, const std::string& word) {
  SafeModeAction action = SafeModeAction::kGet;
  if (word == "enter") action = SafeModeAction::kEnter;
  if (word == "leave") action = SafeModeAction::kLeave;
  if (word == "forceExit") action = SafeModeAction::kForceExit;
  ASSIGN_OR_RETURN(bool on, namenode->SetSafeMode(action, false));
  while (word == "wait" && on) {
    std::this_thread::sleep_for(kSafeModePoll);
    ASSIGN_OR_RETURN(on, namenode->SetSafeMode(SafeModeAction::kGet, false));
  }
  std::printf("Safe mode is %s\n", on ? "ON" : "OFF");
  return Status::Ok();
}

int RunSafeMode(ClientProtocol* namenode, const std::vector<std::string>& words);

// ---- the table
// -----------------------------------------------------------------------------------

constexpr AdminCommand kCommands[] = {
    {"report",
     "[-live] [-dead] [-decommissioning] [-enteringmaintenance] [-inmaintenance] [-slownodes]",
     &RunReport},
    {"safemode", "<enter | leave | get | wait | forceExit>", &RunSafeMode},
    {"saveNamespace", "[-beforeShutdown]"},
    {"rollEdits", ""},
    {"restoreFailedStorage", "true|false|check"},
    {"refreshNodes", ""},
    {"setQuota", "<quota> <dirname>...<dirname>"},
    {"clrQuota", "<dirname>...<dirname>"},
    {"setSpaceQuota", "<quota> [-storageType <storagetype>] <dirname>...<dirname>"},
    {"clrSpaceQuota", "[-storageType <storagetype>] <dirname>...<dirname>"},
    {"finalizeUpgrade", ""},
    {"rollingUpgrade", "[<query|prepare|finalize>]"},
    {"upgrade", "<query | finalize>"},
    {"refreshServiceAcl", ""},
    {"refreshUserToGroupsMappings", ""},
    {"refreshSuperUserGroupsConfiguration", ""},
    {"refreshCallQueue", ""},
    {"refresh", "<host:ipc_port> <key> [arg1..argn"},
    {"reconfig", "<namenode|datanode> <host:ipc_port|livenodes> <start|status|properties>"},
    {"printTopology", ""},
    {"refreshNamenodes", "datanode_host:ipc_port"},
    {"getVolumeReport", "datanode_host:ipc_port"},
    {"deleteBlockPool", "datanode_host:ipc_port blockpoolId [force]"},
    {"setBalancerBandwidth", "<bandwidth in bytes per second>"},
    {"getBalancerBandwidth", "<datanode_host:ipc_port>"},
    {"fetchImage", "<local directory>"},
    {"allowSnapshot", "<snapshotDir>"},
    {"disallowSnapshot", "<snapshotDir>"},
    {"provisionSnapshotTrash", "<snapshotDir> [-all]"},
    {"shutdownDatanode", "<datanode_host:ipc_port> [upgrade]"},
    {"evictWriters", "<datanode_host:ipc_port>"},
    {"getDatanodeInfo", "<datanode_host:ipc_port>"},
    {"metasave", "filename"},
    {"triggerBlockReport",
     "[-incremental] <datanode_host:ipc_port> [-namenode <namenode_host:ipc_port>]"},
    {"listOpenFiles", "[-blockingDecommission] [-path <path>]"},
    {"help", "[cmd]"},
};

void PrintAllUsage(std::FILE* out) {
  std::fprintf(out,
               "Usage: hdfs dfsadmin\n"
               "Note: Administrative commands can only be run as the HDFS superuser.\n");
  for (const AdminCommand& command : kCommands) {
    std::fprintf(out, "\t[-%s%s%s]\n", std::string(command.name).c_str(),
                 command.usage.empty() ? "" : " ", std::string(command.usage).c_str());
  }
  std::fputs(GenericOptionsText(), out);
}

int RunReport(ClientProtocol* namenode, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const bool known = word == kSlow || std::any_of(std::begin(kSections), std::end(kSections),
                                                    [&](const ReportSection& section) {
                                                      return section.option == word;
                                                    });
    if (!known) return Usage(kCommands[0].name, kCommands[0].usage);
  }
  const Status printed = PrintReport(namenode, words);
  return printed.ok() ? kExitOk : Complain("report", printed);
}

int RunSafeMode(ClientProtocol* namenode, const std::vector<std::string>& words) {
  constexpr std::string_view kWords[] = {"enter", "leave", "get", "wait", "forceExit"};
  if (words.size() != 1 ||
      std::find(std::begin(kWords), std::end(kWords), words[0]) == std::end(kWords)) {
    return Usage("safemode", "enter | leave | get | wait | forceExit");
  }
  const Status changed = ChangeSafeMode(namenode, words[0]);
  return changed.ok() ? kExitOk : Complain("safemode", changed);
}

int RunDfsAdmin(Invocation& invocation) {
  if (invocation.args.empty()) {
    PrintAllUsage(stderr);
    return kExitUsage;
  }
  const std::string word = invocation.args[0];
  if (word == "-help") {
    PrintAllUsage(stdout);
    return kExitOk;
  }
  const auto* command = std::find_if(
      std::begin(kCommands), std::end(kCommands),
      [&](const AdminCommand& known) { return word == "-" + std::string(known.name); });
  if (command == std::end(kCommands)) {
    std::fprintf(stderr, "%s: Unknown command\n",
                 word.substr(word.starts_with("-") ? 1 : 0).c_str());
    PrintAllUsage(stderr);
    return kExitUsage;
  }
  if (command->run == nullptr) {
    return Complain(command->name,
                    UnimplementedError("the command " + word + " is not supported yet"));
  }
  const StatusOr<std::shared_ptr<FileSystem>> fs = FileSystem::Connect(invocation.conf);
  if (!fs.ok()) return Complain(command->name, fs.status());
  if ((*fs)->protocol() == nullptr) {
    return Complain(command->name, InvalidArgumentError("FileSystem " + (*fs)->uri() +
                                                        " is not an HDFS file system"));
  }
  return command->run((*fs)->protocol(), {invocation.args.begin() + 1, invocation.args.end()});
}

}  // namespace

void AddDfsAdminCommands(CommandTable* table) {
  table->Add({"dfsadmin", "reports on the DFS and its safe mode", &RunDfsAdmin});
}

}  // namespace tusk::cli
