#include "common/rpc/frame.h"

#include <vector>

#include "common/base/hex.h"
#include "common/base/random.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_seed.h"
#include "proto/hadoop/ipc_connection_context.pb.h"
#include "proto/hadoop/rpc_header.pb.h"

namespace tusk {
namespace {

using proto::rpc::IpcConnectionContextProto;
using proto::rpc::RequestHeaderProto;
using proto::rpc::RpcRequestHeaderProto;
using proto::rpc::RpcResponseHeaderProto;
using ::testing::ElementsAre;

constexpr char kClientProtocol[] = "org.apache.hadoop.hdfs.protocol.ClientProtocol";

std::string ClientId() {
  std::string id;
  for (char c = 0; c < 16; ++c) id.push_back(c);
  return id;
}

RpcRequestHeaderProto Header(int32_t call_id, int32_t retry_count) {
  RpcRequestHeaderProto header;
  header.set_rpckind(proto::rpc::RPC_PROTOCOL_BUFFER);
  header.set_rpcop(RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(call_id);
  header.set_clientid(ClientId());
  header.set_retrycount(retry_count);
  return header;
}

// The bytes below were recorded from stock clients and servers.
TEST(FrameTest, ConnectionContextHasTheBytesOfAStockClient) {
  const RpcRequestHeaderProto header = Header(kRpcConnectionContext, -1);
  IpcConnectionContextProto context;
  context.mutable_userinfo()->set_effectiveuser("root");
  context.set_protocol(kClientProtocol);
  std::string bytes;
  AppendFrame(&bytes, {&header, &context});
  EXPECT_EQ(ToHex(bytes),
            "000000541a0802100018052210000102030405060708090a0b0c0d0e0f28013812060a04726f6f741a2e6f"
            "72672e6170616368652e6861646f6f702e686466732e70726f746f636f6c2e436c69656e7450726f746f63"
            "6f6c");
}

TEST(FrameTest, CallHasTheBytesOfAStockClient) {
  const RpcRequestHeaderProto header = Header(0, 0);
  RequestHeaderProto request;
  request.set_methodname("getFileInfo");
  request.set_declaringclassprotocolname(kClientProtocol);
  request.set_clientprotocolversion(1);
  std::string bytes;
  AppendFrame(&bytes, {&header, &request}, "\x0a\x01/");
  EXPECT_EQ(ToHex(bytes),
            "0000005f1a0802100018002210000102030405060708090a0b0c0d0e0f28003f0a0b67657446696c65496e"
            "666f122e6f72672e6170616368652e6861646f6f702e686466732e70726f746f636f6c2e436c69656e7450"
            "726f746f636f6c1801030a012f");
}

TEST(FrameTest, PingHasTheBytesOfAStockClient) {
  const RpcRequestHeaderProto header = Header(kRpcPing, -1);
  std::string bytes;
  AppendFrame(&bytes, {&header});
  EXPECT_EQ(ToHex(bytes), "0000001b1a0802100018072210000102030405060708090a0b0c0d0e0f2801");
}

TEST(FrameTest, AnswerWithAnEmptyMessageKeepsItsLengthByte) {
  RpcResponseHeaderProto header;
  header.set_callid(0);
  header.set_status(RpcResponseHeaderProto::SUCCESS);
  header.set_serveripcversionnum(kRpcVersion);
  header.set_clientid(ClientId());
  header.set_retrycount(0);
  std::string bytes;
  AppendFrame(&bytes, {&header}, "");
  EXPECT_EQ(ToHex(bytes), "0000001c1a0800100018093a10000102030405060708090a0b0c0d0e0f400000");
}

TEST(FrameTest, MessagesAreTakenOneByOneAndMissingOnesSaySo) {
  const RpcRequestHeaderProto header = Header(7, 0);
  std::string bytes;
  AppendFrame(&bytes, {&header, &header});
  ByteReader in(std::string_view(bytes).substr(4));
  RpcRequestHeaderProto read;
  EXPECT_TRUE(TakeMessage(&in, &read));
  EXPECT_EQ(read.callid(), 7);
  EXPECT_TRUE(TakeMessage(&in, &read));
  EXPECT_FALSE(TakeMessage(&in, &read));
}

TEST(FrameTest, MessageWithoutARequiredFieldIsRefused) {
  RpcRequestHeaderProto read;
  ByteReader in(std::string_view("\x02\x08\x02", 3));  // only rpcKind
  EXPECT_FALSE(TakeMessage(&in, &read));
}

std::string FrameOf(std::string_view content) {
  std::string bytes;
  AppendBigEndian(&bytes, static_cast<int32_t>(content.size()));
  return bytes.append(content);
}

std::vector<std::string> Drain(FrameBuffer* buffer) {
  std::vector<std::string> frames;
  std::string_view frame;
  while (buffer->Next(&frame)) frames.emplace_back(frame);
  return frames;
}

TEST(FrameBufferTest, TakesSeveralFramesOfOneRead) {
  FrameBuffer buffer(100);
  const std::string bytes = FrameOf("one") + FrameOf("") + FrameOf("three");
  buffer.Feed(bytes);
  EXPECT_THAT(Drain(&buffer), ElementsAre("one", "", "three"));
  EXPECT_TRUE(buffer.rest().empty());
}

TEST(FrameBufferTest, FramesComeOutWholeHoweverTheBytesArrive) {
  Random random(TestSeed());
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> sent;
    std::string stream;
    for (int i = 0; i < 20; ++i) {
      sent.push_back(std::string(random.Below(50), static_cast<char>('a' + i)));
      stream += FrameOf(sent.back());
    }
    FrameBuffer buffer(100);
    std::vector<std::string> received;
    for (size_t at = 0; at < stream.size();) {
      // The read buffer is used again, as the server's is.
      std::string read = stream.substr(at, random.Below(40) + 1);
      at += read.size();
      buffer.Feed(read);
      std::string_view frame;
      while (!random.OneIn(5) && buffer.Next(&frame)) received.emplace_back(frame);
      buffer.Settle();
      read.assign(read.size(), '#');
    }
    for (const std::string& frame : Drain(&buffer)) received.push_back(frame);
    ASSERT_EQ(received, sent);
  }
}

TEST(FrameBufferTest, LengthsBelowZeroOrAboveTheMaximumBreakTheStream) {
  for (const int32_t length : {-1, 101, INT32_MAX, INT32_MIN}) {
    FrameBuffer buffer(100);
    std::string bytes;
    AppendBigEndian(&bytes, length);
    buffer.Feed(bytes);
    EXPECT_TRUE(Drain(&buffer).empty());
    EXPECT_TRUE(buffer.broken());
    EXPECT_EQ(buffer.broken_length(), length);
  }
  FrameBuffer buffer(100);
  const std::string bytes = FrameOf(std::string(100, 'x'));
  buffer.Feed(bytes);
  EXPECT_EQ(Drain(&buffer).size(), 1u);
}

}  // namespace
}  // namespace tusk
