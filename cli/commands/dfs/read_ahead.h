// Reads a file ahead of its consumer on a thread of its own, so that receiving and verifying the
// next bytes goes on while those before are stored.
//
// Owns:    its thread and buffers (2 MB). Borrows the reader, which is its alone until it is gone.
// Threads: one consumer.
// Life:    the destructor ends the thread, wherever it has come to.
// Fails:   Next gives the reader's error, after all pieces (512 KB) that were read before it.
#pragma once

#include <string>
#include <string_view>

#include "client/file_system.h"
#include "common/base/status.h"
#include "common/concurrent/bounded_queue.h"
#include "common/concurrent/thread_pool.h"

namespace tusk::cli {

class ReadAhead {
 public:
  explicit ReadAhead(FileReader* from);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // Valid until the next call; empty at the end, which is to be asked for once.
  StatusOr<std::string_view> Next();

 private:
  struct Piece {
    std::string buffer;
    StatusOr<size_t> filled = size_t{0};
  };

  void Run();
  StatusOr<size_t> Fill(std::string* buffer);

  FileReader* const from_;
  BoundedQueue<Piece> free_;
  BoundedQueue<Piece> filled_;
  Piece current_;
  ThreadPool thread_;  // last: it ends first
};

}  // namespace tusk::cli
