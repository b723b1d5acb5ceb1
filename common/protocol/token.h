// A Hadoop token as it travels: bytes that the issuer signed. The empty token is four empty fields.
#pragma once

#include <string>

namespace tusk {

struct Token {
  std::string identifier;
  std::string password;
  std::string kind;
  std::string service;

  bool operator==(const Token&) const = default;
};

}  // namespace tusk
