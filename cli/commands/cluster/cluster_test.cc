#include "cli/commands/cluster/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "cli/commands/cluster/site_files.h"
#include "common/config/configuration.h"
#include "common/config/core_keys.h"
#include "common/config/hdfs_keys.h"
#include "common/net/socket.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

ClusterOptions Options(const std::string& dir = "/c") {
  ClusterOptions options;
  options.dir = dir;
  options.workers = 4;
  options.racks = 2;
  options.base_port = 21000;
  return options;
}

Configuration Load(const ClusterOptions& options) {
  Configuration conf;
  for (const auto& [file, text] : SiteFiles(options)) EXPECT_OK(conf.AddXml(text, file));
  return conf;
}

TEST(ClusterLayoutTest, NoTwoServicesOfOneAddressShareAPort) {
  for (const int base_port : {0, 21000}) {
    ClusterOptions options = Options();
    options.base_port = base_port;
    std::set<std::pair<std::string, int>> taken;
    for (const DaemonSpec& daemon : ClusterDaemons(options, true)) {
      for (const DaemonSpec::Port& port : daemon.ports) {
        EXPECT_TRUE(taken.emplace(daemon.address, port.number).second)
            << daemon.name << " " << port.what;
        EXPECT_TRUE(base_port == 0 || port.number - base_port < kPortsPerCluster);
      }
    }
  }
}

TEST(ClusterLayoutTest, WithoutABasePortHadoopsPortsCount) {
  const ClusterOptions options;
  EXPECT_EQ(PortOf(options, Service::kNameNodeRpc), 8020);
  EXPECT_EQ(PortOf(options, Service::kDataTransfer), 9866);
  EXPECT_EQ(PortOf(options, Service::kResourceManagerRpc), 8032);
}

TEST(ClusterLayoutTest, EachWorkerHasItsAddressRackAndFolders) {
  const ClusterOptions options = Options();
  EXPECT_EQ(WorkerAddress(0), "127.0.10.1");
  EXPECT_EQ(WorkerRack(options, 0), "/rack1");
  EXPECT_EQ(WorkerRack(options, 1), "/rack2");
  EXPECT_EQ(WorkerRack(options, 2), "/rack1");
  const auto daemons = ClusterDaemons(options, true);
  EXPECT_EQ(daemons.size(), 2u + 2u * 4u);
  EXPECT_EQ(daemons.front().kind, "namenode");
  EXPECT_THAT(daemons.back().arguments,
              Contains("yarn.nodemanager.log-dirs=/c/workers/127.0.10.4/container-logs"));
}

TEST(SiteFilesTest, AreWhatAHadoopClientNeeds) {
  const Configuration conf = Load(Options());
  EXPECT_EQ(*conf.Get(keys::kDefaultFs), "hdfs://127.0.0.1:21000");
  EXPECT_EQ(*conf.Get(keys::kReplication), 3);
  EXPECT_EQ(*conf.Get(keys::kTuskDomainSocketPath), "/c/run/dn__HOST.sock");
  EXPECT_TRUE(conf.UnknownTuskKeys().empty());
  EXPECT_FALSE(conf.IsSet("dfs.domain.socket.path"));  // stock clients know no _HOST
}

TEST(SiteFilesTest, OverridesWinAndStandInTheFileOfTheirKey) {
  ClusterOptions options = Options();
  options.overrides = {{"dfs.block.size", "1m"}, {"dfs.replication", "2"}, {"my.own.key", "x"}};
  EXPECT_OK(CheckOverrides(options));
  const Configuration conf = Load(options);
  EXPECT_EQ(*conf.Get(keys::kBlockSize), kMiB);
  EXPECT_EQ(*conf.Get(keys::kReplication), 2);
  const auto files = SiteFiles(options);
  EXPECT_THAT(files.at("hdfs-site.xml"), HasSubstr("dfs.blocksize"));
  EXPECT_THAT(files.at("core-site.xml"), HasSubstr("my.own.key"));
}

TEST(SiteFilesTest, OverridesThatNoDaemonCouldTakeAreRefused) {
  ClusterOptions options = Options();
  options.overrides = {{"dfs.replication", "many"}};
  EXPECT_THAT(CheckOverrides(options), MessageContains("dfs.replication = \"many\""));
  options.overrides = {{"tusk.no.such.key", "1"}};
  EXPECT_THAT(CheckOverrides(options), MessageContains("tusk.no.such.key"));
  options.overrides = {{"dfs.datanode.address", "0.0.0.0:1"}};
  EXPECT_THAT(CheckOverrides(options), MessageContains("every worker has its own"));
}

TEST(SiteFilesTest, TheFolderHoldsASecretForItsOwnerAlone) {
  TempDir dir;
  const ClusterOptions options = Options(dir.path());
  ASSERT_OK(WriteConfFolder(options));
  const ClusterPaths paths(dir.path());
  struct stat info;
  ASSERT_EQ(::stat(paths.secret.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_OK_AND_ASSIGN(const Configuration conf, Configuration::Load(paths.conf));
  EXPECT_EQ(*conf.Get(keys::kClusterSecretFile), paths.secret);
}

TEST(SiteFilesTest, OptionsAreRemembered) {
  TempDir dir;
  EXPECT_FALSE(LoadOptions(dir.path())->has_value());
  ClusterOptions options = Options(dir.path());
  options.overrides = {{"dfs.blocksize", "1m"}};
  ASSERT_OK(SaveOptions(options));
  ASSERT_OK_AND_ASSIGN(const auto loaded, LoadOptions(dir.path()));
  EXPECT_EQ(loaded->workers, 4);
  EXPECT_EQ(loaded->racks, 2);
  EXPECT_EQ(loaded->base_port, 21000);
  EXPECT_EQ(loaded->overrides, options.overrides);
}

TEST(LocalClusterTest, AFolderTooLongForASocketIsRefused) {
  ClusterOptions options = Options("/tmp/" + std::string(100, 'x'));
  EXPECT_THAT(LocalCluster::Start(options), MessageContains("choose a shorter --dir"));
}

TEST(LocalClusterTest, AFolderWithoutAClusterIsNotFound) {
  TempDir dir;
  EXPECT_THAT(LocalCluster::GetStatus(dir.path()), HasCode(Code::kNotFound));
  EXPECT_THAT(LocalCluster::Stop(dir.path()), HasCode(Code::kNotFound));
}

TEST(LocalDaemonTest, APortInUseNamesServiceAndHolder) {
  ASSERT_OK_AND_ASSIGN(const Listener listener, Listener::Listen({"127.0.0.1", 0}));
  DaemonSpec spec{.name = "namenode", .address = "127.0.0.1"};
  spec.ports = {{"rpc", listener.port()}};
  const LocalDaemon daemon(Options(), spec);
  EXPECT_THAT(daemon.CheckPorts(), AllOf(MessageContains("namenode needs its rpc port"),
                                         MessageContains("process " + std::to_string(::getpid()))));
}

// A process with a command line like a daemon's.
StatusOr<std::unique_ptr<ChildProcess>> StandIn(std::vector<std::string> argv) {
  SpawnOptions options;
  options.argv = std::move(argv);
  options.stdin_from = Stdio::Pipe();  // it ends with us
  return ChildProcess::Spawn(std::move(options));
}

TEST(LocalDaemonTest, AnotherProcessWithTheOldNumberIsNotTakenForOurs) {
  TempDir dir;
  const ClusterPaths paths(dir.path());
  ASSERT_EQ(::mkdir(paths.run.c_str(), 0755), 0);
  const std::string program = dir.File("tusk-test");
  ASSERT_EQ(::symlink("/bin/cat", program.c_str()), 0);
  DaemonSpec spec{.name = "d", .program = "tusk-test", .address = "127.0.0.1"};
  const LocalDaemon daemon(Options(dir.path()), spec);
  const auto write_pid = [&](int pid) { std::ofstream(paths.run + "/d.pid") << pid << "\n"; };
  ASSERT_OK_AND_ASSIGN(const auto other, StandIn({program, "-", paths.conf}));
  write_pid(other->pid());
  EXPECT_FALSE(daemon.Running().has_value());
  write_pid(1 << 22);
  EXPECT_FALSE(daemon.Running().has_value());
}

TEST(FindProcessTest, KnowsThisProcess) {
  const auto self = FindProcess(::getpid());
  ASSERT_TRUE(self.has_value());
  EXPECT_GT(self->resident_bytes, 0);
  EXPECT_LT(self->uptime_seconds, 600);
  EXPECT_FALSE(FindProcess(1 << 22).has_value());
}

}  // namespace
}  // namespace tusk::cli
