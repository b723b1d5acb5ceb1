// The unix socket of a DataNode in memory (fake_datanodes.h): passes descriptors of files that hold
// the replica as it was when the socket was asked, for tests of local reads.
//
// Threads: one, joined by the destructor; everything may be set from any other.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/concurrent/mutex.h"
#include "common/datatransfer/packet_stream.h"
#include "common/net/fd_passing.h"
#include "common/net/socket.h"

namespace tusk::client {

class FakeDescriptors {
 public:
  // What the reader finds in the files, made of the replica's bytes.
  using Change = std::function<void(std::string* data, std::string* checksums)>;

  // Serves at `path`; `replica` gives the bytes of a block.
  FakeDescriptors(const std::string& path, std::function<std::string(BlockId)> replica)
      : replica_(std::move(replica)),
        listener_(Listener::ListenUnix(path).value()),
        thread_([this] { Run(); }) {}
  ~FakeDescriptors() { Stop(); }

  void set_change(Change change) {
    MutexLock lock(mu_);
    change_ = std::move(change);
  }
  // From now on connections are taken and requests left without an answer.
  void Hang() { hangs_ = true; }
  // The DataNode dies: what it has passed stays with who has it.
  void Stop() {
    listener_.Close();
    if (thread_.joinable()) thread_.join();
  }
  int passed() const { return passed_; }

 private:
  struct Source final : ByteSource {
    explicit Source(Socket* s) : socket(s) {}
    StatusOr<size_t> ReadSome(char* out, size_t max) override {
      return socket->ReceiveSome(out, max, Deadline::Never());
    }
    Socket* const socket;
  };

  void Run() {
    std::vector<Socket> hanging;
    for (;;) {
      StatusOr<Socket> peer = listener_.Accept();
      if (!peer.ok()) return;
      if (hangs_) {
        hanging.push_back(std::move(peer).value());
      } else {
        Serve(&*peer);
      }
    }
  }

  void Serve(Socket* peer) {
    Source source(peer);
    StreamInput in(&source);
    const auto op = ReadOpPrefix(&in);
    if (!op.ok() || *op != DataTransferOp::kRequestShortCircuitFds) return;
    const auto message = ReadDelimited(&in, kMaxOpMessageBytes);
    if (!message.ok()) return;
    const auto request = DecodeShortCircuitFds(*message);
    if (!request.ok()) return;
    std::string data = replica_(request->block.block.id);
    std::string meta = EncodeMetaHeader(DataChecksum{});
    std::string sums;
    AppendChecksums(DataChecksum{}, data, &sums);
    {
      MutexLock lock(mu_);
      if (change_) change_(&data, &sums);
    }
    const Fd data_file = FileOf(data);
    const Fd meta_file = FileOf(meta + sums);
    BlockOpResponse answer;
    answer.short_circuit_version = kShortCircuitFormatVersion;
    const int fds[] = {data_file.get(), meta_file.get()};
    const Deadline deadline = Deadline::Never();
    if (!peer->SendAll(EncodeBlockOpResponse(answer), deadline).ok()) return;
    if (SendWithFds(*peer, std::string_view("\0", 1), fds, deadline).ok()) ++passed_;
  }

  static Fd FileOf(const std::string& content) {
    Fd fd(::memfd_create("replica", MFD_CLOEXEC));
    CHECK_EQ(::pwrite(fd.get(), content.data(), content.size(), 0),
             static_cast<ssize_t>(content.size()));
    return fd;
  }

  const std::function<std::string(BlockId)> replica_;
  Mutex mu_;
  Change change_ GUARDED_BY(mu_);
  std::atomic<bool> hangs_{false};
  std::atomic<int> passed_{0};
  Listener listener_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace tusk::client
