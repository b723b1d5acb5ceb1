// Addresses of daemons, as the three clients take them from the configuration.
#pragma once

#include <string>

#include "common/base/status.h"
#include "common/rpc/client.h"

namespace tusk {
class Configuration;
}

namespace tusk::yarnlite {

// "host:port"; the error names `key`.
StatusOr<RpcAddress> ParseAddress(const std::string& key, const std::string& text);

// The first of dfs.client.local.interfaces; empty when none is set.
StatusOr<std::string> LocalAddress(const Configuration& configuration);

}  // namespace tusk::yarnlite
