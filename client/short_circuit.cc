#include "client/short_circuit.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "common/datatransfer/op_header.h"
#include "common/datatransfer/packet_stream.h"
#include "common/net/fd_passing.h"

namespace tusk::client {
namespace {

constexpr size_t kBufferBytes = 64 << 10;

void Replace(std::string* text, std::string_view what, const std::string& with) {
  for (size_t at = 0; (at = text->find(what, at)) != std::string::npos; at += with.size()) {
    text->replace(at, what.size(), with);
  }
}

StatusOr<size_t> ReadFully(int fd, int64_t offset, char* to, size_t count,
                           const std::string& name) {
  size_t done = 0;
  while (done < count) {
    const ssize_t got = ::pread(fd, to + done, count - done, offset + static_cast<int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError("read " + name, errno);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

// Reads through the replica's descriptors; whole chunks straight into the caller's buffer.
class LocalBlockReader final : public BlockReader {
 public:
  LocalBlockReader(std::shared_ptr<const LocalReplica> replica, const BlockRange& range)
      : replica_(std::move(replica)),
        name_(BlockName(range.block)),
        verify_(range.verify_checksums),
        offset_(range.offset),
        left_(range.length) {}

  StatusOr<size_t> Read(char* to, size_t count) override {
    count = static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(count), left_));
    if (count == 0) return size_t{0};
    if (buffered_.empty()) {
      const auto chunk = static_cast<int64_t>(replica_->checksum().bytes_per_checksum);
      const size_t whole = count - count % static_cast<size_t>(chunk);
      if (offset_ % chunk == 0 && whole > 0) {
        ASSIGN_OR_RETURN(const size_t got, replica_->ReadChunks(offset_, to, whole, verify_));
        return Advance(got);
      }
      RETURN_IF_ERROR(FillBuffer(chunk));
    }
    const size_t taken = std::min(count, buffered_.size());
    std::memcpy(to, buffered_.data(), taken);
    buffered_.remove_prefix(taken);
    return Advance(taken);
  }

  bool through_descriptor() const override { return true; }

 private:
  StatusOr<size_t> Advance(size_t got) {
    if (got == 0) return UnavailableError(name_ + " is shorter on disk than the NameNode says");
    offset_ += static_cast<int64_t>(got);
    left_ -= static_cast<int64_t>(got);
    return got;
  }

  Status FillBuffer(int64_t chunk) {
    const int64_t start = offset_ - offset_ % chunk;
    const int64_t wanted =
        (std::min<int64_t>(left_, kBufferBytes) + (offset_ - start) + chunk - 1) / chunk * chunk;
    buffer_.resize(static_cast<size_t>(wanted));
    ASSIGN_OR_RETURN(const size_t got,
                     replica_->ReadChunks(start, buffer_.data(), buffer_.size(), verify_));
    buffered_ = std::string_view(buffer_.data(), got);
    buffered_.remove_prefix(std::min(got, static_cast<size_t>(offset_ - start)));
    if (buffered_.empty()) return Advance(0).status();
    return Status::Ok();
  }

  const std::shared_ptr<const LocalReplica> replica_;
  const std::string name_;
  const bool verify_;
  int64_t offset_;
  int64_t left_;
  std::vector<char> buffer_;
  std::string_view buffered_;  // of buffer_, from offset_ on
};

}  // namespace

LocalReplica::LocalReplica(const ExtendedBlock& block, Fd data, Fd meta,
                           const DataChecksum& checksum)
    : name_(BlockName(block)),
      data_(std::move(data)),
      meta_(std::move(meta)),
      checksum_(checksum) {}

StatusOr<std::shared_ptr<const LocalReplica>> LocalReplica::FromFiles(const ExtendedBlock& block,
                                                                      Fd data, Fd meta) {
  char header[kMetaHeaderSize];
  ASSIGN_OR_RETURN(const size_t got,
                   ReadFully(meta.get(), 0, header, sizeof(header), BlockName(block)));
  ASSIGN_OR_RETURN(const DataChecksum checksum, DecodeMetaHeader(std::string_view(header, got)));
  return std::shared_ptr<const LocalReplica>(
      new LocalReplica(block, std::move(data), std::move(meta), checksum));
}

StatusOr<std::shared_ptr<const LocalReplica>> LocalReplica::Open(const std::string& socket_path,
                                                                 const ExtendedBlock& block,
                                                                 const Token& token,
                                                                 Duration timeout) {
  ASSIGN_OR_RETURN(Socket socket, Socket::ConnectUnix(socket_path, timeout));
  ShortCircuitFdsRequest request;
  request.block = block;
  request.token = token;
  const Deadline deadline = Deadline::After(timeout);
  RETURN_IF_ERROR(socket.SendAll(EncodeOp(request), deadline));

  // The answer is a length (below 128: one byte), that many bytes, and a byte with the descriptors.
  // They come with whichever read meets that byte, so every read here takes descriptors.
  std::string bytes;
  std::vector<Fd> fds;
  size_t wanted = 1;
  while (bytes.size() < wanted) {
    char buffer[512];
    ASSIGN_OR_RETURN(ReceivedFds got, ReceiveWithFds(socket, buffer, sizeof(buffer), deadline));
    if (got.bytes == 0) return UnavailableError(socket_path + " closed without an answer");
    bytes.append(buffer, got.bytes);
    for (Fd& fd : got.fds) fds.push_back(std::move(fd));
    ByteReader reader(bytes);
    std::string_view message;
    if (!reader.ReadLengthPrefixed(&message)) {
      wanted = bytes.size() + 1;
      continue;
    }
    ASSIGN_OR_RETURN(const BlockOpResponse answer, DecodeBlockOpResponse(message));
    if (answer.status == TransferStatus::kErrorUnsupported && !answer.short_circuit_version) {
      return UnimplementedError(socket_path + " passes no descriptors: " + answer.message);
    }
    if (answer.status != TransferStatus::kSuccess) {
      return UnavailableError(socket_path + " refused " + BlockName(block) + ": " + answer.message);
    }
    wanted = bytes.size() - reader.rest().size() + 1;
  }
  if (fds.size() != 2) {
    return UnavailableError(socket_path + " passed " + std::to_string(fds.size()) +
                            " descriptors instead of 2");
  }
  return FromFiles(block, std::move(fds[0]), std::move(fds[1]));
}

StatusOr<size_t> LocalReplica::ReadChunks(int64_t offset, char* to, size_t count,
                                          bool verify) const {
  ASSIGN_OR_RETURN(const size_t got, ReadFully(data_.get(), offset, to, count, name_));
  if (!verify || got == 0 || checksum_.type == ChecksumType::kNull) return got;
  const int64_t first_chunk = offset / checksum_.bytes_per_checksum;
  std::string sums(static_cast<size_t>(checksum_.ChecksumBytesFor(static_cast<int64_t>(got))),
                   '\0');
  ASSIGN_OR_RETURN(const size_t sum_bytes,
                   ReadFully(meta_.get(), kMetaHeaderSize + first_chunk * checksum_.checksum_size(),
                             sums.data(), sums.size(), name_ + "'s checksums"));
  if (sum_bytes != sums.size()) return DataLossError(name_ + " has too few checksums");
  RETURN_IF_ERROR(VerifyChecksums(checksum_, std::string_view(to, got), sums, name_, offset));
  return got;
}

std::string DomainSocketPath(const std::string& configured, const DatanodeId& datanode) {
  std::string path = configured;
  Replace(&path, "_HOST", datanode.ip_addr);
  Replace(&path, "_PORT", std::to_string(datanode.xfer_port));
  return path;
}

std::unique_ptr<BlockReader> MakeLocalReader(std::shared_ptr<const LocalReplica> replica,
                                             const BlockRange& range) {
  return std::make_unique<LocalBlockReader>(std::move(replica), range);
}

}  // namespace tusk::client
