// Operations and packets of DataTransferProtocol into a whole DataNode core (replica store and
// Xceiver) over a socket, and a peer's answers into the readers of clients and pipelines. Whatever
// comes, finished replicas keep their bytes.
#include <cstring>
#include <memory>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/net/socket.h"
#include "datanode/storage/store_fixture.h"
#include "datanode/transfer/xceiver.h"
#include "tests/fuzz/fuzz_target.h"

namespace tusk::fuzz {
namespace {

using namespace datanode;

enum class Kind : uint8_t {
  kReadBlock,      // the operation's message
  kWriteBlock,     // likewise; whatever follows belongs to this write
  kBlockChecksum,  //
  kTransferBlock,  //
  kDescriptors,    //
  kPacket,         // flags, varint offset, varint seqno, data: a packet with right checksums
  kRawStream,      // bytes behind a write
  kRawOp,          // op code and bytes: an operation that the table above does not make
  kAnswer,         // bytes that a peer answers us
  kCount,
};

constexpr int64_t kFinished = 1;
constexpr int64_t kFinishedBytes = 3000;

class World : public StoreTest {
 public:
  World() : bean_(metrics_.AddBean("DataNode", "1")), transfer_metrics_(&bean_) {
    testing::GTEST_FLAG(break_on_failure) = true;
    Start();
    CHECK(Put(kFinished, kFinishedBytes).ok());
    auto writer = Create(2);
    CHECK(writer.ok());
    CHECK(WriteAll(writer->get(), 0, Pattern(1000)).ok());
    context_.store = store_.get();
    context_.clock = Clock::Real();
    context_.metrics = &transfer_metrics_;
    context_.options.socket_timeout = std::chrono::milliseconds(200);
    context_.options.socket_timeout_per_target = std::chrono::milliseconds(0);
    context_.options.write_timeout = std::chrono::milliseconds(200);
    context_.options.visible_wait = std::chrono::milliseconds(0);
    context_.options.default_block_bytes = 1 << 20;
    context_.options.source_address = "127.0.0.1";  // nothing dialled leaves this machine
    context_.report_bad = [](const BadReplica&) {};
  }
  void TestBody() override {}

  // One connection: all its bytes at once, then its end.
  void Serve(std::string_view bytes) {
    auto ends = Socket::Pair();
    CHECK(ends.ok());
    CHECK(ends->first.SendAll(bytes, Deadline::After(std::chrono::seconds(1))).ok());
    ends->first.ShutdownWrite();
    Xceiver xceiver(&context_,
                    std::make_shared<PeerConnection>(std::move(ends->second), /*local=*/false,
                                                     context_.options.socket_timeout,
                                                     context_.options.write_timeout));
    while (xceiver.ServeOne()) {
    }
  }

  // Nobody was allowed to change what was finished.
  void CheckReplicas() {
    const auto bytes = ReadBack(kFinished);
    // An append or a recovery with a newer stamp may have reopened it: then it is another replica.
    if (bytes.ok()) {
      CHECK(bytes->substr(0, 512) == Pattern(kFinishedBytes).substr(0, 512));
    }
    store_->Close();
  }

 private:
  MetricsRegistry metrics_;
  MetricsBean bean_;
  TransferMetrics transfer_metrics_;
  TransferContext context_;
};

std::string Op(DataTransferOp op, std::string_view message) {
  std::string bytes;
  AppendBigEndian(&bytes, kDataTransferVersion);
  bytes.push_back(static_cast<char>(op));
  AppendLengthPrefixed(&bytes, message);
  return bytes;
}

// Mirrors are dialled: only at a port of this machine where nobody listens.
void MakeHarmless(std::vector<DatanodeInfo>* targets) {
  targets->resize(std::min<size_t>(targets->size(), 2));
  for (DatanodeInfo& target : *targets) {
    target.id.ip_addr = "127.0.0.1";
    target.id.host_name = "127.0.0.1";
    target.id.xfer_port = 1;
  }
}

std::string WriteOp(const std::string& message) {
  auto request = DecodeWriteBlock(message);
  if (!request.ok() || request->targets.empty()) {
    return Op(DataTransferOp::kWriteBlock, message);
  }
  MakeHarmless(&request->targets);
  return EncodeOp(*request);
}

std::string TransferOp(const std::string& message) {
  auto request = DecodeTransferBlock(message);
  if (!request.ok()) return Op(DataTransferOp::kTransferBlock, message);
  MakeHarmless(&request->targets);
  return EncodeOp(*request);
}

std::string PacketBytes(const std::string& piece) {
  ByteReader in(piece);
  uint8_t flags = 0;
  uint64_t offset = 0;
  uint64_t seqno = 0;
  if (!in.ReadBigEndian(&flags) || !in.ReadVarint(&offset) || !in.ReadVarint(&seqno)) return {};
  const std::string_view data = in.rest();
  const std::string sums = (flags & 4) != 0 ? std::string() : SumsOf(DataChecksum{}, data);
  const PacketHeader header{static_cast<int64_t>(offset), static_cast<int64_t>(seqno),
                            (flags & 1) != 0, static_cast<int32_t>(data.size()), (flags & 2) != 0};
  char prefix[kMaxPacketPrefixSize];
  const size_t size = EncodePacketPrefix(header, static_cast<int32_t>(sums.size()), prefix);
  return std::string(prefix, size) + sums + std::string(data);
}

// An operation without targets: those have kinds of their own above.
std::string RawOp(const std::string& piece) {
  if (piece.empty()) return {};
  const auto op = static_cast<DataTransferOp>(piece[0]);
  if (op == DataTransferOp::kWriteBlock || op == DataTransferOp::kTransferBlock) return {};
  return Op(op, std::string_view(piece).substr(1));
}

class BytesSource final : public ByteSource {
 public:
  explicit BytesSource(std::string_view bytes) : bytes_(bytes) {}
  StatusOr<size_t> ReadSome(char* out, size_t max) override {
    const size_t count = std::min(max, bytes_.size());
    std::memcpy(out, bytes_.data(), count);
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
};

template <class Read>
void ReadAll(std::string_view bytes, Read read) {
  BytesSource source(bytes);
  StreamInput in(&source, 64);
  while (read(&in).ok()) {
  }
}

void ReadAnswers(std::string_view bytes) {
  ReadAll(bytes, [](StreamInput* in) { return ReadBlockOpResponse(in); });
  ReadAll(bytes, [](StreamInput* in) { return ReadPipelineAck(in); });
  ReadAll(bytes, [](StreamInput* in) { return ReadTransferStatus(in); });
  ReadAll(bytes, [](StreamInput* in) { return ReadPacket(in); });
  IgnoreError(DecodeMetaHeader(bytes).status(), "any answer will do");
}

}  // namespace

void RunTarget(const Input& input) {
  std::string stream;
  bool writing = false;
  for (const Piece& piece : input) {
    if (stream.size() > 64 << 10) break;  // what a socket takes before anybody reads
    switch (static_cast<Kind>(piece.tag % static_cast<uint8_t>(Kind::kCount))) {
      case Kind::kReadBlock:
        if (!writing) stream += Op(DataTransferOp::kReadBlock, piece.bytes);
        break;
      case Kind::kWriteBlock:
        if (!writing) stream += WriteOp(piece.bytes);
        writing = true;
        break;
      case Kind::kBlockChecksum:
        if (!writing) stream += Op(DataTransferOp::kBlockChecksum, piece.bytes);
        break;
      case Kind::kTransferBlock:
        if (!writing) stream += TransferOp(piece.bytes);
        break;
      case Kind::kDescriptors:
        if (!writing) stream += Op(DataTransferOp::kRequestShortCircuitFds, piece.bytes);
        break;
      case Kind::kPacket:
        if (writing) stream += PacketBytes(piece.bytes);
        break;
      case Kind::kRawStream:
        if (writing) stream += piece.bytes;
        break;
      case Kind::kRawOp:
        if (!writing) stream += RawOp(piece.bytes);
        break;
      case Kind::kAnswer:
        ReadAnswers(piece.bytes);
        break;
      case Kind::kCount:
        break;
    }
  }
  if (stream.empty()) return;
  stream.resize(std::min<size_t>(stream.size(), 96 << 10));
  World world;
  world.Serve(stream);
  world.CheckReplicas();
}

std::vector<Input> Seeds() {
  // The message alone, as the kinds above want it.
  const auto op = [](Kind kind, const std::string& encoded) {
    ByteReader in(std::string_view(encoded).substr(kOpPrefixSize));
    std::string_view message;
    CHECK(in.ReadLengthPrefixed(&message));
    return Piece{static_cast<uint8_t>(kind), std::string(message)};
  };
  const auto packet = [](int flags, uint64_t offset, uint64_t seqno, const std::string& data) {
    std::string bytes(1, static_cast<char>(flags));
    AppendVarint(&bytes, offset);
    AppendVarint(&bytes, seqno);
    return Piece{static_cast<uint8_t>(Kind::kPacket), bytes + data};
  };
  const auto write = [&](PipelineStage stage, int64_t id, int64_t bytes) {
    WriteBlockRequest request;
    request.block = TestBlock(id, 1001, bytes);
    request.client_name = "client";
    request.stage = stage;
    request.pipeline_size = 1;
    request.latest_generation_stamp = GenerationStamp(1002);
    request.min_bytes_received = bytes;
    request.max_bytes_received = bytes;
    return op(Kind::kWriteBlock, EncodeOp(request));
  };
  ReadBlockRequest read;
  read.block = TestBlock(kFinished, 1001);
  read.client_name = "client";
  read.offset = 100;
  read.length = 1000;
  BlockChecksumRequest checksum;
  checksum.block = TestBlock(kFinished, 1001, kFinishedBytes);
  TransferBlockRequest transfer;
  transfer.block = TestBlock(kFinished, 1001, kFinishedBytes);
  transfer.client_name = "client";
  transfer.targets.resize(1);
  ShortCircuitFdsRequest descriptors;
  descriptors.block = TestBlock(kFinished, 1001);
  WriteBlockRequest mirrored;
  mirrored.block = TestBlock(7, 1001);
  mirrored.client_name = "client";
  mirrored.targets.resize(2);
  mirrored.pipeline_size = 3;
  BlockOpResponse answer;
  answer.first_bad_link = "";
  const std::string ack = EncodePipelineAck(MakePipelineAck(7, {TransferStatus::kSuccess}));
  const auto peer = static_cast<uint8_t>(Kind::kAnswer);
  return {
      {op(Kind::kReadBlock, EncodeOp(read)), op(Kind::kBlockChecksum, EncodeOp(checksum))},
      {op(Kind::kTransferBlock, EncodeOp(transfer))},
      {op(Kind::kDescriptors, EncodeOp(descriptors))},
      {write(PipelineStage::kSetupCreate, 5, 0), packet(0, 0, 0, Pattern(1024)),
       packet(2, 1024, 1, Pattern(100)), packet(1, 1124, 2, "")},
      {write(PipelineStage::kSetupAppend, kFinished, kFinishedBytes),
       packet(0, kFinishedBytes - kFinishedBytes % 512, 0, Pattern(600))},
      {write(PipelineStage::kSetupStreamingRecovery, 2, 1000), packet(1, 1000, 0, "")},
      {write(PipelineStage::kCloseRecovery, 2, 1000)},
      {op(Kind::kWriteBlock, EncodeOp(mirrored)), packet(0, 0, 0, Pattern(100))},
      {{peer, EncodeBlockOpResponse(answer)},
       {peer, ack},
       {peer, EncodeMetaHeader(DataChecksum{})}},
  };
}

}  // namespace tusk::fuzz
