// A NameNode: the cores wired together, and their edges.
//
//   StorageDir -> Image, LocalJournal -> Namesystem <-> BlockManager, DatanodeManager
//   RpcServer (ClientProtocol) and HttpServer ask the Namesystem; GrpcServer carries DatanodeLink.
//
// Owns:    everything of the process but its log.
// Life:    Start loads the namespace and returns when all three ports take calls; Stop (or the
//          destructor) ends them in the reverse order.
// Fails:   Start with one line that says what is missing and where; afterwards a log that cannot be
//          written ends the process.
#pragma once

#include <memory>
#include <string>

#include "common/base/status.h"
#include "namenode/server/namenode_options.h"

namespace tusk::namenode {

class NamenodeServer {
 public:
  static StatusOr<std::unique_ptr<NamenodeServer>> Start(const NamenodeOptions& options);
  ~NamenodeServer();

  void Stop();

  int rpc_port() const;
  int http_port() const;
  int link_port() const;

 private:
  class Parts;
  explicit NamenodeServer(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace tusk::namenode
