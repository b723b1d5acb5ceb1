// A writer that tests can kill, and the one who recovers what it left.
//
//   open_writer --conf DIR write LOCAL PATH BYTES   writes the first BYTES bytes of LOCAL to PATH,
//   flushes
//                                                   them to the DataNodes (hflush), prints
//                                                   "flushed" and waits for a line; then writes the
//                                                   rest and closes
//   open_writer --conf DIR recover PATH SECONDS     asks for the recovery of PATH's lease until the
//   file
//                                                   is closed; prints its length
// Exit code 0 when all of it has worked; else 1, with the error on stdout.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "client/file_system.h"
#include "common/base/clock.h"
#include "common/config/configuration.h"

namespace {

using tusk::Status;
using tusk::StatusOr;

Status Write(tusk::FileSystem* fs, const std::string& local, const std::string& path,
             size_t count) {
  std::ifstream in(local, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::string_view all(bytes);
  ASSIGN_OR_RETURN(auto file, fs->Create(path));
  RETURN_IF_ERROR(file->Write(all.substr(0, count)));
  RETURN_IF_ERROR(file->Hflush());
  std::puts("flushed");
  std::fflush(stdout);
  char line[16];
  if (std::fgets(line, sizeof(line), stdin) == nullptr) {
    return tusk::CancelledError("nobody said how to go on");
  }
  RETURN_IF_ERROR(file->Write(all.substr(std::min(count, all.size()))));
  return file->Close();
}

Status Recover(tusk::FileSystem* fs, const std::string& path, int seconds) {
  const auto until = tusk::Clock::Real()->Now() + std::chrono::seconds(seconds);
  for (;;) {
    const StatusOr<bool> closed = fs->protocol()->RecoverLease(path, "open_writer_recovery");
    if (closed.ok() && *closed) break;
    if (tusk::Clock::Real()->Now() > until) {
      return closed.ok() ? tusk::DeadlineExceededError(path + " is still open") : closed.status();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ASSIGN_OR_RETURN(const tusk::FileStatus status, fs->GetStatus(path));
  std::printf("%lld\n", static_cast<long long>(status.length));
  return Status::Ok();
}

Status Run(int argc, char** argv) {
  if (argc < 6 || std::strcmp(argv[1], "--conf") != 0) {
    return tusk::InvalidArgumentError("see the top of open_writer.cc");
  }
  ASSIGN_OR_RETURN(const tusk::Configuration conf, tusk::Configuration::Load(argv[2]));
  ASSIGN_OR_RETURN(const auto fs, tusk::FileSystem::Connect(conf));
  const std::string what = argv[3];
  if (what == "write" && argc == 7) {
    return Write(fs.get(), argv[4], argv[5], std::strtoull(argv[6], nullptr, 10));
  }
  if (what == "recover") return Recover(fs.get(), argv[4], std::atoi(argv[5]));
  return tusk::InvalidArgumentError("see the top of open_writer.cc");
}

}  // namespace

int main(int argc, char** argv) {
  const Status status = Run(argc, argv);
  if (status.ok()) return 0;
  std::printf("%s\n", status.ToString().c_str());
  return 1;
}
