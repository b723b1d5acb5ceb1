// Random and damaged bytes into every decoder: each must answer, none may crash or read past its
// input (the asan preset sees that). The inputs depend on the test's seed only.
#include <algorithm>
#include <cstring>

#include "common/base/random.h"
#include "common/datatransfer/packet_stream.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_seed.h"

namespace tusk {
namespace {

class BytesSource final : public ByteSource {
 public:
  explicit BytesSource(std::string bytes) : bytes_(std::move(bytes)) {}
  StatusOr<size_t> ReadSome(char* out, size_t max) override {
    const size_t count = std::min(max, bytes_.size() - at_);
    std::memcpy(out, bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  const std::string bytes_;
  size_t at_ = 0;
};

std::string RandomBytes(Random* random, size_t max) {
  std::string bytes(random->Below(max + 1), '\0');
  for (char& c : bytes) c = static_cast<char>(random->Next());
  return bytes;
}

std::string Damage(Random* random, std::string bytes) {
  for (uint64_t i = random->Below(4) + 1; i > 0 && !bytes.empty(); --i) {
    bytes[random->Below(bytes.size())] = static_cast<char>(random->Next());
  }
  if (random->OneIn(3)) bytes.resize(random->Below(bytes.size() + 1));
  return bytes;
}

// Counts what was understood: with damaged input both outcomes must occur.
struct Tally {
  int ok = 0;
  int refused = 0;
  template <typename T>
  void Take(const StatusOr<T>& result) {
    result.ok() ? ++ok : ++refused;
  }
};

void DecodeAll(std::string_view bytes, Tally* tally) {
  tally->Take(DecodeReadBlock(bytes));
  tally->Take(DecodeWriteBlock(bytes));
  tally->Take(DecodeTransferBlock(bytes));
  tally->Take(DecodeBlockChecksum(bytes));
  tally->Take(DecodeShortCircuitFds(bytes));
  tally->Take(DecodeBlockOpResponse(bytes));
  tally->Take(DecodeTransferStatus(bytes));
  tally->Take(DecodePipelineAck(bytes));
  tally->Take(DecodeMetaHeader(bytes));
  tally->Take(DecodePacketHeader(bytes, 65536));
}

TEST(DataTransferFuzzTest, DecodersAnswerAnyBytes) {
  Random random(TestSeed());
  WriteBlockRequest write;
  write.block.pool_id = "BP-1";
  write.targets.resize(2);
  const std::string request = EncodeOp(write).substr(5);
  const std::string ack = EncodePipelineAck(MakePipelineAck(7, {TransferStatus::kSuccess}));
  Tally tally;
  for (int i = 0; i < 3000; ++i) {
    DecodeAll(RandomBytes(&random, 64), &tally);
    DecodeAll(Damage(&random, request), &tally);
    DecodeAll(Damage(&random, ack.substr(1)), &tally);
  }
  EXPECT_GT(tally.refused, 1000);
  EXPECT_GT(tally.ok, 10);
}

TEST(DataTransferFuzzTest, AStreamOfDamagedPacketsAlwaysEnds) {
  Random random(TestSeed() + 1);
  Tally tally;
  for (int i = 0; i < 2000; ++i) {
    std::string stream;
    for (int p = 0; p < 4; ++p) {
      char prefix[kMaxPacketPrefixSize];
      const int32_t size = static_cast<int32_t>(random.Below(700));
      const PacketHeader header{p * 512, p, false, size, random.OneIn(2)};
      stream.append(prefix, EncodePacketPrefix(header, 8, prefix));
      stream.append(static_cast<size_t>(size) + 8, 'd');
    }
    BytesSource source(Damage(&random, stream));
    StreamInput in(&source, 64);
    for (int p = 0; p < 10; ++p) {
      const StatusOr<Packet> packet = ReadPacket(&in);
      tally.Take(packet);
      if (!packet.ok()) break;
      EXPECT_EQ(packet->data.size(), static_cast<size_t>(packet->header.data_length));
    }
  }
  EXPECT_GT(tally.refused, 1000);
  EXPECT_GT(tally.ok, 1000);
}

}  // namespace
}  // namespace tusk
