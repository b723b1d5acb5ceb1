// Hadoop's credentials image ("HDTS"): the tokens and secrets a process is given in a file
// (HADOOP_TOKEN_FILE_LOCATION) or a container in its launch context.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/protocol/token.h"

namespace tusk {

struct Credentials {
  std::map<std::string, Token> tokens;         // by alias
  std::map<std::string, std::string> secrets;  // by name, raw bytes

  // The first token of that kind, whatever its alias; nullptr when there is none.
  const Token* FindKind(std::string_view kind) const;
};

// Form 0 (Writable), which every Hadoop reads.
std::string SerializeCredentials(const Credentials& credentials);

// Forms 0 and 1 (protobuf). Bytes behind the counted entries are left alone: Spark sends its whole
// buffer. An empty image holds nothing. kInvalidArgument otherwise.
StatusOr<Credentials> ParseCredentials(std::string_view image);

StatusOr<Credentials> ReadCredentialsFile(const std::string& path);

// The file HADOOP_TOKEN_FILE_LOCATION names; empty when the variable is not set.
StatusOr<Credentials> ProcessCredentials();

// A token alone in Writable form, and in the text form of URLs (delegation=).
std::string SerializeToken(const Token& token);
StatusOr<Token> ParseToken(std::string_view bytes);
std::string EncodeTokenForUrl(const Token& token);
StatusOr<Token> DecodeTokenFromUrl(std::string_view text);

}  // namespace tusk
