#include "common/security/sasl.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/hex.h"
#include "common/base/random.h"
#include "common/security/digest.h"

namespace tusk {
namespace {

constexpr std::string_view kRealm = "default";
constexpr std::string_view kDigestUri = "/default";
constexpr std::string_view kClientUri = "AUTHENTICATE:/default";
constexpr std::string_view kServerUri = ":/default";
constexpr size_t kMaxDirectivesBytes = 16 << 10;

using Directives = std::map<std::string, std::string, std::less<>>;

Status Malformed(std::string_view what) {
  return InvalidArgumentError("malformed DIGEST-MD5 text: " + std::string(what));
}

// name=value or name="value", separated by commas; a repeated name is refused.
StatusOr<Directives> ParseDirectives(std::string_view text) {
  if (text.size() > kMaxDirectivesBytes) return Malformed("too long");
  Directives directives;
  size_t at = 0;
  while (at < text.size()) {
    if (text[at] == ',' || text[at] == ' ') {
      ++at;
      continue;
    }
    const size_t equals = text.find('=', at);
    if (equals == std::string_view::npos) return Malformed("a directive without '='");
    const std::string name(text.substr(at, equals - at));
    std::string value;
    at = equals + 1;
    if (at < text.size() && text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        value.push_back(text[at]);
      }
      if (at >= text.size()) return Malformed("an open quote");
      ++at;
    } else {
      const size_t end = std::min(text.find(',', at), text.size());
      value = text.substr(at, end - at);
      at = end;
    }
    if (!directives.emplace(name, std::move(value)).second) return Malformed("repeated " + name);
  }
  return directives;
}

std::string_view Value(const Directives& directives, std::string_view name) {
  const auto found = directives.find(name);
  return found == directives.end() ? std::string_view() : std::string_view(found->second);
}

bool ListsToken(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, end);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (item == token) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

// As long as Java's: 30 random bytes, 40 characters.
std::string RandomNonce() {
  return ToBase64(SecureRandomBytes(30));
}

}  // namespace

DigestCredentials TokenCredentials(std::string_view identifier, std::string_view password) {
  return {.user = ToBase64(identifier), .password = ToBase64(password)};
}

std::string DigestMd5Proof(const DigestCredentials& credentials, std::string_view realm,
                           std::string_view nonce, std::string_view cnonce, std::string_view nc,
                           std::string_view qop, std::string_view method_uri) {
  const auto join = [](std::initializer_list<std::string_view> parts) {
    std::string joined;
    for (const std::string_view part : parts) {
      if (!joined.empty()) joined += ':';
      joined += part;
    }
    return joined;
  };
  std::string a1 = Md5(join({credentials.user, realm, credentials.password}));
  a1.append(":").append(nonce).append(":").append(cnonce);
  return ToHex(Md5(join({ToHex(Md5(a1)), nonce, nc, cnonce, qop, ToHex(Md5(method_uri))})));
}

DigestMd5Server::DigestMd5Server() : nonce_(RandomNonce()) {}

std::string DigestMd5Server::challenge() const {
  return "realm=\"" + std::string(kRealm) + "\",nonce=\"" + nonce_ +
         "\",qop=\"auth\",charset=utf-8,algorithm=md5-sess";
}

StatusOr<std::string> DigestMd5Server::Verify(
    std::string_view response,
    const std::function<StatusOr<std::string>(std::string_view identifier)>& password_of) {
  ASSIGN_OR_RETURN(const Directives said, ParseDirectives(response));
  if (Value(said, "nonce") != nonce_ || Value(said, "realm") != kRealm ||
      Value(said, "nc") != "00000001" || Value(said, "digest-uri") != kDigestUri ||
      Value(said, "cnonce").empty()) {
    return Malformed("nonce, realm, nc, cnonce or digest-uri");
  }
  const std::string_view qop = Value(said, "qop");
  if (!qop.empty() && qop != "auth") return UnimplementedError("qop " + std::string(qop));

  const std::string user(Value(said, "username"));
  const StatusOr<std::string> identifier = FromBase64(user);
  if (!identifier.ok()) return Malformed("username");
  ASSIGN_OR_RETURN(const std::string password, password_of(*identifier));
  const DigestCredentials credentials{.user = user, .password = ToBase64(password)};

  const std::string_view cnonce = Value(said, "cnonce");
  const auto proof = [&](std::string_view uri) {
    return DigestMd5Proof(credentials, kRealm, nonce_, cnonce, "00000001", "auth", uri);
  };
  if (!EqualDigests(proof(kClientUri), Value(said, "response"))) {
    return UnauthenticatedError("the token's password does not fit its identifier",
                                Reason::kInvalidToken);
  }
  identifier_ = *identifier;
  return "rspauth=" + proof(kServerUri);
}

DigestMd5Client::DigestMd5Client(DigestCredentials credentials)
    : DigestMd5Client(std::move(credentials), RandomNonce()) {}

DigestMd5Client::DigestMd5Client(DigestCredentials credentials, std::string cnonce)
    : credentials_(std::move(credentials)), cnonce_(std::move(cnonce)) {}

StatusOr<std::string> DigestMd5Client::Respond(std::string_view challenge) {
  ASSIGN_OR_RETURN(const Directives said, ParseDirectives(challenge));
  const std::string nonce(Value(said, "nonce"));
  if (nonce.empty() || Value(said, "algorithm") != "md5-sess") return Malformed("nonce, algorithm");
  const std::string_view qop = Value(said, "qop");
  if (!qop.empty() && !ListsToken(qop, "auth")) {
    return UnimplementedError("the server insists on quality of protection " + std::string(qop) +
                              " (hadoop.rpc.protection); only \"authentication\" is supported");
  }
  const std::string realm(Value(said, "realm").empty() ? kRealm : Value(said, "realm"));
  expected_rspauth_ =
      DigestMd5Proof(credentials_, realm, nonce, cnonce_, "00000001", "auth", kServerUri);
  const std::string proof =
      DigestMd5Proof(credentials_, realm, nonce, cnonce_, "00000001", "auth", kClientUri);
  return "charset=utf-8,username=\"" + credentials_.user + "\",realm=\"" + realm + "\",nonce=\"" +
         nonce + "\",nc=00000001,cnonce=\"" + cnonce_ + "\",digest-uri=\"" +
         std::string(kDigestUri) + "\",maxbuf=65536,response=" + proof + ",qop=auth";
}

Status DigestMd5Client::CheckServer(std::string_view rspauth) const {
  ASSIGN_OR_RETURN(const Directives said, ParseDirectives(rspauth));
  if (!expected_rspauth_.empty() && EqualDigests(expected_rspauth_, Value(said, "rspauth"))) {
    return Status::Ok();
  }
  return UnauthenticatedError("the server does not know the token's password");
}

}  // namespace tusk
