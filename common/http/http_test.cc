// Server and client against one another over loopback, and against raw bytes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "common/concurrent/notification.h"
#include "common/http/http_client.h"
#include "common/http/http_server.h"
#include "common/http/static_files.h"
#include "common/testing/eventually.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class HttpTest : public testing::Test {
 protected:
  void StartServer(HttpServerOptions options = {}) {
    options.threads = 2;
    server_ = std::make_unique<HttpServer>(options);
    server_->Route("GET", "/hello", [](HttpRequest& request) {
      return HttpResponse::Text(200, "hello " + std::string(request.Query("name")));
    });
    server_->Route("POST", "/echo",
                   [](HttpRequest& request) { return HttpResponse::Text(201, request.body); });
    server_->Route(
        "PUT", "/count/{name}",
        [](HttpRequest& request) {
          int64_t total = 0;
          char buffer[10'000];
          while (true) {
            const auto got = request.body_reader->Read(buffer, sizeof buffer);
            if (!got.ok()) return HttpResponse::Error(got.status());
            if (*got == 0) break;
            total += static_cast<int64_t>(*got);
          }
          return HttpResponse::Text(200, request.parameters.at("name") + std::to_string(total));
        },
        HttpBody::kStream);
    server_->Route(
        "PUT", "/refuse", [](HttpRequest&) { return HttpResponse::Text(403, "no"); },
        HttpBody::kStream);
    server_->Route("GET", "/numbers", [](HttpRequest&) {
      auto next = std::make_shared<int>(0);
      return HttpResponse::Stream(
          [next]() -> StatusOr<std::string> {
            return *next < 3 ? std::to_string((*next)++) + "," : std::string();
          },
          "text/plain");
    });
    server_->Route("GET", "/broken", [](HttpRequest&) {
      auto first = std::make_shared<bool>(true);
      return HttpResponse::Stream(
          [first]() -> StatusOr<std::string> {
            if (std::exchange(*first, false)) return std::string("some");
            return InternalError("the source broke");
          },
          "text/plain");
    });
    AddMetricsRoutes(server_.get(), &registry_);
    ASSERT_OK(server_->Start());
    address_ = {"127.0.0.1", server_->port()};
  }

  // What the server answers to raw bytes, up to its closing.
  std::string Raw(std::string_view bytes) {
    auto socket = Socket::Connect(address_, {});
    if (!socket.ok()) return socket.status().ToString();
    IgnoreError(socket->SendAll(bytes, Deadline::After(5s)), "it may close early");
    std::string answer;
    char buffer[4096];
    while (true) {
      const auto got = socket->ReceiveSome(buffer, sizeof buffer, Deadline::After(5s));
      if (!got.ok() || *got == 0) return answer;
      answer.append(buffer, *got);
    }
  }

  MetricsRegistry registry_;
  std::unique_ptr<HttpServer> server_;
  HostPort address_;
  HttpClient client_;
};

TEST_F(HttpTest, AnswersAndKeepsTheConnection) {
  StartServer();
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK_AND_ASSIGN(const auto response, client_.Get(address_, "/hello?name=a%20b"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello a b");
    EXPECT_EQ(response.headers.Get("connection"), "keep-alive");
  }
}

TEST_F(HttpTest, BodiesGoBothWays) {
  StartServer();
  HttpClientRequest request{.method = "POST", .server = address_, .target = "/echo"};
  request.body = std::string(100'000, 'x');
  ASSERT_OK_AND_ASSIGN(const auto response, client_.Send(request));
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, request.body);
}

TEST_F(HttpTest, AStreamedRequestReachesItsHandlerWhole) {
  StartServer();
  int pieces = 5;
  HttpClientRequest request{.method = "PUT", .server = address_, .target = "/count/n="};
  request.body_stream = [&]() -> StatusOr<std::string> {
    return pieces-- > 0 ? std::string(300'000, 'y') : std::string();
  };
  ASSERT_OK_AND_ASSIGN(const auto response, client_.Send(request));
  EXPECT_EQ(response.body, "n=1500000");
  ASSERT_OK_AND_ASSIGN(const auto next, client_.Get(address_, "/hello"));
  EXPECT_EQ(next.status, 200);
}

TEST_F(HttpTest, ARefusedUploadGetsItsAnswer) {
  StartServer();
  int pieces = 50;
  HttpClientRequest request{.method = "PUT", .server = address_, .target = "/refuse"};
  request.body_stream = [&]() -> StatusOr<std::string> {
    return pieces-- > 0 ? std::string(10'000, 'y') : std::string();
  };
  ASSERT_OK_AND_ASSIGN(const auto response, client_.Send(request));
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.body, "no");
}

TEST_F(HttpTest, ExpectContinueIsAnsweredBeforeTheBody) {
  StartServer();
  ASSERT_OK_AND_ASSIGN(Socket socket, Socket::Connect(address_, {}));
  ASSERT_OK(socket.SendAll(
      "PUT /count/c HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
      Deadline::After(5s)));
  std::string go(25, '\0');
  ASSERT_OK(socket.ReceiveAll(go.data(), go.size(), Deadline::After(5s)));
  EXPECT_EQ(go, "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_OK(socket.SendAll("abc", Deadline::After(5s)));
  char answer[15];
  ASSERT_OK(socket.ReceiveAll(answer, sizeof answer, Deadline::After(5s)));
  EXPECT_EQ(std::string_view(answer, 15), "HTTP/1.1 200 OK");
}

TEST_F(HttpTest, LongAnswersComeInChunks) {
  StartServer();
  std::string body;
  HttpClientRequest request{.server = address_, .target = "/numbers"};
  ASSERT_OK_AND_ASSIGN(const auto response, client_.Send(request, [&](std::string_view piece) {
    body += piece;
    return Status::Ok();
  }));
  EXPECT_EQ(response.headers.Get("Transfer-Encoding"), "chunked");
  EXPECT_EQ(body, "0,1,2,");
  EXPECT_THAT(Raw("GET /numbers HTTP/1.0\r\n\r\n"), HasSubstr("\r\n\r\n0,1,2,"));
}

TEST_F(HttpTest, AnAnswerThatBreaksOffIsSeenAsSuch) {
  StartServer();
  EXPECT_THAT(client_.Get(address_, "/broken"), HasCode(Code::kDataLoss));
}

TEST_F(HttpTest, FileRangesAreSentInOrder) {
  TempDir dir;
  std::ofstream(dir.File("f")) << "0123456789";
  HttpServerOptions options;
  server_ = std::make_unique<HttpServer>(options);
  server_->Route("GET", "/file", [&](HttpRequest&) {
    const auto file = std::make_shared<Fd>(::open(dir.File("f").c_str(), O_RDONLY | O_CLOEXEC));
    HttpResponse response;
    response.files = {{file->get(), 2, 3, file}, {file->get(), 0, 1, file}};
    return response;
  });
  ASSERT_OK(server_->Start());
  ASSERT_OK_AND_ASSIGN(const auto response, client_.Get({"127.0.0.1", server_->port()}, "/file"));
  EXPECT_EQ(response.body, "2340");
}

TEST_F(HttpTest, HeadHasTheLengthButNoBody) {
  StartServer();
  HttpClientRequest request{.method = "HEAD", .server = address_, .target = "/hello?name=x"};
  ASSERT_OK_AND_ASSIGN(const auto response, client_.Send(request));
  EXPECT_EQ(response.headers.Get("Content-Length"), "7");
  EXPECT_EQ(response.body, "");
}

TEST_F(HttpTest, UnknownPathsAndMethodsAreTold) {
  StartServer();
  EXPECT_EQ(client_.Get(address_, "/nothing")->status, 404);
  HttpClientRequest request{.method = "DELETE", .server = address_, .target = "/hello"};
  EXPECT_EQ(client_.Send(request)->status, 405);
}

TEST_F(HttpTest, GarbageIsRefusedAndTheServerGoesOn) {
  StartServer();
  EXPECT_THAT(Raw("\x01\x02garbage\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Raw("GET nopath HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Raw("GET / HTTP/1.1\r\nA: " + std::string(100'000, 'a') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_EQ(client_.Get(address_, "/hello")->status, 200);
}

TEST_F(HttpTest, ABodyBeyondTheBoundIsRefused) {
  HttpServerOptions options;
  options.max_body_bytes = 10;
  StartServer(options);
  EXPECT_THAT(Raw("POST /echo HTTP/1.1\r\nContent-Length: 11\r\n\r\n01234567890"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Raw("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                  "Connection: close\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpTest, PipelinedRequestsAreAnsweredInOrder) {
  StartServer();
  const std::string answers =
      Raw("GET /hello?name=1 HTTP/1.1\r\n\r\n"
          "GET /hello?name=2 HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_LT(answers.find("hello 1"), answers.find("hello 2"));
}

TEST_F(HttpTest, IdleConnectionsAreClosedAfterAWhile) {
  HttpServerOptions options;
  options.idle_timeout = 1ms;
  StartServer(options);
  EXPECT_EQ(Raw(""), "");  // returns when the server has closed
}

TEST_F(HttpTest, AConnectionTheServerHasClosedIsReplaced) {
  StartServer();
  ASSERT_OK(client_.Get(address_, "/hello"));
  server_.reset();
  HttpServerOptions options;
  options.bind = address_;
  StartServer(options);
  EXPECT_EQ(client_.Get(address_, "/hello")->status, 200);
}

TEST_F(HttpTest, APortInUseNamesItsHolder) {
  StartServer();
  HttpServerOptions options;
  options.bind = address_;
  HttpServer second(options);
  const Status started = second.Start();
  EXPECT_THAT(started, HasCode(Code::kAlreadyExists));
  EXPECT_THAT(started, MessageContains("process " + std::to_string(::getpid())));
}

TEST_F(HttpTest, StopEndsAHandlerThatWaitsForItsClient) {
  StartServer();
  ASSERT_OK_AND_ASSIGN(Socket socket, Socket::Connect(address_, {}));
  ASSERT_OK(socket.SendAll("PUT /count/c HTTP/1.1\r\nContent-Length: 30\r\n\r\nabc",
                           Deadline::After(5s)));
  server_->Stop();
  char byte;
  EXPECT_TRUE(Eventually(5s, [&] {
    const auto got = socket.ReceiveSome(&byte, 1, Deadline::After(5s));
    return !got.ok() || *got == 0;
  }));
}

TEST_F(HttpTest, MetricsAndStaticFilesHaveTheirRoutes) {
  const MetricsBean bean = AddProcessBean(&registry_, "Test");
  HttpServerOptions options;
  static const StaticFile kFiles[] = {{"/index.html", ContentTypeOf("/index.html"), "<p>"}};
  server_ = std::make_unique<HttpServer>(options);
  AddMetricsRoutes(server_.get(), &registry_);
  AddStaticFiles(server_.get(), kFiles);
  ASSERT_OK(server_->Start());
  address_ = {"127.0.0.1", server_->port()};
  EXPECT_THAT(client_.Get(address_, "/jmx?qry=Hadoop:*")->body, HasSubstr("JvmMetrics"));
  EXPECT_EQ(client_.Get(address_, "/jmx?get=Hadoop:service=Test,name=X::Y")->status, 404);
  EXPECT_THAT(client_.Get(address_, "/prom")->body, HasSubstr("# TYPE jvm_metrics_"));
  EXPECT_EQ(client_.Get(address_, "/")->body, "<p>");
}

}  // namespace
}  // namespace tusk
