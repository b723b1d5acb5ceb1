// tusk-namenode [--config DIR] [-D key=value]... [-format [-clusterid ID] [-force]
// [-nonInteractive]]
//
// Without -format it runs until SIGTERM. Exit 0: stopped, or formatted; 1: one line on stderr says
// why not.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "common/base/log.h"
#include "common/config/configuration.h"
#include "common/daemon/daemon.h"
#include "common/grpc/transport.h"
#include "common/io/env.h"
#include "namenode/edits/storage_dir.h"
#include "namenode/server/namenode_server.h"

namespace tusk::namenode {
namespace {

constexpr char kUsage[] =
    "Usage: tusk namenode [--config DIR] [-D key=value]...\n"
    "       tusk namenode -format [-clusterid ID] [-force] [-nonInteractive]\n"
    "Runs a NameNode until SIGTERM, or makes a new namespace in dfs.namenode.name.dir.\n";

struct Command {
  bool format = false;
  bool force = false;
  bool non_interactive = false;
  std::string cluster_id;
};

StatusOr<Command> ParseCommand(const std::vector<std::string>& words) {
  Command command;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-format") {
      command.format = true;
    } else if (word == "-force" && command.format) {
      command.force = true;
    } else if (word == "-nonInteractive" && command.format) {
      command.non_interactive = true;
    } else if (word == "-clusterid" && command.format) {
      if (++i == words.size()) return InvalidArgumentError("-clusterid wants an id behind it");
      command.cluster_id = words[i];
    } else if (word == "-bootstrapStandby" || word == "-recover" || word == "-upgrade" ||
               word == "-rollback" || word == "-importCheckpoint" || word == "-finalize" ||
               word == "-initializeSharedEdits") {
      return UnimplementedError(word + " is not supported yet");
    } else {
      return InvalidArgumentError("unknown option " + word + "\n" + kUsage);
    }
  }
  return command;
}

// Asks whoever sits at the terminal, in Hadoop's words.
bool AgreesToReformat(const std::string& dir) {
  std::string answer;
  for (;;) {
    std::cerr << "Re-format filesystem in Storage Directory root= " << dir
              << "; location= null ? (Y or N) " << std::flush;
    if (!std::getline(std::cin, answer)) return false;
    if (answer == "Y" || answer == "y") return true;
    if (answer == "N" || answer == "n") return false;
    std::cerr << "Invalid input: " << answer << "\n";
  }
}

Status Format(const Command& command, const NamenodeOptions& options) {
  if (!command.force && StorageDir::IsFormatted(Env::Posix(), options.name_dir)) {
    if (command.non_interactive) {
      return FailedPreconditionError(
          "Running in non-interactive mode, and data appears to exist in Storage Directory root= " +
          options.name_dir + "; location= null. Not formatting.");
    }
    if (!AgreesToReformat(options.name_dir)) {
      return CancelledError("Format aborted in Storage Directory root= " + options.name_dir +
                            "; location= null");
    }
  }
  ASSIGN_OR_RETURN(const NamespaceInfo info,
                   StorageDir::Format(Env::Posix(), options.name_dir, command.cluster_id,
                                      options.rpc_bind.host, Clock::Real()->WallMillis()));
  std::printf("Storage directory %s has been successfully formatted (cluster %s, block pool %s).\n",
              options.name_dir.c_str(), info.cluster_id.c_str(), info.block_pool_id.c_str());
  return Status::Ok();
}

Status Run(const Configuration& conf, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const Command command, ParseCommand(words));
  ASSIGN_OR_RETURN(const NamenodeOptions options, NamenodeOptions::FromConfiguration(conf));
  if (command.format) return Format(command, options);
  RETURN_IF_ERROR(BeginDaemon("namenode", conf));
  const GrpcLife grpc;
  ASSIGN_OR_RETURN(const auto server, NamenodeServer::Start(options));
  LOG_INFO("NameNode is up rpc={}:{} http={} link={}", options.rpc_bind.host, server->rpc_port(),
           server->http_port(), server->link_port());
  LOG_INFO("stopping signal={}", WaitForStopSignal());
  server->Stop();
  return Status::Ok();
}

}  // namespace
}  // namespace tusk::namenode

int main(int argc, char** argv) {
  return tusk::DaemonMain(argc, argv,
                          {"tusk-namenode", tusk::namenode::kUsage, &tusk::namenode::Run});
}
