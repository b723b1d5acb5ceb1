// A DataNode's data port over real sockets, and clients written down packet by packet, for the
// tests of this folder.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/testing/temp_dir.h"
#include "datanode/storage/store_fixture.h"
#include "datanode/transfer/xceiver_server.h"

namespace tusk::datanode {

using namespace std::chrono_literals;

inline constexpr auto kSuccess = TransferStatus::kSuccess;
inline constexpr auto kError = TransferStatus::kError;
inline constexpr auto kErrorChecksum = TransferStatus::kErrorChecksum;

// One DataNode's store and data port on a loopback address of its own.
class Node {
 public:
  explicit Node(const std::string& address)
      : listener_(), bean_(metrics_.AddBean("DataNode", address)), transfer_metrics_(&bean_) {
    ReplicaStoreOptions options;
    options.volumes = {{dir_.File("data")}};
    options.boot_id = "boot";
    options.writer_stop_timeout = 5s;
    store = ReplicaStore::Open(options,
                               {Env::Posix(), &deletions_, &listener_, indexes_.Opener(), nullptr})
                .value();
    const Status joined = store->Join(TestNamespace());
    EXPECT_TRUE(joined.ok()) << joined;
    context.store = store.get();
    context.clock = Clock::Real();
    context.metrics = &transfer_metrics_;
    context.options.socket_timeout = 5s;
    context.options.keep_alive = 200ms;
    context.options.visible_wait = 50ms;
    context.options.max_streams = 16;
    context.options.default_block_bytes = 1 << 20;
    context.report_bad = [this](const BadReplica& bad) {
      MutexLock lock(mu_);
      bad_.push_back(bad.datanode_uuid);
    };
    unix_path = dir_.File("dn.sock");
    server = XceiverServer::Listen({{address, 0}, unix_path}, &context).value();
    info.id.ip_addr = address;
    info.id.host_name = address;
    info.id.uuid = "uuid-" + address;
    info.id.xfer_port = server->port();
    context.self = info;
    server->Serve();
  }

  std::vector<std::string> bad() {
    MutexLock lock(mu_);
    return bad_;
  }
  std::vector<std::string> events() { return listener_.Take(); }

 private:
  TempDir dir_;
  ManualExecutor deletions_;
  RecordingListener listener_;
  MemoryIndexes indexes_;
  MetricsRegistry metrics_;
  MetricsBean bean_;
  TransferMetrics transfer_metrics_;
  Mutex mu_;
  std::vector<std::string> bad_ GUARDED_BY(mu_);

 public:
  DatanodeInfo info;
  std::string unix_path;
  std::unique_ptr<ReplicaStore> store;
  TransferContext context;
  std::unique_ptr<XceiverServer> server;
};

// The client's end of one connection.
class Client {
 public:
  explicit Client(const Node& node)
      : Client(Socket::Connect({node.info.id.ip_addr, node.info.id.xfer_port}, {}).value()) {}
  explicit Client(Socket socket)
      : connection_(std::make_shared<PeerConnection>(std::move(socket), false, 5s, 5s)) {}

  Status Send(const std::string& bytes) { return connection_->Send(bytes); }
  StatusOr<BlockOpResponse> Answer() { return ReadBlockOpResponse(connection_->in()); }
  StatusOr<PipelineAck> Ack() { return ReadPipelineAck(connection_->in()); }
  StatusOr<Packet> NextPacket() { return ReadPacket(connection_->in()); }
  StreamInput* in() { return connection_->in(); }
  Socket& socket() { return connection_->socket(); }
  bool AtEnd() { return !connection_->in()->Need(1).ok(); }
  // An answer of a few bytes may come before the end.
  bool DrainToEnd() {
    for (int i = 0; i < 1000; ++i) {
      if (AtEnd()) return true;
      connection_->in()->Consume(connection_->in()->buffered());
    }
    return false;
  }
  void Close() { connection_->Shutdown(); }

  Status SendPacket(PacketHeader header, const std::string& data, const std::string& sums) {
    header.data_length = static_cast<int32_t>(data.size());
    char prefix[kMaxPacketPrefixSize];
    const size_t size = EncodePacketPrefix(header, static_cast<int32_t>(sums.size()), prefix);
    return Send(std::string(prefix, size) + sums + data);
  }
  // With right checksums.
  Status SendData(int64_t seqno, int64_t offset, const std::string& data) {
    return SendPacket({offset, seqno, false, 0, false}, data, SumsOf(DataChecksum{}, data));
  }
  Status SendLast(int64_t seqno, int64_t offset) {
    return SendPacket({offset, seqno, true, 0, false}, "", "");
  }

 private:
  std::shared_ptr<PeerConnection> connection_;
};

inline WriteBlockRequest WriteRequest(int64_t id, int64_t stamp,
                                      const std::vector<const Node*>& next = {}) {
  WriteBlockRequest request;
  request.block = TestBlock(id, stamp);
  request.client_name = "client";
  for (const Node* node : next) {
    request.targets.push_back(node->info);
    request.target_storage_types.push_back(StorageType::kDisk);
  }
  request.pipeline_size = static_cast<uint32_t>(next.size() + 1);
  return request;
}

// A whole replica through the data port of `first`.
inline void Put(const Node& first, int64_t id, const std::string& data,
                const std::vector<const Node*>& next = {}) {
  Client client(first);
  ASSERT_OK(client.Send(EncodeOp(WriteRequest(id, 1001, next))));
  ASSERT_OK_AND_ASSIGN(const BlockOpResponse response, client.Answer());
  ASSERT_EQ(response.status, kSuccess);
  ASSERT_EQ(response.first_bad_link, "");
  constexpr size_t kPacket = 126 * 512;
  int64_t seqno = 0;
  for (size_t at = 0; at < data.size(); at += kPacket) {
    ASSERT_OK(client.SendData(seqno++, static_cast<int64_t>(at), data.substr(at, kPacket)));
  }
  ASSERT_OK(client.SendLast(seqno, static_cast<int64_t>(data.size())));
  for (int64_t i = 0; i <= seqno; ++i) {
    ASSERT_OK_AND_ASSIGN(const PipelineAck ack, client.Ack());
    EXPECT_EQ(ack.seqno, i);
    EXPECT_EQ(ack.replies, std::vector<TransferStatus>(next.size() + 1, kSuccess));
    EXPECT_EQ(ack.flags.size(), next.size() + 1);
  }
  EXPECT_TRUE(client.AtEnd());
}

inline ReadBlockRequest ReadRequest(int64_t id, int64_t offset, int64_t length) {
  ReadBlockRequest request;
  request.block = TestBlock(id, 1001);
  request.client_name = "client";
  request.offset = offset;
  request.length = length;
  return request;
}

// The bytes of the packets of one read, checked chunk by chunk, and where they start.
struct ReadResult {
  int64_t start = 0;
  std::string bytes;
};
inline StatusOr<ReadResult> ReadPackets(Client* client) {
  ASSIGN_OR_RETURN(const BlockOpResponse response, client->Answer());
  if (response.status != kSuccess) return UnavailableError(response.message);
  ReadResult result;
  result.start = response.read_info->chunk_offset;
  const DataChecksum checksum = response.read_info->checksum;
  for (int64_t seqno = 0;; ++seqno) {
    ASSIGN_OR_RETURN(const Packet packet, client->NextPacket());
    if (packet.header.seqno != seqno) return DataLossError("seqno");
    if (packet.header.offset_in_block != result.start + static_cast<int64_t>(result.bytes.size())) {
      return DataLossError("offset");
    }
    if (packet.header.last_packet_in_block) {
      return packet.data.empty() ? StatusOr<ReadResult>(result) : DataLossError("last with data");
    }
    RETURN_IF_ERROR(VerifyChecksums(checksum, packet.data, packet.checksums, "read", 0));
    result.bytes += packet.data;
  }
}

inline StatusOr<std::string> ReadAll(const Node& node, int64_t id, int64_t stamp = 1001) {
  ASSIGN_OR_RETURN(const int64_t length, node.store->VisibleLength(TestBlock(id, stamp)));
  Client client(node);
  ReadBlockRequest request = ReadRequest(id, 0, length);
  request.block = TestBlock(id, stamp);
  RETURN_IF_ERROR(client.Send(EncodeOp(request)));
  ASSIGN_OR_RETURN(const ReadResult result, ReadPackets(&client));
  return result.bytes;
}

}  // namespace tusk::datanode
