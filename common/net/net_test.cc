#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "common/fault/fault_point.h"
#include "common/net/fd_passing.h"
#include "common/net/host_port.h"
#include "common/net/listener_pause.h"
#include "common/net/resolver.h"
#include "common/net/socket.h"
#include "common/net/topology.h"
#include "common/testing/fake_clock.h"
#include "common/testing/manual_executor.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(HostPortTest, ParsesNamesAddressesAndBrackets) {
  EXPECT_EQ(*ParseHostPort("nn1:8020"), (HostPort{"nn1", 8020}));
  EXPECT_EQ(*ParseHostPort("nn1", 9000), (HostPort{"nn1", 9000}));
  EXPECT_EQ(*ParseHostPort("[::1]:80"), (HostPort{"::1", 80}));
  EXPECT_EQ((HostPort{"::1", 80}).ToString(), "[::1]:80");
  for (const char* bad : {"", "nn1", ":80", "nn1:", "nn1:x", "nn1:70000", "[::1", "a:1:2"}) {
    EXPECT_THAT(ParseHostPort(bad), HasCode(Code::kInvalidArgument)) << bad;
  }
}

TEST(HostPortTest, TakesUrisApart) {
  ASSERT_OK_AND_ASSIGN(const UriParts uri, ParseUri("hdfs://nn1:8020/a:b"));
  EXPECT_EQ(uri.scheme, "hdfs");
  EXPECT_EQ(uri.authority, "nn1:8020");
  EXPECT_EQ(uri.path, "/a:b");
  EXPECT_EQ(ParseUri("/a:b")->path, "/a:b");
  EXPECT_EQ(ParseUri("file:/tmp/x")->scheme, "file");
  EXPECT_EQ(ParseUri("dir/a:b")->scheme, "");
  EXPECT_THAT(ParseUri(""), HasReason(Reason::kIllegalArgument));
}

TEST(HostPortTest, AddressesNeedNoLookUp) {
  ASSERT_OK_AND_ASSIGN(const auto addresses, Resolve({"127.0.10.3", 80}));
  EXPECT_EQ(addresses.at(0).ToString(), "127.0.10.3:80");
  EXPECT_TRUE(IsLoopback(addresses.at(0)));
  EXPECT_TRUE(SocketAddress::Parse("0.0.0.0", 1)->IsAny());
  EXPECT_FALSE(IsLoopback(*SocketAddress::Parse("10.0.0.1", 1)));
}

TEST(ResolverTest, SharesLookUpsAndRemembersThemForAWhile) {
  ManualExecutor executor;
  FakeClock clock;
  int look_ups = 0;
  int answers = 0;
  Resolver resolver(&executor, &clock, 30s, [&](const HostPort& where) {
    ++look_ups;
    return StatusOr<std::vector<SocketAddress>>(
        std::vector<SocketAddress>{*SocketAddress::Parse("10.1.2.3", where.port)});
  });
  const auto take = [&](StatusOr<std::vector<SocketAddress>> result) {
    EXPECT_EQ(result->at(0).ToString(), "10.1.2.3:80");
    ++answers;
  };
  resolver.Resolve({"nn", 80}, take);
  resolver.Resolve({"nn", 80}, take);
  EXPECT_EQ(answers, 0);
  executor.RunAll();
  EXPECT_EQ(answers, 2);
  EXPECT_EQ(look_ups, 1);
  resolver.Resolve({"nn", 80}, take);
  EXPECT_EQ(answers, 3);
  clock.Advance(31s);
  resolver.Resolve({"nn", 80}, take);
  executor.RunAll();
  EXPECT_EQ(look_ups, 2);
}

Deadline Soon() {
  return Deadline::After(10s);
}

TEST(SocketTest, ConnectsFromTheChosenAddress) {
  ASSERT_OK_AND_ASSIGN(Listener listener, Listener::Listen({"127.0.0.1", 0}));
  ConnectOptions options;
  options.source_address = "127.0.10.2";
  ASSERT_OK_AND_ASSIGN(Socket client, Socket::Connect({"127.0.0.1", listener.port()}, options));
  ASSERT_OK_AND_ASSIGN(Socket server, listener.Accept(Soon()));
  EXPECT_EQ(server.PeerAddress()->host(), "127.0.10.2");
  EXPECT_EQ(client.peer(), "127.0.0.1:" + std::to_string(listener.port()));
}

TEST(SocketTest, ManyPartsArriveInOrder) {
  ASSERT_OK_AND_ASSIGN(auto pair, Socket::Pair());
  std::vector<std::string> texts;
  std::string whole;
  for (int i = 0; i < 200; ++i)
    whole += texts.emplace_back(std::string(static_cast<size_t>(i) * 37, 'a'));
  const std::vector<std::string_view> parts(texts.begin(), texts.end());
  std::thread sender([&] { EXPECT_OK(pair.first.SendParts(parts, Soon())); });
  std::string got(whole.size(), '\0');
  EXPECT_OK(pair.second.ReceiveAll(got.data(), got.size(), Soon()));
  sender.join();
  EXPECT_EQ(got, whole);
}

TEST(SocketTest, APassedDeadlineAndAClosedPeerAreToldApart) {
  ASSERT_OK_AND_ASSIGN(auto pair, Socket::Pair());
  char byte;
  EXPECT_TRUE(pair.second.IsIdleAndOpen());
  EXPECT_THAT(pair.second.ReceiveAll(&byte, 1, Deadline::After(1ms)),
              HasCode(Code::kDeadlineExceeded));
  ASSERT_OK(pair.first.SendAll("x", Soon()));
  EXPECT_EQ(*pair.second.Peek(&byte, 1, Soon()), 1u);
  pair.first = Socket();
  EXPECT_FALSE(pair.second.IsIdleAndOpen());
  char two[2];
  EXPECT_THAT(pair.second.ReceiveAll(two, 2, Soon()), HasCode(Code::kUnavailable));
}

TEST(SocketTest, FilesAreSentByRange) {
  TempDir dir;
  std::ofstream(dir.File("f")) << "0123456789";
  const Fd file(::open(dir.File("f").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_OK_AND_ASSIGN(auto pair, Socket::Pair());
  ASSERT_OK(pair.first.SendFile(file.get(), 3, 4, Soon()));
  char got[4];
  ASSERT_OK(pair.second.ReceiveAll(got, 4, Soon()));
  EXPECT_EQ(std::string_view(got, 4), "3456");
  EXPECT_THAT(pair.first.SendFile(file.get(), 8, 4, Soon()), HasCode(Code::kDataLoss));
}

TEST(SocketTest, ARefusedConnectionIsUnavailable) {
  int port = 0;
  {
    ASSERT_OK_AND_ASSIGN(const Listener listener, Listener::Listen({"127.0.0.1", 0}));
    port = listener.port();
  }
  EXPECT_THAT(Socket::Connect({"127.0.0.1", port}, {}), HasCode(Code::kUnavailable));
  ScopedFault fault("net.socket.connect", Fault::Error());
  EXPECT_THAT(Socket::Connect({"127.0.0.1", port}, {}), MessageContains("fault injected"));
}

TEST(ListenerTest, APortInUseNamesTheProcessThatHoldsIt) {
  ASSERT_OK_AND_ASSIGN(const Listener first, Listener::Listen({"127.0.0.1", 0}));
  const auto second = Listener::Listen({"127.0.0.1", first.port()});
  EXPECT_THAT(second, HasCode(Code::kAlreadyExists));
  EXPECT_THAT(second,
              MessageContains("port " + std::to_string(first.port()) +
                              " on 127.0.0.1 is in use by process " + std::to_string(::getpid())));
  EXPECT_EQ(FindPortHolder("127.0.0.1", first.port()), ::getpid());
}

TEST(ListenerTest, CloseEndsAWaitingAccept) {
  ASSERT_OK_AND_ASSIGN(Listener listener, Listener::Listen({"127.0.0.1", 0}));
  std::thread closer([&] { listener.Close(); });
  EXPECT_THAT(listener.Accept(), HasCode(Code::kCancelled));
  closer.join();
}

TEST(ListenerPauseTest, WhatWaitsIsLeftAloneUntilThePauseIsOver) {
  ASSERT_OK_AND_ASSIGN(Listener listener, Listener::Listen({"127.0.0.1", 0}));
  const Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener.fd();
  ASSERT_EQ(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, listener.fd(), &event), 0);
  ASSERT_OK_AND_ASSIGN(Socket client, Socket::Connect({"127.0.0.1", listener.port()}, {}));
  const auto ready = [&] { return ::epoll_wait(epoll.get(), &event, 1, 0); };
  EXPECT_EQ(ready(), 1);

  ListenerPause pause(epoll.get(), std::chrono::milliseconds(100));
  const TimePoint start{};
  EXPECT_TRUE(pause.Begin(listener.fd(), start));
  EXPECT_EQ(ready(), 0);
  EXPECT_EQ(pause.EndWhenOver(start + std::chrono::milliseconds(40)),
            std::chrono::milliseconds(60));
  EXPECT_EQ(ready(), 0);
  EXPECT_EQ(pause.EndWhenOver(start + std::chrono::milliseconds(100)), Duration::max());
  EXPECT_EQ(ready(), 1);
  // It fails again at once: no second line in the log.
  EXPECT_FALSE(pause.Begin(listener.fd(), start + std::chrono::milliseconds(110)));
}

TEST(UnixSocketTest, ADeadSocketFileIsReplacedALiveOneIsNot) {
  TempDir dir;
  const std::string path = dir.File("s");
  {
    ASSERT_OK_AND_ASSIGN(const Listener listener, Listener::ListenUnix(path));
    EXPECT_THAT(Listener::ListenUnix(path), HasCode(Code::kAlreadyExists));
    EXPECT_OK(Socket::ConnectUnix(path, 5s));
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
  ::mknod(path.c_str(), S_IFSOCK | 0600, 0);
  EXPECT_OK(Listener::ListenUnix(path));
}

TEST(UnixSocketTest, APathThatIsTooLongIsRefused) {
  EXPECT_THAT(Listener::ListenUnix("/" + std::string(kMaxUnixPath, 'x')),
              MessageContains("at most 107"));
}

TEST(FdPassingTest, AnOpenFileReachesTheOtherEnd) {
  TempDir dir;
  std::ofstream(dir.File("f")) << "content";
  const Fd file(::open(dir.File("f").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_OK_AND_ASSIGN(auto pair, Socket::Pair());
  const int fds[] = {file.get(), file.get()};
  ASSERT_OK(SendWithFds(pair.first, "two", fds, Soon()));
  char bytes[10];
  ASSERT_OK_AND_ASSIGN(const ReceivedFds received,
                       ReceiveWithFds(pair.second, bytes, sizeof bytes, Soon()));
  EXPECT_EQ(std::string_view(bytes, received.bytes), "two");
  ASSERT_EQ(received.fds.size(), 2u);
  char content[7];
  EXPECT_EQ(::pread(received.fds[1].get(), content, 7, 0), 7);
  EXPECT_EQ(std::string_view(content, 7), "content");
  EXPECT_EQ(UnixPeerOf(pair.second)->pid, ::getpid());
}

TEST(FdPassingTest, NothingPassedAndAClosedPeerAreNoErrors) {
  ASSERT_OK_AND_ASSIGN(auto pair, Socket::Pair());
  ASSERT_OK(SendWithFds(pair.first, "x", {}, Soon()));
  char bytes[10];
  EXPECT_EQ(ReceiveWithFds(pair.second, bytes, 10, Soon())->fds.size(), 0u);
  EXPECT_THAT(SendWithFds(pair.first, "", {}, Soon()), HasCode(Code::kInvalidArgument));
  pair.first = Socket();
  EXPECT_EQ(ReceiveWithFds(pair.second, bytes, 10, Soon())->bytes, 0u);
}

TEST(TopologyTest, DistancesAreHadoops) {
  EXPECT_EQ(NetworkDistance("a", "/r1", "a", "/r1"), 0);
  EXPECT_EQ(NetworkDistance("a", "/r1", "b", "/r1"), 2);
  EXPECT_EQ(NetworkDistance("a", "/r1", "b", "/r2"), 4);
  EXPECT_EQ(NetworkDistance("a", "/d1/r1", "b", "/d1/r2"), 4);
  EXPECT_EQ(NetworkDistance("a", "/d1/r1", "b", "/d2/r1"), 6);
}

TEST(TopologyTest, TheTableKnowsHostsByNameOrAddress) {
  ASSERT_OK_AND_ASSIGN(const RackTable table,
                       RackTable::Parse("# racks\n127.0.10.1 /rack1\ndn2\t/rack2 # two\n\n", "t"));
  EXPECT_EQ(table.RackOf("dn1", "127.0.10.1"), "/rack1");
  EXPECT_EQ(table.RackOf("dn2"), "/rack2");
  EXPECT_EQ(table.RackOf("dn3"), "/default-rack");
  EXPECT_THAT(RackTable::Parse("a /r\nb r\n", "t"), MessageContains("t: line 2"));
}

}  // namespace
}  // namespace tusk
