#include "common/security/user.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace tusk {

bool User::IsIn(std::string_view group) const {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

StatusOr<std::string> CurrentUserName() {
  const char* stated = std::getenv("HADOOP_USER_NAME");
  if (stated != nullptr && *stated != '\0') return ShortUserName(stated);
  return ProcessUserName();
}

StatusOr<std::string> ProcessUserName() {
  std::string buffer(16 << 10, '\0');
  passwd entry{};
  passwd* found = nullptr;
  const uid_t uid = ::geteuid();
  const int error = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  if (error != 0) return ErrnoError("look up user id " + std::to_string(uid), error);
  if (found == nullptr) {
    return NotFoundError("user id " + std::to_string(uid) +
                         " has no login; set HADOOP_USER_NAME to the name to act under");
  }
  return std::string(found->pw_name);
}

std::string ShortUserName(std::string_view full_name) {
  return std::string(full_name.substr(0, full_name.find_first_of("/@")));
}

}  // namespace tusk
