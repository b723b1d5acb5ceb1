#include "yarnlite/client/client_address.h"

#include <vector>

#include "common/config/configuration.h"
#include "common/config/hdfs_keys.h"
#include "yarnlite/api/ids.h"

namespace tusk::yarnlite {

StatusOr<RpcAddress> ParseAddress(const std::string& key, const std::string& text) {
  const auto parsed = NodeId::Parse(text);
  if (!parsed.ok()) {
    return InvalidArgumentError(key + " is \"" + text + "\": not host:port",
                                Reason::kIllegalArgument);
  }
  return RpcAddress{parsed->host, parsed->port};
}

StatusOr<std::string> LocalAddress(const Configuration& configuration) {
  ASSIGN_OR_RETURN(const std::vector<std::string> interfaces,
                   configuration.Get(keys::kLocalInterfaces));
  return interfaces.empty() ? std::string() : interfaces.front();
}

}  // namespace tusk::yarnlite
