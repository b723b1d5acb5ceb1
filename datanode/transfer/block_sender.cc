#include "datanode/transfer/block_sender.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <vector>

#include "common/base/bytes.h"
#include "common/datatransfer/packet.h"
#include "datanode/storage/meta_file.h"

namespace tusk::datanode {
namespace {

constexpr int64_t kPacketData = 64 << 10;
constexpr int64_t kLoadBytes = 256 << 10;

}  // namespace

StatusOr<BlockSender> BlockSender::Make(const ReplicaReader* reader, int64_t offset, int64_t length,
                                        const Options& options) {
  if (offset < 0 || length < 0 || offset > reader->length || length > reader->length - offset) {
    return OutOfRangeError(" Offset " + std::to_string(offset) + " and length " +
                           std::to_string(length) + " don't match block " +
                           BlockName(reader->snapshot.block) + " ( blockLen " +
                           std::to_string(reader->length) + " )");
  }
  const DataChecksum& checksum = reader->checksum;
  const int64_t start = checksum.ChunkStart(offset);
  int64_t end = offset + length;
  if (checksum.ChunkStart(end) != end) {
    end = std::min<int64_t>(reader->length, checksum.ChunkStart(end) + checksum.bytes_per_checksum);
  }
  return BlockSender(reader, start, end, options);
}

BlockSender::BlockSender(const ReplicaReader* reader, int64_t start, int64_t end,
                         const Options& options)
    : reader_(reader),
      options_(options),
      sent_checksum_(reader->checksum),
      start_(start),
      end_(end),
      data_(new char[static_cast<size_t>(std::min(end - start, kLoadBytes)) + 1]) {
  if (!options.checksums) {
    sent_checksum_ = {ChecksumType::kNull, reader->checksum.bytes_per_checksum};
  }
}

Status BlockSender::Send(PeerConnection* to) {
  // Whole chunks and whole packets in each load.
  const int64_t chunk = reader_->checksum.bytes_per_checksum;
  const int64_t load = std::max<int64_t>(kLoadBytes / chunk * chunk, chunk);
  if (load > kLoadBytes) data_.reset(new char[static_cast<size_t>(load)]);
  if (reader_->data->fd() >= 0 && end_ - start_ > kLoadBytes) {
    ::posix_fadvise(reader_->data->fd(), start_, end_ - start_, POSIX_FADV_SEQUENTIAL);
  }
  for (int64_t at = start_; at < end_; at += load) {
    const int64_t size = std::min(load, end_ - at);
    RETURN_IF_ERROR(Load(at, size));
    RETURN_IF_ERROR(SendLoaded(to, at, size));
  }
  char prefix[kMaxPacketPrefixSize];
  const PacketHeader last{end_, seqno_++, true, 0, false};
  return to->Send({prefix, EncodePacketPrefix(last, 0, prefix)});
}

Status BlockSender::Load(int64_t at, int64_t size) {
  ASSIGN_OR_RETURN(const size_t got,
                   reader_->data->ReadAt(at, data_.get(), static_cast<size_t>(size)));
  if (static_cast<int64_t>(got) != size) {
    return DataLossError(reader_->data->path() + " ends at " +
                         std::to_string(at + static_cast<int64_t>(got)) + ", expected " +
                         std::to_string(at + size) + " bytes");
  }
  sums_.clear();
  const DataChecksum& checksum = reader_->checksum;
  if ((!options_.checksums && !options_.verify) || checksum.type == ChecksumType::kNull) {
    return Status::Ok();
  }
  // The partial chunk at the end of the visible bytes: its stored checksum may already cover more.
  const int64_t tail = (at + size) % checksum.bytes_per_checksum;
  const int64_t full_chunks = size / checksum.bytes_per_checksum;
  ASSIGN_OR_RETURN(sums_, ReadChecksums(reader_->meta.get(), checksum,
                                        at / checksum.bytes_per_checksum, full_chunks));
  if (tail != 0) {
    const std::string_view chunk(data_.get() + size - tail, static_cast<size_t>(tail));
    AppendBigEndian(&sums_, reader_->tail_crc && at + size == reader_->length
                                ? *reader_->tail_crc
                                : ChunkChecksum(checksum, chunk));
  }
  if (!options_.verify) return Status::Ok();
  return VerifyChecksums(checksum, {data_.get(), static_cast<size_t>(size)}, sums_,
                         BlockName(reader_->snapshot.block), at);
}

Status BlockSender::SendLoaded(PeerConnection* to, int64_t at, int64_t size) {
  const DataChecksum& checksum = reader_->checksum;
  const int64_t chunk = checksum.bytes_per_checksum;
  const int64_t packet_data = std::max<int64_t>(kPacketData / chunk * chunk, chunk);
  const auto packets = static_cast<size_t>((size + packet_data - 1) / packet_data);
  std::vector<std::array<char, kMaxPacketPrefixSize>> prefixes(packets);
  std::vector<std::string_view> parts;
  parts.reserve(packets * 3);
  std::string_view sums = options_.checksums ? std::string_view(sums_) : std::string_view();
  for (size_t i = 0; i < packets; ++i) {
    const int64_t offset = static_cast<int64_t>(i) * packet_data;
    const int64_t data_size = std::min(packet_data, size - offset);
    const auto sum_size = static_cast<size_t>(sent_checksum_.ChecksumBytesFor(data_size));
    const PacketHeader header{at + offset, seqno_++, false, static_cast<int32_t>(data_size), false};
    const size_t prefix_size =
        EncodePacketPrefix(header, static_cast<int32_t>(sum_size), prefixes[i].data());
    parts.emplace_back(prefixes[i].data(), prefix_size);
    if (sum_size > 0) parts.push_back(sums.substr(0, sum_size));
    sums.remove_prefix(sum_size);
    parts.emplace_back(data_.get() + offset, static_cast<size_t>(data_size));
  }
  RETURN_IF_ERROR(to->SendParts(parts));
  bytes_sent_ += size;
  return Status::Ok();
}

}  // namespace tusk::datanode
