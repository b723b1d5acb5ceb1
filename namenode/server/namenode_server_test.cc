// A whole NameNode in this process, on free ports, asked over RPC and HTTP.
#include "namenode/server/namenode_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "common/http/http_client.h"
#include "common/io/env.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "namenode/edits/storage_dir.h"

namespace tusk::namenode {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class NamenodeServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string secret = dir_.File("secret");
    std::ofstream(secret) << std::string(32, 's');
    ::chmod(secret.c_str(), 0600);
    conf_.Set("fs.defaultFS", "hdfs://127.0.0.1:0");
    conf_.Set("dfs.namenode.name.dir", "file://" + dir_.File("name"));
    conf_.Set("dfs.namenode.http-address", "127.0.0.1:0");
    conf_.Set("tusk.namenode.link.address", "127.0.0.1:0");
    conf_.Set("tusk.cluster.secret.file", secret);
  }
  void Format() {
    ASSERT_OK(StorageDir::Format(Env::Posix(), dir_.File("name"), "CID-test", "127.0.0.1", 1));
  }
  StatusOr<std::unique_ptr<NamenodeServer>> Start() {
    ASSIGN_OR_RETURN(const NamenodeOptions options, NamenodeOptions::FromConfiguration(conf_));
    return NamenodeServer::Start(options);
  }
  std::string Get(const NamenodeServer& server, const std::string& target) {
    HttpClient client(HttpClientOptions{});
    const auto response = client.Get({"127.0.0.1", server.http_port()}, target);
    return response.ok() ? response->body : response.status().ToString();
  }

  TempDir dir_;
  Configuration conf_;
};

TEST_F(NamenodeServerTest, ServesItsPagesMetricsAndFsckOfAnEmptyNamespace) {
  Format();
  ASSERT_OK_AND_ASSIGN(const auto server, Start());
  EXPECT_EQ(Get(*server, "/isActive"), "I am Active!\n");
  EXPECT_THAT(Get(*server, "/"), AllOf(HasSubstr("CID-test"), HasSubstr("Safe mode is off")));
  EXPECT_THAT(Get(*server, "/?path=/%3Cb%3E"),
              AllOf(HasSubstr("File does not exist: /&lt;b&gt;"), HasSubstr("DataNodes")));
  EXPECT_THAT(Get(*server, "/jmx?qry=Hadoop:service=NameNode,name=FSNamesystem"),
              AllOf(HasSubstr("\"FilesTotal\" : 1"), HasSubstr("\"tag.HAState\" : \"active\"")));
  EXPECT_THAT(Get(*server, "/fsck?path=/&ugi=" + ProcessUserName().value()),
              AllOf(HasSubstr("Status: HEALTHY\n"), HasSubstr(" Total dirs:\t\t\t1\n"),
                    EndsWith("The filesystem under path '/' is HEALTHY\n")));
}

TEST_F(NamenodeServerTest, FsckIsForTheSuperuserAndRefusesWhatItDoesNotDo) {
  Format();
  ASSERT_OK_AND_ASSIGN(const auto server, Start());
  EXPECT_THAT(Get(*server, "/fsck?path=/&ugi=nobody-at-all"), HasSubstr("Access denied for user"));
  EXPECT_THAT(Get(*server, "/fsck?path=/nope&ugi=" + ProcessUserName().value()),
              EndsWith("Path '/nope' does not exist\n"));
  EXPECT_THAT(Get(*server, "/fsck?path=/&delete=1"),
              HasSubstr("fsck option delete is not supported yet"));
}

TEST_F(NamenodeServerTest, RefusesADirectoryThatWasNotFormattedOrIsInUse) {
  EXPECT_THAT(Start().status().message(),
              AllOf(HasSubstr(dir_.File("name")), HasSubstr("-format")));
  Format();
  ASSERT_OK_AND_ASSIGN(const auto server, Start());
  EXPECT_THAT(Start(), HasCode(Code::kFailedPrecondition));
}

TEST_F(NamenodeServerTest, NamesThePortThatIsTakenAndStartsAgainOnceItIsFree) {
  Format();
  ASSERT_OK_AND_ASSIGN(auto server, Start());
  const std::string taken = std::to_string(server->link_port());
  conf_.Set("tusk.namenode.link.address", "127.0.0.1:" + taken);
  conf_.Set("dfs.namenode.name.dir", "file://" + dir_.File("other"));
  ASSERT_OK(StorageDir::Format(Env::Posix(), dir_.File("other"), "", "127.0.0.1", 1));
  EXPECT_THAT(Start().status().message(), AllOf(HasSubstr(taken), HasSubstr("in use")));
  server->Stop();
  server.reset();
  EXPECT_OK(Start());
}

TEST_F(NamenodeServerTest, BadConfigurationIsOneLineThatNamesTheKey) {
  conf_.Set("fs.defaultFS", "file:///");
  EXPECT_THAT(Start().status().message(), HasSubstr("fs.defaultFS"));
  conf_.Set("fs.defaultFS", "hdfs://127.0.0.1:0");
  conf_.Set("dfs.namenode.name.dir", "/a,/b");
  EXPECT_THAT(Start().status().message(), HasSubstr("dfs.namenode.name.dir"));
  conf_.Set("dfs.namenode.name.dir", "file://" + dir_.File("name"));
  conf_.Set("dfs.hosts", "/nonexistent/hosts");
  EXPECT_THAT(Start().status().message(), HasSubstr("/nonexistent/hosts"));
  conf_.Set("dfs.hosts", "");
  conf_.Set("tusk.cluster.secret.file", "");
  Format();
  EXPECT_THAT(Start().status().message(), HasSubstr("tusk.cluster.secret.file is not set"));
}

}  // namespace
}  // namespace tusk::namenode
