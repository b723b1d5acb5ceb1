// Who a call is made for, by Hadoop's simple authentication: the name the caller states.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace tusk {

struct User {
  std::string name;                 // short name: permissions are checked against it
  std::string real_name;            // who acts for `name` (doAs); empty: nobody does
  std::vector<std::string> groups;  // of `name`, the primary one first; resolved by the server

  bool IsIn(std::string_view group) const;
  bool operator==(const User&) const = default;
};

// The name this process acts under: HADOOP_USER_NAME, else the login of the effective user id.
// kNotFound when that id has no login.
StatusOr<std::string> CurrentUserName();

// The login of the process, whatever HADOOP_USER_NAME says: a NameNode's superuser.
StatusOr<std::string> ProcessUserName();

// "alice" of "alice", "alice@REALM" and "alice/host@REALM".
std::string ShortUserName(std::string_view full_name);

}  // namespace tusk
