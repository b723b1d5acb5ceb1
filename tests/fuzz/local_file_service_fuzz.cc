// Requests for an application's files at the NodeManager's HTTP port, signed and not: only bytes of
// the application's own files ever come out, and the server ends every connection.
#include <sys/socket.h>

#include <filesystem>
#include <fstream>

#include "common/base/check.h"
#include "common/http/http_server.h"
#include "common/net/socket.h"
#include "common/security/request_signature.h"
#include "common/testing/temp_dir.h"
#include "tests/fuzz/fuzz_target.h"
#include "yarnlite/nodemanager/local_file_service.h"

namespace tusk::fuzz {
namespace {

enum class Kind : uint8_t {
  kRaw,      // bytes as they are
  kPath,     // a signed request for this path below the application
  kRange,    // the range of the signed requests that follow
  kHeaders,  // further header lines of the signed requests that follow
  kCount,
};

const yarnlite::ApplicationId kApplication{1700000000000, 3};
constexpr char kSecretText[] = "what nobody may read";

class Server {
 public:
  Server() : service_(Clock::Real()), http_(HttpServerOptions{.threads = 2}) {
    std::filesystem::create_directories(dir_.File("app/output"));
    std::ofstream(dir_.File("app/output/map_1")) << "0123456789";
    std::ofstream(dir_.File("outside")) << kSecretText;
    std::filesystem::create_symlink(dir_.File("outside"), dir_.File("app/link"));
    std::filesystem::create_symlink(dir_.path(), dir_.File("app/up"));
    service_.Register(kApplication, "the secret", {dir_.File("app")});
    service_.AddTo(&http_);
    CHECK(http_.Start().ok());
  }
  int port() const { return http_.port(); }

 private:
  TempDir dir_;
  yarnlite::LocalFileService service_;
  HttpServer http_;
};

// No line breaks: they would be another header or request, which is what kRaw and kHeaders are for.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  }
  return text;
}

std::string Signed(int port, const std::string& path, const std::string& range,
                   const std::string& headers) {
  const std::string target = "/files/" + kApplication.ToString() + "/" + path;
  const std::string host = "127.0.0.1:" + std::to_string(port);
  const int64_t now = Clock::Real()->WallMillis() / 1000;
  const std::string signature = SignRequest(
      "the secret",
      {.method = "GET", .host_port = host, .path = target, .range = range, .unix_seconds = now});
  return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" +
         (range.empty() ? "" : "Range: " + range + "\r\n") + kSignatureHeader + ": " + signature +
         "\r\n" + kSignatureTimeHeader + ": " + std::to_string(now) + "\r\n" + headers + "\r\n";
}

// Everything the server answers to these bytes; it must end the connection when we end ours.
std::string Exchange(int port, std::string_view bytes) {
  Socket socket = Socket::Connect({"127.0.0.1", port}, {}).value();
  IgnoreError(socket.SendAll(bytes, Deadline::After(std::chrono::seconds(2))),
              "the server may have closed");
  socket.ShutdownWrite();
  std::string answer;
  char buffer[4096];
  for (;;) {
    const auto count =
        socket.ReceiveSome(buffer, sizeof buffer, Deadline::After(std::chrono::seconds(20)));
    CHECK(count.ok() || count.status().code() != Code::kDeadlineExceeded);
    if (!count.ok() || *count == 0) break;
    answer.append(buffer, *count);
  }
  const linger reset{1, 0};  // no port is left waiting behind each input
  CHECK_EQ(::setsockopt(socket.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  return answer;
}

}  // namespace

void RunTarget(const Input& input) {
  static Server* const server = new Server();
  std::string bytes;
  std::string range;
  std::string headers;
  for (const Piece& piece : input) {
    switch (static_cast<Kind>(piece.tag % static_cast<uint8_t>(Kind::kCount))) {
      case Kind::kRaw:
        bytes += piece.bytes;
        break;
      case Kind::kPath:
        bytes += Signed(server->port(), OneLine(piece.bytes), range, headers);
        break;
      case Kind::kRange:
        range = OneLine(piece.bytes);
        break;
      case Kind::kHeaders:
        headers = piece.bytes;
        break;
      case Kind::kCount:
        break;
    }
  }
  if (bytes.empty()) return;
  const std::string answer = Exchange(server->port(), bytes);
  CHECK(answer.empty() || answer.starts_with("HTTP/1."));
  CHECK(answer.find(kSecretText) == std::string::npos);
}

std::vector<Input> Seeds() {
  const auto piece = [](Kind kind, std::string bytes) {
    return Piece{static_cast<uint8_t>(kind), std::move(bytes)};
  };
  return {
      {piece(Kind::kPath, "output/map_1"), piece(Kind::kRange, "bytes=2-5"),
       piece(Kind::kPath, "output/map_1")},
      {piece(Kind::kPath, "../outside"), piece(Kind::kPath, "link"),
       piece(Kind::kPath, "up/outside"), piece(Kind::kPath, "%2e%2e/outside")},
      {piece(Kind::kRange, "bytes=-5"), piece(Kind::kPath, "output/map_1?a=b&c")},
      {piece(Kind::kRaw, "GET /files/application_1_1/x HTTP/1.1\r\nHost: a\r\n\r\n")},
      {piece(Kind::kRaw, "POST /files/a/b HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"),
       piece(Kind::kRaw, "HEAD / HTTP/1.0\r\n\r\n")},
      {piece(Kind::kRaw,
             "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
             "5\r\nhello\r\n0\r\n\r\n")},
      {piece(Kind::kHeaders, "Expect: 100-continue\r\nConnection: close\r\n"),
       piece(Kind::kPath, "output/map_1")},
  };
}

}  // namespace tusk::fuzz
