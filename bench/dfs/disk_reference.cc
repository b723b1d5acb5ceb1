// What does this disk need for the same bytes, made as durable, without a file system of ours?
//
//   bench_disk_reference copy SOURCE TARGET...            each target by a thread of its own
//   bench_disk_reference files COUNT BYTES THREADS COPIES DIRECTORY
//   bench_disk_reference append BYTES COUNT FILE          a journal: one write and sync each
//   bench_disk_reference overwrite BYTES COUNT FILE       the same over zeros, 1 MB at a time
//
// A copy reserves space in steps of 8 MB and syncs the file and its folder at the end, as a
// DataNode does with a replica. Each of `files` is written, synced and its folder synced. Prints
// one JSON line; for `append` and `overwrite` with the syncs per second.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr off_t kReserve = 8 << 20;
constexpr size_t kPiece = 1 << 20;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "bench_disk_reference: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

int OpenOrFail(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (fd < 0) Fail(path);
  return fd;
}

void WriteAll(int fd, const char* bytes, size_t count) {
  while (count > 0) {
    const ssize_t written = write(fd, bytes, count);
    if (written <= 0) Fail("write");
    bytes += written;
    count -= static_cast<size_t>(written);
  }
}

void Sync(int fd) {
  if (fdatasync(fd) != 0) Fail("fdatasync");
}

void SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const int fd = OpenOrFail(slash == std::string::npos ? "." : path.substr(0, slash + 1), O_RDONLY);
  if (fsync(fd) != 0) Fail("fsync of a folder");
  close(fd);
}

void Reserve(int fd, off_t from, off_t bytes) {
  if (fallocate(fd, FALLOC_FL_KEEP_SIZE, from, bytes) != 0) Fail("fallocate");
}

void Copy(const std::string& source, const std::string& target) {
  const int in = OpenOrFail(source, O_RDONLY);
  const int out = OpenOrFail(target, O_WRONLY | O_CREAT | O_TRUNC);
  std::vector<char> piece(kPiece);
  off_t written = 0;
  off_t reserved = 0;
  for (;;) {
    const ssize_t got = read(in, piece.data(), piece.size());
    if (got < 0) Fail(source);
    if (got == 0) break;
    if (written + got > reserved) {
      Reserve(out, reserved, kReserve);
      reserved += kReserve;
    }
    WriteAll(out, piece.data(), static_cast<size_t>(got));
    written += got;
  }
  if (ftruncate(out, written) != 0) Fail("ftruncate");
  Sync(out);
  SyncFolderOf(target);
  close(in);
  close(out);
}

void CopyToAll(const std::string& source, const std::vector<std::string>& targets) {
  std::vector<std::thread> threads;
  for (const std::string& target : targets) {
    threads.emplace_back([&] { Copy(source, target); });
  }
  for (std::thread& thread : threads) thread.join();
}

void WriteFiles(int count, size_t bytes, int threads, int copies, const std::string& directory) {
  const std::string content(bytes, 'x');
  std::atomic<int> next{0};
  std::vector<std::thread> running;
  for (int c = 0; c < copies; ++c) {
    const std::string folder = directory + "/" + std::to_string(c);
    if (mkdir(folder.c_str(), 0755) != 0) Fail(folder);
  }
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      for (int i = next++; i < count * copies; i = next++) {
        const std::string path =
            directory + "/" + std::to_string(i % copies) + "/" + std::to_string(i / copies);
        const int fd = OpenOrFail(path, O_WRONLY | O_CREAT | O_EXCL);
        WriteAll(fd, content.data(), content.size());
        Sync(fd);
        close(fd);
        SyncFolderOf(path);
      }
    });
  }
  for (std::thread& thread : running) thread.join();
}

void Append(size_t bytes, int count, bool over_zeros, const std::string& path) {
  const std::string content(bytes, 'x');
  const std::string zeros(over_zeros ? 1 << 20 : 0, '\0');
  const int fd = OpenOrFail(path, O_WRONLY | O_CREAT | O_TRUNC);
  off_t written = 0;
  off_t reserved = 0;
  for (int i = 0; i < count; ++i) {
    if (written + static_cast<off_t>(bytes) > reserved) {
      if (!over_zeros) Reserve(fd, reserved, 1 << 20);
      if (over_zeros && pwrite(fd, zeros.data(), zeros.size(), reserved) < 0) Fail("zeros");
      reserved += 1 << 20;
    }
    WriteAll(fd, content.data(), content.size());
    Sync(fd);
    written += static_cast<off_t>(bytes);
  }
  close(fd);
}

int Usage() {
  std::fprintf(stderr,
               "usage: bench_disk_reference copy SOURCE TARGET...\n"
               "       bench_disk_reference files COUNT BYTES THREADS COPIES DIRECTORY\n"
               "       bench_disk_reference append BYTES COUNT FILE\n"
               "       bench_disk_reference overwrite BYTES COUNT FILE\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  const auto begin = std::chrono::steady_clock::now();
  double per_second_of = 0;
  if (args.size() >= 3 && args[0] == "copy") {
    CopyToAll(args[1], {args.begin() + 2, args.end()});
  } else if (args.size() == 6 && args[0] == "files") {
    WriteFiles(std::atoi(args[1].c_str()), std::strtoull(args[2].c_str(), nullptr, 10),
               std::atoi(args[3].c_str()), std::atoi(args[4].c_str()), args[5]);
  } else if (args.size() == 4 && (args[0] == "append" || args[0] == "overwrite")) {
    per_second_of = std::atof(args[2].c_str());
    Append(std::strtoull(args[1].c_str(), nullptr, 10), std::atoi(args[2].c_str()),
           args[0] == "overwrite", args[3]);
  } else {
    return Usage();
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  std::printf("{\"wall_s\":%.6f,\"per_second\":%.1f}\n", wall.count(),
              per_second_of / wall.count());
  return 0;
}
