// What a server may answer a client: handshakes, answers to calls, and the messages of
// ClientProtocol inside them, which become plain structs and back.
#include <chrono>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "common/base/check.h"
#include "common/net/socket.h"
#include "common/rpc/client_connection.h"
#include "common/rpc/convert_hdfs.h"
#include "common/rpc/frame.h"
#include "proto/hadoop/client_namenode_admin.pb.h"
#include "proto/hadoop/client_namenode_blocks.pb.h"
#include "proto/hadoop/client_namenode_namespace.pb.h"
#include "proto/hadoop/rpc_header.pb.h"
#include "tests/fuzz/fuzz_target.h"

namespace tusk::fuzz {
namespace {

namespace hdfs = proto::hdfs;
using proto::rpc::RpcResponseHeaderProto;

enum class Kind : uint8_t {
  kRaw,      // bytes as they are
  kFrame,    // one frame around them
  kAnswer,   // the answer of a call, with this body
  kMessage,  // no connection: the first byte says which message the others are
  kCount,
};

// ---- messages ----------------------------------------------------------------------------------

// The message as our struct, as a message again, and as a struct again: the second struct must
// serialize as the first did, or something was lost on the way.
template <class Message>
void RoundTrip(std::string_view bytes) {
  Message message;
  if (!ParseMessage(bytes, &message)) return;
  Message first;
  ToProto(FromProto(message), &first);
  CHECK(first.IsInitialized());
  Message second;
  ToProto(FromProto(first), &second);
  CHECK(first.SerializeAsString() == second.SerializeAsString());
}

using MessageCheck = void (*)(std::string_view);
constexpr MessageCheck kMessages[] = {
    &RoundTrip<hdfs::HdfsFileStatusProto>,
    &RoundTrip<hdfs::DirectoryListingProto>,
    &RoundTrip<hdfs::LocatedBlocksProto>,
    &RoundTrip<hdfs::LocatedBlockProto>,
    &RoundTrip<hdfs::DatanodeInfoProto>,
    &RoundTrip<hdfs::DatanodeStorageReportProto>,
    &RoundTrip<hdfs::ContentSummaryProto>,
    &RoundTrip<hdfs::QuotaUsageProto>,
    &RoundTrip<hdfs::FsServerDefaultsProto>,
    &RoundTrip<hdfs::BlockStoragePolicyProto>,
    &RoundTrip<hdfs::GetFsStatsResponseProto>,
    &RoundTrip<hdfs::GetFsReplicatedBlockStatsResponseProto>,
    &RoundTrip<hdfs::CreateRequestProto>,
    &RoundTrip<hdfs::AddBlockRequestProto>,
    &RoundTrip<hdfs::GetAdditionalDatanodeRequestProto>,
};
constexpr size_t kMessageCount = sizeof kMessages / sizeof kMessages[0];

// ---- a connection ------------------------------------------------------------------------------

class Connection {
 public:
  explicit Connection(bool token) {
    options_.max_response_bytes = 64 << 10;
    RpcIdentity as{.user = "bob"};
    if (token) {
      as.token = Token{.identifier = "id", .password = "password", .kind = "K", .service = "S"};
    }
    static Listener* const listener = new Listener(Listener::Listen({"127.0.0.1", 0}).value());
    connection_ = std::make_shared<ClientConnection>(&io_, options_, "0123456789abcdef",
                                                     HostPort{"127.0.0.1", listener->port()}, as);
    for (int32_t id = 1; id <= 3; ++id) {
      ClientCall call;
      call.protocol = "P";
      call.method = "m";
      call.body = std::make_shared<const std::string>("");
      call.call_id = id;
      call.deadline = Clock::Real()->Now() + std::chrono::hours(1);
      call.timeout = std::chrono::hours(1);
      call.done = [this](const StatusOr<std::string>&) { ++done_; };
      CHECK(connection_->Enqueue(&call));
    }
    io_.poll();
    server_ = listener->Accept().value();
    const linger reset{1, 0};
    CHECK_EQ(::setsockopt(server_.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    Work();
  }

  // Every call ends exactly once, whatever came.
  ~Connection() {
    server_ = Socket();
    connection_->Fail(CancelledError("the end"));
    Work();
    CHECK_EQ(done_, 3);
  }

  void Send(std::string_view bytes) {
    IgnoreError(server_.SendAll(bytes, Deadline::After(std::chrono::seconds(1))),
                "the client may have closed");
    Work();
    char buffer[4096];
    while (::recv(server_.fd(), buffer, sizeof buffer, MSG_DONTWAIT) > 0) {
    }
  }

 private:
  void Work() {
    io_.restart();
    io_.poll();
  }

  RpcClientOptions options_;
  boost::asio::io_context io_{1};
  int done_ = 0;
  std::shared_ptr<ClientConnection> connection_;
  Socket server_;
};

RpcResponseHeaderProto Header(uint32_t call_id) {
  RpcResponseHeaderProto header;
  header.set_callid(call_id);
  header.set_status(RpcResponseHeaderProto::SUCCESS);
  header.set_serveripcversionnum(kRpcVersion);
  header.set_clientid("0123456789abcdef");
  return header;
}

std::string Answer(uint32_t call_id, std::string_view body) {
  const RpcResponseHeaderProto header = Header(call_id);
  std::string frame;
  AppendFrame(&frame, {&header}, body);
  return frame;
}

// ---- seeds -------------------------------------------------------------------------------------

template <class Message>
Piece MessagePiece(uint8_t which, const Message& message) {
  return {static_cast<uint8_t>(Kind::kMessage),
          std::string(1, static_cast<char>(which)) + message.SerializePartialAsString()};
}

LocatedBlock SomeBlock() {
  LocatedBlock block;
  block.block = {"BP-1", {BlockId(1073741825), GenerationStamp(1001), 100}};
  DatanodeInfo node;
  node.id = {"127.0.10.1", "host1", "uuid1", 9866, 9864, 9867};
  block.locations.push_back(node);
  return block;
}

Input MessageSeeds() {
  FileStatus status;
  status.name = "f";
  status.owner = "hdfs";
  status.group = "supergroup";
  hdfs::HdfsFileStatusProto status_message;
  ToProto(status, &status_message);
  DirectoryListing listing;
  listing.entries.push_back(status);
  hdfs::DirectoryListingProto listing_message;
  ToProto(listing, &listing_message);
  LocatedBlocks blocks;
  blocks.blocks.push_back(SomeBlock());
  hdfs::LocatedBlocksProto blocks_message;
  ToProto(blocks, &blocks_message);
  hdfs::LocatedBlockProto block_message;
  ToProto(SomeBlock(), &block_message);
  hdfs::DatanodeInfoProto node_message;
  ToProto(DatanodeInfo{}, &node_message);
  hdfs::DatanodeStorageReportProto report_message;
  ToProto(DatanodeStorageReport{}, &report_message);
  hdfs::ContentSummaryProto summary_message;
  ToProto(ContentSummary{}, &summary_message);
  hdfs::QuotaUsageProto quota_message;
  ToProto(QuotaUsage{}, &quota_message);
  hdfs::FsServerDefaultsProto defaults_message;
  ToProto(ServerDefaults{}, &defaults_message);
  hdfs::CreateRequestProto create_message;
  ToProto(CreateArgs{}, &create_message);
  hdfs::AddBlockRequestProto add_message;
  ToProto(AddBlockArgs{}, &add_message);
  return {MessagePiece(0, status_message),   MessagePiece(1, listing_message),
          MessagePiece(2, blocks_message),   MessagePiece(3, block_message),
          MessagePiece(4, node_message),     MessagePiece(5, report_message),
          MessagePiece(6, summary_message),  MessagePiece(7, quota_message),
          MessagePiece(8, defaults_message), MessagePiece(12, create_message),
          MessagePiece(13, add_message)};
}

std::string SaslFrame(const proto::rpc::RpcSaslProto& sasl) {
  const RpcResponseHeaderProto header = Header(static_cast<uint32_t>(kRpcSasl));
  std::string frame;
  AppendFrame(&frame, {&header, &sasl});
  return frame.substr(4);
}

Input SaslSeed() {
  proto::rpc::RpcSaslProto negotiate;
  negotiate.set_state(proto::rpc::RpcSaslProto::NEGOTIATE);
  auto* offer = negotiate.add_auths();
  offer->set_method("TOKEN");
  offer->set_mechanism("DIGEST-MD5");
  offer->set_protocol("");
  offer->set_serverid("default");
  offer->set_challenge(
      "realm=\"default\",nonce=\"abc\",qop=\"auth\",charset=utf-8,algorithm=md5-sess");
  proto::rpc::RpcSaslProto success;
  success.set_state(proto::rpc::RpcSaslProto::SUCCESS);
  success.set_token("rspauth=0123456789abcdef0123456789abcdef");
  const auto frame = static_cast<uint8_t>(Kind::kFrame);
  return {{1, ""}, {frame, SaslFrame(negotiate)}, {frame, SaslFrame(success)}};
}

}  // namespace

void RunTarget(const Input& input) {
  std::unique_ptr<Connection> connection;
  for (const Piece& piece : input) {
    const Kind kind = static_cast<Kind>(piece.tag % static_cast<uint8_t>(Kind::kCount));
    if (kind == Kind::kMessage) {
      if (piece.bytes.empty()) continue;
      const auto which = static_cast<uint8_t>(piece.bytes[0]) % kMessageCount;
      kMessages[which](std::string_view(piece.bytes).substr(1));
      continue;
    }
    if (connection == nullptr) {  // the first such piece says how the client opens
      connection = std::make_unique<Connection>(piece.tag % 2 == 1);
      continue;
    }
    if (kind == Kind::kRaw) connection->Send(piece.bytes);
    if (kind == Kind::kAnswer) connection->Send(Answer(1, piece.bytes));
    if (kind == Kind::kFrame) {
      std::string frame;
      AppendBigEndian(&frame, static_cast<uint32_t>(piece.bytes.size()));
      connection->Send(frame + piece.bytes);
    }
  }
}

std::vector<Input> Seeds() {
  RpcResponseHeaderProto failed = Header(2);
  failed.set_status(RpcResponseHeaderProto::ERROR);
  failed.set_exceptionclassname("java.io.FileNotFoundException");
  failed.set_errormsg("File does not exist: /a");
  std::string failure;
  AppendFrame(&failure, {&failed});
  const auto raw = static_cast<uint8_t>(Kind::kRaw);
  const auto frame = static_cast<uint8_t>(Kind::kFrame);
  const auto answer = static_cast<uint8_t>(Kind::kAnswer);
  return {
      MessageSeeds(),
      SaslSeed(),
      {{0, ""}, {raw, Answer(1, "body")}, {raw, failure}},
      {{0, ""}, {answer, "body"}, {frame, failure.substr(4)}},
  };
}

}  // namespace tusk::fuzz
