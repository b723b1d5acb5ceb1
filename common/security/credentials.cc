#include "common/security/credentials.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/hex.h"

namespace tusk {
namespace {

constexpr std::string_view kMagic = "HDTS";
constexpr char kWritableForm = 0;
constexpr char kProtobufForm = 1;

Status Malformed(std::string_view what) {
  return InvalidArgumentError("malformed credentials: " + std::string(what));
}

// Hadoop's zero-compressed integer: one byte from -112 to 127, else a byte that tells sign and
// length, then the magnitude in big-endian bytes (of negative numbers the one's complement).
void AppendVlong(std::string* out, int64_t value) {
  if (value >= -112 && value <= 127) {
    out->push_back(static_cast<char>(value));
    return;
  }
  int marker = -112;
  if (value < 0) {
    value = ~value;
    marker = -120;
  }
  int bytes = 0;
  for (int64_t rest = value; rest != 0; rest >>= 8) ++bytes;
  out->push_back(static_cast<char>(marker - bytes));
  for (int i = bytes - 1; i >= 0; --i) out->push_back(static_cast<char>(value >> (8 * i)));
}

bool ReadVlong(ByteReader* in, int64_t* value) {
  int8_t first = 0;
  if (!in->ReadBigEndian(&first)) return false;
  if (first >= -112) {
    *value = first;
    return true;
  }
  const bool negative = first < -120;
  const int bytes = negative ? -120 - first : -112 - first;
  uint64_t magnitude = 0;
  for (int i = 0; i < bytes; ++i) {
    uint8_t byte = 0;
    if (!in->ReadBigEndian(&byte)) return false;
    magnitude = magnitude << 8 | byte;
  }
  *value = static_cast<int64_t>(negative ? ~magnitude : magnitude);
  return true;
}

// Byte arrays and Hadoop's Text have one form: a length and bytes.
void AppendBytes(std::string* out, std::string_view bytes) {
  AppendVlong(out, static_cast<int64_t>(bytes.size()));
  out->append(bytes);
}

bool ReadCount(ByteReader* in, size_t* count) {
  int64_t value = 0;
  if (!ReadVlong(in, &value) || value < 0) return false;
  *count = static_cast<size_t>(value);
  return *count <= in->rest().size();  // every entry takes a byte at least
}

bool ReadString(ByteReader* in, std::string* out) {
  size_t size = 0;
  std::string_view bytes;
  if (!ReadCount(in, &size) || !in->ReadBytes(size, &bytes)) return false;
  *out = bytes;
  return true;
}

bool ReadToken(ByteReader* in, Token* token) {
  return ReadString(in, &token->identifier) && ReadString(in, &token->password) &&
         ReadString(in, &token->kind) && ReadString(in, &token->service);
}

void AppendToken(std::string* out, const Token& token) {
  AppendBytes(out, token.identifier);
  AppendBytes(out, token.password);
  AppendBytes(out, token.kind);
  AppendBytes(out, token.service);
}

StatusOr<Credentials> ParseWritable(ByteReader in) {
  Credentials credentials;
  size_t count = 0;
  if (!ReadCount(&in, &count)) return Malformed("number of tokens");
  for (size_t i = 0; i < count; ++i) {
    std::string alias;
    Token token;
    if (!ReadString(&in, &alias) || !ReadToken(&in, &token)) return Malformed("a token");
    credentials.tokens.insert_or_assign(std::move(alias), std::move(token));
  }
  if (!ReadCount(&in, &count)) return Malformed("number of secrets");
  for (size_t i = 0; i < count; ++i) {
    std::string name;
    std::string secret;
    if (!ReadString(&in, &name) || !ReadString(&in, &secret)) return Malformed("a secret");
    credentials.secrets.insert_or_assign(std::move(name), std::move(secret));
  }
  return credentials;
}

// Calls `take(field, bytes)` for each length-delimited field of a protobuf message. All fields of
// the credentials messages are of that kind; others are skipped.
template <typename Take>
bool ForEachField(std::string_view message, Take take) {
  ByteReader in(message);
  while (!in.AtEnd()) {
    uint64_t tag = 0;
    std::string_view bytes;
    uint64_t ignored = 0;
    if (!in.ReadVarint(&tag)) return false;
    switch (tag & 7) {
      case 0:
        if (!in.ReadVarint(&ignored)) return false;
        break;
      case 1:
        if (!in.ReadBytes(8, &bytes)) return false;
        break;
      case 2:
        if (!in.ReadLengthPrefixed(&bytes) || !take(tag >> 3, bytes)) return false;
        break;
      case 5:
        if (!in.ReadBytes(4, &bytes)) return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

bool ReadTokenMessage(std::string_view message, Token* token) {
  std::string* const fields[] = {&token->identifier, &token->password, &token->kind,
                                 &token->service};
  return ForEachField(message, [&](uint64_t field, std::string_view bytes) {
    if (field >= 1 && field <= 4) *fields[field - 1] = bytes;
    return true;
  });
}

StatusOr<Credentials> ParseProtobuf(ByteReader in) {
  std::string_view message;
  if (!in.ReadLengthPrefixed(&message)) return Malformed("message length");
  Credentials credentials;
  const bool ok = ForEachField(message, [&](uint64_t field, std::string_view entry) {
    std::string alias;
    std::string secret;
    Token token;
    const bool read = ForEachField(entry, [&](uint64_t part, std::string_view bytes) {
      if (part == 1) alias = bytes;
      if (part == 3) secret = bytes;
      return part != 2 || ReadTokenMessage(bytes, &token);
    });
    if (field == 1) credentials.tokens.insert_or_assign(std::move(alias), std::move(token));
    if (field == 2) credentials.secrets.insert_or_assign(std::move(alias), std::move(secret));
    return read;
  });
  if (!ok) return Malformed("a message");
  return credentials;
}

}  // namespace

const Token* Credentials::FindKind(std::string_view kind) const {
  for (const auto& [alias, token] : tokens) {
    if (token.kind == kind) return &token;
  }
  return nullptr;
}

std::string SerializeCredentials(const Credentials& credentials) {
  std::string out(kMagic);
  out.push_back(kWritableForm);
  AppendVlong(&out, static_cast<int64_t>(credentials.tokens.size()));
  for (const auto& [alias, token] : credentials.tokens) {
    AppendBytes(&out, alias);
    AppendToken(&out, token);
  }
  AppendVlong(&out, static_cast<int64_t>(credentials.secrets.size()));
  for (const auto& [name, secret] : credentials.secrets) {
    AppendBytes(&out, name);
    AppendBytes(&out, secret);
  }
  return out;
}

StatusOr<Credentials> ParseCredentials(std::string_view image) {
  if (image.empty()) return Credentials{};
  if (image.size() < kMagic.size() + 1 || !image.starts_with(kMagic)) {
    return Malformed("they do not begin with HDTS");
  }
  const char form = image[kMagic.size()];
  const ByteReader rest(image.substr(kMagic.size() + 1));
  if (form == kWritableForm) return ParseWritable(rest);
  if (form == kProtobufForm) return ParseProtobuf(rest);
  return Malformed("unknown form " + std::to_string(static_cast<int>(form)));
}

StatusOr<Credentials> ReadCredentialsFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFoundError("cannot open the token file " + path);
  const std::string image{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) return UnavailableError("cannot read the token file " + path);
  StatusOr<Credentials> credentials = ParseCredentials(image);
  if (!credentials.ok()) return credentials.status().WithContext("token file " + path);
  return credentials;
}

StatusOr<Credentials> ProcessCredentials() {
  const char* path = std::getenv("HADOOP_TOKEN_FILE_LOCATION");
  if (path == nullptr || *path == '\0') return Credentials{};
  return ReadCredentialsFile(path);
}

std::string SerializeToken(const Token& token) {
  std::string out;
  AppendToken(&out, token);
  return out;
}

StatusOr<Token> ParseToken(std::string_view bytes) {
  ByteReader in(bytes);
  Token token;
  if (!ReadToken(&in, &token)) return InvalidArgumentError("malformed token");
  return token;
}

std::string EncodeTokenForUrl(const Token& token) {
  std::string text = ToBase64(SerializeToken(token));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

StatusOr<Token> DecodeTokenFromUrl(std::string_view text) {
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  StatusOr<std::string> bytes = FromBase64(padded);
  if (!bytes.ok()) return InvalidArgumentError("malformed token text");
  return ParseToken(*bytes);
}

}  // namespace tusk
