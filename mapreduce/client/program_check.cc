#include "mapreduce/client/program_check.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "mapreduce/engine/plan/program_stamp.h"

namespace tusk::mapreduce {
namespace {

constexpr std::string_view kElf = "\177ELF";

// "tusk-program-interface:", without the number.
std::string_view StampName() {
  const std::string_view stamp = kProgramStamp;
  return stamp.substr(0, stamp.find(':') + 1);
}

Status CheckBytes(const std::string& path, std::string_view bytes) {
  const std::string not_ours = "program " + path +
                               " is not linked to libtusk: build it with find_package(Tusk) and " +
                               "target_link_libraries(... Tusk::tusk)";
  if (bytes.starts_with("#!")) {
    return InvalidArgumentError("program " + path +
                                " is a script: run it with tusk mapred streaming -mapper " + path);
  }
  if (!bytes.starts_with(kElf)) return InvalidArgumentError(not_ours);
  const std::string_view ours = kProgramStamp;
  if (bytes.find(ours) != std::string_view::npos) return Status::Ok();
  const size_t other = bytes.find(StampName());
  if (other == std::string_view::npos) return InvalidArgumentError(not_ours);
  const std::string_view stamp =
      bytes.substr(other, std::string_view(bytes).find(';', other) - other);
  return FailedPreconditionError(
      "program " + path + " was built against another version of Tusk (interface " +
      std::string(stamp.substr(StampName().size())) + ", this is " +
      std::string(ours.substr(StampName().size(), ours.size() - StampName().size() - 1)) +
      "): build it again");
}

}  // namespace

Status CheckProgram(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return NotFoundError("program " + path + " does not exist");
  }
  if (!std::filesystem::is_regular_file(path, error)) {
    return InvalidArgumentError("program " + path + " is not a file");
  }
  if (path.ends_with(".so")) {
    return UnimplementedError("program " + path +
                              ": jobs in shared objects are not supported yet; link an executable");
  }
  if (::access(path.c_str(), X_OK) != 0) {
    return PermissionDeniedError("program " + path + " is not executable: chmod +x it");
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return PermissionDeniedError("program " + path + " cannot be read: " + std::strerror(errno));
  }
  struct stat info{};
  void* bytes = MAP_FAILED;
  if (::fstat(fd, &info) == 0 && info.st_size > 0) {
    bytes = ::mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  }
  ::close(fd);
  if (bytes == MAP_FAILED) return CheckBytes(path, "");
  const auto size = static_cast<size_t>(info.st_size);
  const Status status = CheckBytes(path, {static_cast<const char*>(bytes), size});
  ::munmap(bytes, size);
  return status;
}

}  // namespace tusk::mapreduce
