// A whole DataNode: makes the real clock, threads and ports, and joins storage, data port, link,
// recovery, RPC and web pages.
//
// Owns:    all of it.
// Threads: Start and Stop by one thread; `on_fatal` may come from any, at most once.
// Life:    Start .. Stop. Start returns when all ports are open; registration follows by itself,
//          for as long as the NameNode takes to appear.
// Fails:   Start names what does not fit: the directory and its owner, the port and who holds it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/status.h"
#include "datanode/server/datanode_options.h"

namespace tusk::datanode {

class DatanodeServer {
 public:
  // `on_fatal`: the DataNode cannot go on (refused, too many volumes failed); the process should
  // stop it and end with that line.
  static StatusOr<std::unique_ptr<DatanodeServer>> Start(
      const DatanodeOptions& options, std::function<void(const std::string&)> on_fatal);
  ~DatanodeServer();

  void Stop();

  int data_port() const;
  int ipc_port() const;
  int http_port() const;

 private:
  class Impl;
  explicit DatanodeServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tusk::datanode
