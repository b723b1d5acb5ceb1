#include "cli/commands/fsck/fsck_command.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "client/client_options.h"
#include "client/file_system.h"
#include "common/config/hdfs_keys.h"
#include "common/http/http_client.h"
#include "common/net/host_port.h"

namespace tusk::cli {
namespace {

constexpr const char* kUsage =
    "Usage: hdfs fsck <path> [-openforwrite] [-files [-blocks [-locations | -racks | "
    "-replicaDetails]]]\n"
    "\t<path>\tstart checking from this path\n"
    "\t-files\tprint out files being checked\n"
    "\t-openforwrite\tprint out files opened for write\n"
    "\t-files -blocks\tprint out block report\n"
    "\t-files -blocks -locations\tprint out locations for every block\n"
    "\t-files -blocks -racks\tprint out network topology for data-node locations\n"
    "\t-files -blocks -replicaDetails\tprint out each replica details \n";

constexpr std::string_view kSupported[] = {"-files", "-blocks",         "-locations",
                                           "-racks", "-replicaDetails", "-openforwrite"};
constexpr std::string_view kNotYet[] = {"-move",
                                        "-delete",
                                        "-list-corruptfileblocks",
                                        "-includeSnapshots",
                                        "-showprogress",
                                        "-storagepolicies",
                                        "-maintenance",
                                        "-blockId",
                                        "-upgradedomains",
                                        "-replicate"};

template <size_t N>
bool Contains(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

std::string PercentEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        std::string_view("-_.~").find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      char hex[4];
      std::snprintf(hex, sizeof(hex), "%%%02X", static_cast<unsigned char>(c));
      encoded += hex;
    }
  }
  return encoded;
}

// dfs.namenode.http-address of each NameNode behind `authority`; the RPC's host where it says any.
StatusOr<std::vector<HostPort>> WebAddresses(const Configuration& conf,
                                             const std::string& authority) {
  ASSIGN_OR_RETURN(const std::vector<RpcAddress> namenodes, client::NameNodesOf(conf, authority));
  std::vector<std::string> configured;
  ASSIGN_OR_RETURN(const auto ids, conf.GetRaw("dfs.ha.namenodes." + authority));
  for (const std::string& id : SplitList(ids.value_or(""))) {
    const std::string key = "dfs.namenode.http-address." + authority + "." + id;
    ASSIGN_OR_RETURN(const auto address, conf.GetRaw(key));
    if (!address) return InvalidArgumentError(key + " is not set");
    configured.push_back(*address);
  }
  if (configured.empty()) {
    ASSIGN_OR_RETURN(const std::string address, conf.Get(keys::kNameNodeHttpAddress));
    configured.push_back(address);
  }
  std::vector<HostPort> web;
  for (size_t i = 0; i < configured.size(); ++i) {
    ASSIGN_OR_RETURN(HostPort address, ParseHostPort(configured[i], 9870));
    if (address.host == "0.0.0.0") address.host = namenodes[i].host;
    web.push_back(std::move(address));
  }
  return web;
}

// Prints the report as it comes; gives its last line.
StatusOr<std::string> PrintReport(const HostPort& server, const std::string& target) {
  std::fprintf(stderr, "Connecting to namenode via http://%s%s\n", server.ToString().c_str(),
               target.c_str());
  HttpClient http;
  HttpClientRequest request;
  request.server = server;
  request.target = target;
  std::string tail;  // of what was printed, long enough to hold the verdict
  ASSIGN_OR_RETURN(const HttpClientResponse response,
                   http.Send(request, [&](std::string_view piece) {
                     std::fwrite(piece.data(), 1, piece.size(), stdout);
                     tail.append(piece);
                     if (tail.size() > 16384) tail.erase(0, tail.size() - 8192);
                     return Status::Ok();
                   }));
  if (response.status != 200) {
    return UnavailableError("http://" + server.ToString() + " answered " +
                            std::to_string(response.status) + ": " +
                            response.body.substr(0, response.body.find('\n')));
  }
  if (!tail.ends_with('\n')) std::fputc('\n', stdout);
  while (tail.ends_with('\n')) tail.pop_back();
  return tail.substr(tail.rfind('\n') + 1);
}

Status CheckPath(const Configuration& conf, const std::string& path, std::string* last_line,
                 const std::string& parameters) {
  ASSIGN_OR_RETURN(const std::shared_ptr<FileSystem> fs, FileSystem::Connect(conf));
  if (fs->protocol() == nullptr) {
    return InvalidArgumentError("FileSystem is " + fs->uri());
  }
  ASSIGN_OR_RETURN(const std::string resolved, fs->Resolve(path));
  RETURN_IF_ERROR(fs->GetStatus(resolved).status());
  ASSIGN_OR_RETURN(const UriParts uri, ParseUri(fs->uri()));
  ASSIGN_OR_RETURN(const std::vector<HostPort> servers, WebAddresses(conf, uri.authority));
  const std::string target =
      "/fsck?ugi=" + PercentEncoded(fs->user()) + parameters + "&path=" + PercentEncoded(resolved);
  Status error;
  for (const HostPort& server : servers) {
    StatusOr<std::string> last = PrintReport(server, target);
    if (last.ok()) {
      *last_line = std::move(last).value();
      return Status::Ok();
    }
    error = std::move(last).status();
  }
  return error;
}

int RunFsck(Invocation& invocation) {
  std::string path;
  std::string parameters;
  for (const std::string& word : invocation.args) {
    if (Contains(kSupported, word)) {
      std::string name = word.substr(1);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      parameters += "&" + name + "=1";
    } else if (Contains(kNotYet, word)) {
      std::fprintf(stderr, "fsck: option %s is not supported yet\n", word.c_str());
      return kExitError;
    } else if (word.starts_with("-")) {
      std::fprintf(stderr, "fsck: Illegal option '%s'\n%s", word.c_str(), kUsage);
      return kExitUsage;
    } else if (path.empty()) {
      path = word;
    } else {
      std::fprintf(stderr, "fsck: can only operate on one path at a time '%s'\n%s", word.c_str(),
                   kUsage);
      return kExitUsage;
    }
  }
  if (path.empty()) {
    std::fputs(kUsage, stderr);
    return kExitUsage;
  }
  std::string last_line;
  const Status checked = CheckPath(invocation.conf, path, &last_line, parameters);
  std::fflush(stdout);
  if (!checked.ok()) {
    std::fprintf(stderr, "FileSystem is inaccessible due to:\n%s\nDFSck exiting.\n",
                 checked.message().c_str());
    return kExitError;
  }
  if (last_line.ends_with("is HEALTHY")) return kExitOk;
  if (last_line.ends_with("is CORRUPT")) return kExitError;
  return kExitUsage;  // Java's -1: no verdict
}

}  // namespace

void AddFsckCommands(CommandTable* table) {
  table->Add({"fsck", "checks the health of files", &RunFsck});
}

}  // namespace tusk::cli
