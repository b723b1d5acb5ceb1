#include "yarnlite/nodemanager/local_file_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/http/http_client.h"
#include "common/security/request_signature.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk::yarnlite {
namespace {

const ApplicationId kApplication{1700000000000, 3};

class LocalFileServiceTest : public testing::Test {
 protected:
  LocalFileServiceTest() : service_(Clock::Real()), server_(HttpServerOptions{}) {
    std::filesystem::create_directories(dir_.File("app/output"));
    std::filesystem::create_directories(dir_.File("app2"));
    std::ofstream(dir_.File("app/output/map_1")) << "0123456789";
    std::ofstream(dir_.File("app2/second")) << "on another disk";
    std::ofstream(dir_.File("outside")) << "secret";
    std::filesystem::create_symlink(dir_.File("outside"), dir_.File("app/link"));
    std::filesystem::create_symlink(dir_.path(), dir_.File("app/up"));
    service_.Register(kApplication, "the secret", {dir_.File("app"), dir_.File("app2")});
    service_.AddTo(&server_);
  }
  void SetUp() override { ASSERT_OK(server_.Start()); }

  StatusOr<HttpClientResponse> Get(const std::string& path, const std::string& range = "",
                                   const std::string& secret = "the secret") {
    const std::string target = "/files/" + kApplication.ToString() + "/" + path;
    const HostPort address{"127.0.0.1", server_.port()};
    const int64_t now = Clock::Real()->WallMillis() / 1000;
    HttpClientRequest request;
    request.server = address;
    request.target = target;
    if (!range.empty()) request.headers.Add("Range", range);
    request.headers.Add(kSignatureTimeHeader, std::to_string(now));
    request.headers.Add(kSignatureHeader, SignRequest(secret, {.method = "GET",
                                                               .host_port = address.ToString(),
                                                               .path = target,
                                                               .range = range,
                                                               .unix_seconds = now}));
    return client_.Send(request);
  }

  TempDir dir_;
  LocalFileService service_;
  HttpServer server_;
  HttpClient client_;
};

TEST_F(LocalFileServiceTest, ServesRangesToWhoKnowsTheSecret) {
  ASSERT_OK_AND_ASSIGN(const auto part, Get("output/map_1", "bytes=2-5"));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "2345");
  EXPECT_EQ(part.headers.Get("Content-Range"), "bytes 2-5/10");
  ASSERT_OK_AND_ASSIGN(const auto whole, Get("output/map_1"));
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, "0123456789");
  ASSERT_OK_AND_ASSIGN(const auto second, Get("second"));
  EXPECT_EQ(second.body, "on another disk");
  EXPECT_EQ(service_.served_bytes(), 4 + 10 + 15);
}

TEST_F(LocalFileServiceTest, RefusesAWrongSecretAndUnknownApplications) {
  EXPECT_EQ(Get("output/map_1", "", "another")->status, 401);
  service_.Unregister(kApplication);
  EXPECT_EQ(Get("output/map_1")->status, 404);
}

TEST_F(LocalFileServiceTest, NothingOutsideTheApplicationsDirectoryIsReached) {
  for (const char* path : {"../outside", "output/../../outside", "link", "up/outside", "output",
                           "missing", "%2e%2e/outside", "/etc/passwd"}) {
    const auto answer = Get(path);
    ASSERT_OK(answer);
    EXPECT_GE(answer->status, 400) << path;
    EXPECT_EQ(answer->body.find("secret"), std::string::npos) << path;
  }
}

TEST_F(LocalFileServiceTest, OpenConfinedFollowsNoLink) {
  const auto fd = OpenConfined(dir_.File("app"), "output/map_1");
  ASSERT_OK(fd);
  ::close(*fd);
  EXPECT_THAT(OpenConfined(dir_.File("app"), "link"), HasCode(Code::kNotFound));
  EXPECT_THAT(OpenConfined(dir_.File("app"), "up/outside"), HasCode(Code::kNotFound));
  EXPECT_THAT(OpenConfined(dir_.File("app"), "../outside"), HasCode(Code::kPermissionDenied));
}

}  // namespace
}  // namespace tusk::yarnlite
