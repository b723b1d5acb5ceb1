// DataNodes in memory at the other end of socket pairs, for tests: writing (the first node answers
// for the whole pipeline), reading, copying, with faults on command.
//
// Threads: one per connection, joined by the destructor.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/datanode_connector.h"
#include "common/concurrent/mutex.h"
#include "common/datatransfer/packet_stream.h"

namespace tusk::client {

class FakeDatanodes final : public DatanodeConnector {
 public:
  // What a node does wrong, once.
  struct Fault {
    int after_packets = -1;  // -1: never
    bool on_last = false;    // at the packet that ends the block
  };

  ~FakeDatanodes() override {
    for (Connection& connection : connections_) connection.socket->Shutdown();
    for (Connection& connection : connections_) connection.thread.join();
  }

  // ---- what tests look at and set ----
  std::string Replica(const std::string& ip, BlockId block) {
    MutexLock lock(mu_);
    return replicas_[{ip, block}];
  }
  void Corrupt(const std::string& ip, BlockId block) {
    MutexLock lock(mu_);
    corrupt_.insert({ip, block});
  }
  void Refuse(const std::string& ip) {
    MutexLock lock(mu_);
    refusing_.insert(ip);
  }
  void FailOnce(const std::string& ip, Fault fault) {
    MutexLock lock(mu_);
    faults_[ip] = fault;
  }
  std::vector<WriteBlockRequest> writes() {
    MutexLock lock(mu_);
    return writes_;
  }
  std::vector<PacketHeader> packets() {
    MutexLock lock(mu_);
    return packets_;
  }
  int transfers() {
    MutexLock lock(mu_);
    return transfers_;
  }
  int dials() {
    MutexLock lock(mu_);
    return dials_;
  }

  // ---- DatanodeConnector ----
  StatusOr<Socket> Dial(const DatanodeId& datanode, Duration) override {
    MutexLock lock(mu_);
    ++dials_;
    if (refusing_.contains(datanode.ip_addr)) {
      return UnavailableError("connect " + datanode.XferAddr() + ": refused");
    }
    ASSIGN_OR_RETURN(auto pair, Socket::Pair());
    auto served = std::make_unique<Socket>(std::move(pair.second));
    Socket* raw = served.get();
    connections_.push_back(
        {std::move(served), std::thread([this, raw, ip = datanode.ip_addr] { Serve(raw, ip); })});
    return std::move(pair.first);
  }
  StatusOr<int64_t> VisibleLength(const DatanodeId& datanode, const ExtendedBlock& block) override {
    MutexLock lock(mu_);
    const auto it = replicas_.find({datanode.ip_addr, block.block.id});
    if (it == replicas_.end()) return NotFoundError("no replica", Reason::kReplicaNotFound);
    return static_cast<int64_t>(it->second.size());
  }

 private:
  using ReplicaKey = std::pair<std::string, BlockId>;
  struct Connection {
    std::unique_ptr<Socket> socket;
    std::thread thread;
  };
  struct Source final : ByteSource {
    explicit Source(Socket* s) : socket(s) {}
    StatusOr<size_t> ReadSome(char* out, size_t max) override {
      return socket->ReceiveSome(out, max, Deadline::Never());
    }
    Socket* const socket;
  };

  void Serve(Socket* socket, const std::string& ip) {
    Source source(socket);
    StreamInput in(&source);
    for (;;) {
      const StatusOr<DataTransferOp> op = ReadOpPrefix(&in);
      if (!op.ok()) break;
      const auto message = ReadDelimited(&in, kMaxOpMessageBytes);
      if (!message.ok()) break;
      bool go_on = false;
      if (*op == DataTransferOp::kWriteBlock) ServeWrite(socket, &in, ip, *message);
      if (*op == DataTransferOp::kReadBlock) go_on = ServeRead(socket, &in, ip, *message);
      if (*op == DataTransferOp::kTransferBlock) ServeTransfer(socket, ip, *message);
      if (!go_on) break;
    }
    socket->Shutdown();
  }

  static void Say(Socket* socket, const std::string& bytes) {
    IgnoreError(socket->SendAll(bytes, Deadline::Never()), "a client that left is a test's affair");
  }

  // Whether the node's fault fires at packet number `count`; it fires once.
  bool Fires(const std::string& ip, int count, bool last) {
    MutexLock lock(mu_);
    const auto it = faults_.find(ip);
    if (it == faults_.end()) return false;
    const bool fires = last ? it->second.on_last
                            : it->second.after_packets >= 0 && count > it->second.after_packets;
    if (fires) faults_.erase(it);
    return fires;
  }

  void ServeWrite(Socket* socket, StreamInput* in, const std::string& ip,
                  std::string_view message) {
    const auto request = DecodeWriteBlock(message);
    if (!request.ok()) return;
    std::vector<std::string> ips = {ip};
    BlockOpResponse answer;
    answer.first_bad_link = "";
    {
      MutexLock lock(mu_);
      writes_.push_back(*request);
      for (const DatanodeInfo& target : request->targets) {
        ips.push_back(target.id.ip_addr);
        if (refusing_.contains(target.id.ip_addr) && answer.first_bad_link->empty()) {
          answer.status = TransferStatus::kError;
          answer.first_bad_link = target.id.XferAddr();
        }
      }
      // A recovery truncates to what all had acknowledged.
      for (const std::string& node : ips) {
        std::string& replica = replicas_[{node, request->block.block.id}];
        if (request->stage == PipelineStage::kSetupStreamingRecovery) {
          replica.resize(static_cast<size_t>(request->min_bytes_received));
        }
      }
    }
    Say(socket, EncodeBlockOpResponse(answer));
    if (answer.status != TransferStatus::kSuccess) return;
    if (request->stage == PipelineStage::kCloseRecovery) return;
    TakePackets(socket, in, ips, request->block.block.id);
  }

  void TakePackets(Socket* socket, StreamInput* in, const std::vector<std::string>& ips,
                   BlockId block) {
    for (int count = 1;; ++count) {
      const StatusOr<Packet> packet = ReadPacket(in);
      if (!packet.ok()) return;
      std::vector<TransferStatus> replies(ips.size(), TransferStatus::kSuccess);
      for (size_t i = 0; i < ips.size(); ++i) {
        if (!Fires(ips[i], count, packet->header.last_packet_in_block)) continue;
        if (i == 0) return;  // the node itself dies
        replies[i] = TransferStatus::kError;
        replies.resize(i + 1);
        break;
      }
      if (replies.back() == TransferStatus::kSuccess) Store(ips, block, *packet);
      Say(socket, EncodePipelineAck(MakePipelineAck(packet->header.seqno, replies)));
      if (packet->header.last_packet_in_block) return;
    }
  }

  void Store(const std::vector<std::string>& ips, BlockId block, const Packet& packet) {
    MutexLock lock(mu_);
    packets_.push_back(packet.header);
    for (const std::string& ip : ips) {
      std::string& replica = replicas_[{ip, block}];
      const auto offset = static_cast<size_t>(packet.header.offset_in_block);
      const size_t end = std::max(replica.size(), offset + packet.data.size());
      replica.resize(end, '?');
      replica.replace(offset, packet.data.size(), packet.data);
    }
  }

  bool ServeRead(Socket* socket, StreamInput* in, const std::string& ip, std::string_view message) {
    const auto request = DecodeReadBlock(message);
    if (!request.ok()) return false;
    std::string data;
    bool corrupt = false;
    {
      MutexLock lock(mu_);
      const ReplicaKey key(ip, request->block.block.id);
      const auto it = replicas_.find(key);
      if (it == replicas_.end()) {
        BlockOpResponse answer;
        answer.status = TransferStatus::kError;
        answer.message = "no such replica";
        Say(socket, EncodeBlockOpResponse(answer));
        return false;
      }
      data = it->second;
      corrupt = corrupt_.contains(key);
    }
    const DataChecksum checksum;
    BlockOpResponse answer;
    answer.read_info = ReadChecksumInfo{checksum, checksum.ChunkStart(request->offset)};
    Say(socket, EncodeBlockOpResponse(answer));
    SendPackets(socket, *request, data, corrupt);
    const auto verdict = ReadTransferStatus(in);
    return verdict.ok() && *verdict == TransferStatus::kChecksumOk;
  }

  static void SendPackets(Socket* socket, const ReadBlockRequest& request, const std::string& data,
                          bool corrupt) {
    constexpr size_t kPacket = 1024;
    const DataChecksum checksum;
    PacketHeader header;
    auto at = static_cast<size_t>(checksum.ChunkStart(request.offset));
    const auto end = static_cast<size_t>(request.offset + request.length);
    while (at < end) {
      const std::string part = data.substr(at, kPacket);
      std::string sums;
      AppendChecksums(checksum, part, &sums);
      if (corrupt) sums[0] = static_cast<char>(sums[0] ^ 1);
      header.offset_in_block = static_cast<int64_t>(at);
      header.data_length = static_cast<int32_t>(part.size());
      char prefix[kMaxPacketPrefixSize];
      const size_t size = EncodePacketPrefix(header, static_cast<int32_t>(sums.size()), prefix);
      Say(socket, std::string(prefix, size) + sums + part);
      at += part.size();
      ++header.seqno;
    }
    header.offset_in_block = static_cast<int64_t>(at);
    header.data_length = 0;
    header.last_packet_in_block = true;
    char prefix[kMaxPacketPrefixSize];
    Say(socket, std::string(prefix, EncodePacketPrefix(header, 0, prefix)));
  }

  void ServeTransfer(Socket* socket, const std::string& ip, std::string_view message) {
    const auto request = DecodeTransferBlock(message);
    if (!request.ok()) return;
    {
      MutexLock lock(mu_);
      ++transfers_;
      const BlockId block = request->block.block.id;
      replicas_[{request->targets[0].id.ip_addr, block}] = replicas_[{ip, block}];
    }
    Say(socket, EncodeBlockOpResponse(BlockOpResponse{}));
  }

  Mutex mu_;
  std::map<ReplicaKey, std::string> replicas_ GUARDED_BY(mu_);
  std::set<ReplicaKey> corrupt_ GUARDED_BY(mu_);
  std::set<std::string> refusing_ GUARDED_BY(mu_);
  std::map<std::string, Fault> faults_ GUARDED_BY(mu_);
  std::vector<WriteBlockRequest> writes_ GUARDED_BY(mu_);
  std::vector<PacketHeader> packets_ GUARDED_BY(mu_);
  int transfers_ GUARDED_BY(mu_) = 0;
  int dials_ GUARDED_BY(mu_) = 0;
  std::vector<Connection> connections_;  // by the dialling threads under mu_; last by ours
};

}  // namespace tusk::client
