#include "client/short_circuit.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/datatransfer/packet_stream.h"
#include "common/net/fd_passing.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk::client {
namespace {

const ExtendedBlock kBlock{"BP-1", {BlockId(7), GenerationStamp(1001), 1300}};

// A replica's two files as a DataNode has them.
class ShortCircuitTest : public ::testing::Test {
 protected:
  ShortCircuitTest() {
    for (size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<char>(i * 31);
    std::string meta = EncodeMetaHeader(DataChecksum{});
    AppendChecksums(DataChecksum{}, bytes_, &meta);
    Write("data", bytes_);
    Write("meta", meta);
  }

  void Write(const std::string& name, const std::string& content) {
    const Fd fd(::open(dir_.File(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
    ASSERT_EQ(::write(fd.get(), content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
  }
  Fd OpenFile(const std::string& name) { return Fd(::open(dir_.File(name).c_str(), O_RDONLY)); }
  std::shared_ptr<const LocalReplica> Replica() {
    return LocalReplica::FromFiles(kBlock, OpenFile("data"), OpenFile("meta")).value();
  }
  static BlockRange Range(int64_t offset, int64_t length) {
    BlockRange range;
    range.block = kBlock;
    range.offset = offset;
    range.length = length;
    return range;
  }
  // Reads to the end in pieces of `step` bytes.
  static StatusOr<std::string> ReadAll(BlockReader* reader, size_t step) {
    std::string all;
    std::string piece(step, '\0');
    for (;;) {
      ASSIGN_OR_RETURN(const size_t got, reader->Read(piece.data(), step));
      if (got == 0) return all;
      all.append(piece, 0, got);
    }
  }

  TempDir dir_;
  std::string bytes_ = std::string(1300, '\0');
};

TEST_F(ShortCircuitTest, AnyRangeInAnyStepsGivesTheBytes) {
  for (const int64_t offset : {0, 1, 511, 512, 700}) {
    for (const size_t step : {size_t{1}, size_t{100}, size_t{512}, size_t{4096}}) {
      const auto reader = MakeLocalReader(Replica(), Range(offset, 1300 - offset));
      ASSERT_OK_AND_ASSIGN(const std::string read, ReadAll(reader.get(), step));
      EXPECT_TRUE(read == bytes_.substr(static_cast<size_t>(offset))) << offset << " " << step;
    }
  }
}

TEST_F(ShortCircuitTest, ADamagedByteIsFoundUnlessNobodyWantsToKnow) {
  bytes_[600] = static_cast<char>(bytes_[600] ^ 4);
  Write("data", bytes_);
  const auto reader = MakeLocalReader(Replica(), Range(0, 1300));
  EXPECT_THAT(ReadAll(reader.get(), 4096), HasCode(Code::kDataLoss));
  BlockRange unverified = Range(0, 1300);
  unverified.verify_checksums = false;
  EXPECT_OK(ReadAll(MakeLocalReader(Replica(), unverified).get(), 4096));
}

TEST_F(ShortCircuitTest, AFileThatIsTooShortIsAnErrorAndNoEndlessLoop) {
  Write("data", bytes_.substr(0, 512));
  const auto reader = MakeLocalReader(Replica(), Range(0, 1300));
  EXPECT_FALSE(ReadAll(reader.get(), 4096).ok());
}

TEST_F(ShortCircuitTest, DescriptorsComeOverTheUnixSocket) {
  const std::string path = dir_.File("dn.sock");
  ASSERT_OK_AND_ASSIGN(Listener listener, Listener::ListenUnix(path));
  std::thread datanode([&] {
    StatusOr<Socket> peer = listener.Accept();
    char request[512];
    ASSERT_TRUE(peer->ReceiveSome(request, sizeof(request), Deadline::Never()).ok());
    BlockOpResponse answer;
    answer.short_circuit_version = kShortCircuitFormatVersion;
    ASSERT_OK(peer->SendAll(EncodeBlockOpResponse(answer), Deadline::Never()));
    const Fd data = OpenFile("data");
    const Fd meta = OpenFile("meta");
    const int fds[] = {data.get(), meta.get()};
    ASSERT_OK(SendWithFds(*peer, std::string_view("\0", 1), fds, Deadline::Never()));
  });
  const auto replica = LocalReplica::Open(path, kBlock, {}, std::chrono::seconds(5));
  datanode.join();
  ASSERT_OK(replica);
  ASSERT_OK_AND_ASSIGN(const std::string read,
                       ReadAll(MakeLocalReader(*replica, Range(0, 1300)).get(), 4096));
  EXPECT_TRUE(read == bytes_);
}

TEST_F(ShortCircuitTest, ADatanodeWithoutDescriptorsSaysSoOnce) {
  const std::string path = dir_.File("dn.sock");
  ASSERT_OK_AND_ASSIGN(Listener listener, Listener::ListenUnix(path));
  std::thread datanode([&] {
    StatusOr<Socket> peer = listener.Accept();
    char request[512];
    ASSERT_TRUE(peer->ReceiveSome(request, sizeof(request), Deadline::Never()).ok());
    BlockOpResponse answer;
    answer.status = TransferStatus::kErrorUnsupported;
    ASSERT_OK(peer->SendAll(EncodeBlockOpResponse(answer), Deadline::Never()));
  });
  EXPECT_THAT(LocalReplica::Open(path, kBlock, {}, std::chrono::seconds(5)),
              HasCode(Code::kUnimplemented));
  datanode.join();
}

TEST_F(ShortCircuitTest, TheSocketsPathNamesTheDatanode) {
  DatanodeId id;
  id.ip_addr = "127.0.10.2";
  id.xfer_port = 9866;
  EXPECT_EQ(DomainSocketPath("/run/dn__HOST.sock", id), "/run/dn_127.0.10.2.sock");
  EXPECT_EQ(DomainSocketPath("/run/dn._PORT", id), "/run/dn.9866");
}

}  // namespace
}  // namespace tusk::client
