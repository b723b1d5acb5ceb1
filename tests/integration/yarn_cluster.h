// A ResourceManager and NodeManagers as real processes, for one test.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/config/configuration.h"
#include "common/process/child_process.h"
#include "common/testing/temp_dir.h"
#include "yarnlite/client/app_master_client.h"
#include "yarnlite/client/node_manager_client.h"
#include "yarnlite/client/yarn_client.h"

namespace tusk::yarnlite {

class YarnCluster {
 public:
  YarnCluster();
  ~YarnCluster();

  void StartResourceManager();
  // Returns its number, from 0; NodeManagers stand on 127.0.20.1, 127.0.20.2, ...
  int StartNodeManager();
  // SIGKILL; waits for its end.
  void CrashResourceManager();
  void CrashNodeManager(int number);
  // SIGTERM; true when it ended well.
  bool StopNodeManager(int number);

  // So many NodeManagers run.
  bool WaitForNodes(int count);
  // The report, once its state is one of those; the last one seen otherwise.
  ApplicationReport WaitForState(const ApplicationId& id, std::vector<ApplicationState> states);

  YarnClient& client() { return *client_; }
  NodeManagerClient& containers() { return *containers_; }
  StatusOr<std::unique_ptr<AppMasterClient>> Master(const Token& amrm_token);
  // An application whose master is the test; its token.
  Token SubmitUnmanaged(ApplicationId* id);

  std::string config_dir() const { return dir_.File("conf"); }
  std::string NodeDir(int number) const { return dir_.File("nm" + std::to_string(number)); }
  std::string NodeHost(int number) const { return "127.0.20." + std::to_string(number + 1); }
  int web_port() const { return web_port_; }
  int scheduler_port() const { return scheduler_port_; }
  int node_web_port() const { return node_web_port_; }
  std::string log(const std::string& daemon) const { return dir_.File(daemon + ".log"); }

 private:
  std::unique_ptr<ChildProcess> Spawn(const std::string& program, const std::string& name,
                                      const std::vector<std::string>& overrides);

  TempDir dir_;
  int client_port_ = 0;
  int scheduler_port_ = 0;
  int link_port_ = 0;
  int web_port_ = 0;
  int node_port_ = 0;
  int node_web_port_ = 0;
  int node_files_port_ = 0;
  std::unique_ptr<ChildProcess> resource_manager_;
  std::vector<std::unique_ptr<ChildProcess>> nodes_;
  std::unique_ptr<YarnClient> client_;
  std::unique_ptr<NodeManagerClient> containers_;
};

}  // namespace tusk::yarnlite
