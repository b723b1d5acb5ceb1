#include "datanode/storage/replica_writer.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/fault/fault_point.h"
#include "common/io/checksum.h"
#include "datanode/storage/meta_file.h"
#include "datanode/storage/volume.h"

namespace tusk::datanode {
namespace {

FAULT_POINT(kBeforeDiskWrite, "datanode.storage.write");

constexpr int64_t kAllocationStep = 8 << 20;
// Smaller replicas are not worth the two extra calls.
constexpr int64_t kAllocateFrom = 512 << 10;

}  // namespace

ReplicaWriter::ReplicaWriter(std::shared_ptr<Replica> replica, std::unique_ptr<File> data,
                             std::unique_ptr<File> meta, const DataChecksum& checksum,
                             int64_t promised_bytes, std::shared_ptr<WriterSession> session)
    : replica_(std::move(replica)),
      data_(std::move(data)),
      meta_(std::move(meta)),
      checksum_(checksum),
      session_(std::move(session)),
      promised_(promised_bytes) {
  const ReplicaSnapshot now = replica_->Get();
  length_ = now.block.num_bytes;
  last_crc_ = now.last_chunk_crc;
  durable_chunk_ = PartialChunk();
  replica_->volume()->Reserve(promised_);
}

ReplicaWriter::~ReplicaWriter() {
  replica_->volume()->Reserve(-promised_);
  if (replica_->writer() == session_) replica_->SetWriter(nullptr);
  session_->Finished();
}

Status ReplicaWriter::Write(int64_t offset, std::string_view data, std::string_view sums,
                            const DataChecksum& sums_kind) {
  if (offset > length_) {
    return OutOfRangeError(BlockFileName(replica_->id()) + ": packet at " + std::to_string(offset) +
                           " leaves a gap after " + std::to_string(length_));
  }
  const int64_t in_chunk = offset % checksum_.bytes_per_checksum;
  const int64_t end = offset + static_cast<int64_t>(data.size());
  if (in_chunk != 0 && sums_kind == checksum_ &&
      in_chunk + static_cast<int64_t>(data.size()) > checksum_.bytes_per_checksum) {
    return OutOfRangeError(BlockFileName(replica_->id()) + ": packet at " + std::to_string(offset) +
                           " of " + std::to_string(data.size()) +
                           " bytes starts within a chunk and does not end in it");
  }
  replica_->SetReceived(end);
  if (end <= length_) return Status::Ok();  // all of it is here already
  RETURN_IF_ERROR(kBeforeDiskWrite.Hit());
  RETURN_IF_ERROR(ReserveSpace(end));
  if (!sums.empty() && sums_kind == checksum_ && in_chunk == 0) {
    RETURN_IF_ERROR(WriteWithSums(offset, data, sums));
  } else {
    RETURN_IF_ERROR(WriteComputed(data.substr(static_cast<size_t>(length_ - offset))));
  }
  replica_->SetOnDisk(length_, last_crc_);
  return Status::Ok();
}

// The packet's checksums, from the chunk on in which our bytes end so far.
Status ReplicaWriter::WriteWithSums(int64_t offset, std::string_view data, std::string_view sums) {
  const int64_t first_chunk = length_ / checksum_.bytes_per_checksum;
  const int64_t known = first_chunk - offset / checksum_.bytes_per_checksum;
  const std::string_view fresh = data.substr(static_cast<size_t>(length_ - offset));
  RETURN_IF_ERROR(
      Put(fresh, first_chunk, sums.substr(static_cast<size_t>(known * checksum_.checksum_size()))));
  last_crc_ = length_ % checksum_.bytes_per_checksum == 0 || sums.size() < 4
                  ? 0
                  : LoadBigEndian<uint32_t>(sums.data() + sums.size() - 4);
  return Status::Ok();
}

// New bytes only: the checksum of the partial chunk is continued, the others are computed.
Status ReplicaWriter::WriteComputed(std::string_view data) {
  const int64_t chunk_size = checksum_.bytes_per_checksum;
  const int64_t first_chunk = length_ / chunk_size;
  sums_.clear();
  uint32_t crc = last_crc_;
  if (checksum_.type != ChecksumType::kNull) {
    const auto room = static_cast<size_t>(chunk_size - length_ % chunk_size);
    const std::string_view head = data.substr(0, room);
    crc = ComputeCrc(checksum_.type, head, length_ % chunk_size == 0 ? 0 : last_crc_);
    AppendBigEndian(&sums_, crc);
    const std::string_view rest = data.substr(head.size());
    AppendChecksums(checksum_, rest, &sums_);
    crc = LoadBigEndian<uint32_t>(sums_.data() + sums_.size() - 4);
  }
  RETURN_IF_ERROR(Put(data, first_chunk, sums_));
  last_crc_ = length_ % chunk_size == 0 ? 0 : crc;
  return Status::Ok();
}

Status ReplicaWriter::Put(std::string_view data, int64_t first_chunk, std::string_view sums) {
  RETURN_IF_ERROR(data_->WriteAt(length_, data));
  if (first_chunk == durable_chunk_) RETURN_IF_ERROR(data_->Sync());
  if (!sums.empty()) {
    RETURN_IF_ERROR(
        meta_->WriteAt(kMetaHeaderSize + first_chunk * checksum_.checksum_size(), sums));
  }
  const auto size = static_cast<int64_t>(data.size());
  Volume* volume = replica_->volume();
  volume->AddUsed(Volume::UsedBy(length_ + size) - Volume::UsedBy(length_));
  const int64_t kept = std::min(promised_, size);
  volume->Reserve(-kept);
  promised_ -= kept;
  length_ += size;
  return Status::Ok();
}

Status ReplicaWriter::ReserveSpace(int64_t end) {
  if (end <= kAllocateFrom || end <= allocated_) return Status::Ok();
  const int64_t upto = (end + kAllocationStep - 1) / kAllocationStep * kAllocationStep;
  // A disk too full for the whole step may still take these bytes: the write itself will tell.
  IgnoreError(data_->Allocate(length_, upto - length_), "only makes the write faster");
  allocated_ = upto;
  return Status::Ok();
}

int64_t ReplicaWriter::PartialChunk() const {
  const int64_t chunk_size = checksum_.bytes_per_checksum;
  return length_ % chunk_size == 0 ? -1 : length_ / chunk_size;
}

Status ReplicaWriter::Sync() {
  RETURN_IF_ERROR(data_->Sync());
  return meta_->Sync();
}

Status ReplicaWriter::Hsync() {
  RETURN_IF_ERROR(Sync());
  durable_chunk_ = PartialChunk();
  if (names_synced_) return Status::Ok();
  Volume* volume = replica_->volume();
  RETURN_IF_ERROR(
      volume->folder_sync()->Sync(volume->DirFor(replica_->id(), replica_->Get().state)));
  names_synced_ = true;
  return Status::Ok();
}

}  // namespace tusk::datanode
