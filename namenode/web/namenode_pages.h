// The NameNode's HTTP routes beside metrics: status page, /isActive, /fsck.
#pragma once

#include "common/http/http_server.h"
#include "namenode/web/namenode_view.h"

namespace tusk::namenode {

// Before the server starts.
void AddNamenodePages(HttpServer* server, const NamenodeView& view);

}  // namespace tusk::namenode
