#include "common/security/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/base/check.h"

namespace tusk {
namespace {

// OpenSSL refuses an algorithm only when the machine's policy forbids it (FIPS mode): nothing that
// a caller could do better than stop.
std::string Hash(const EVP_MD* algorithm, std::string_view data) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK_EQ(EVP_Digest(data.data(), data.size(), out, &size, algorithm, nullptr), 1)
      << "the machine's OpenSSL policy forbids this digest";
  return std::string(reinterpret_cast<const char*>(out), size);
}

std::string Hmac(const EVP_MD* algorithm, std::string_view key, std::string_view data) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(HMAC(algorithm, key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(data.data()), data.size(), out,
             &size) != nullptr)
      << "the machine's OpenSSL policy forbids this digest";
  return std::string(reinterpret_cast<const char*>(out), size);
}

}  // namespace

std::string Md5(std::string_view data) {
  return Hash(EVP_md5(), data);
}
std::string Sha256(std::string_view data) {
  return Hash(EVP_sha256(), data);
}
std::string HmacSha1(std::string_view key, std::string_view data) {
  return Hmac(EVP_sha1(), key, data);
}
std::string HmacSha256(std::string_view key, std::string_view data) {
  return Hmac(EVP_sha256(), key, data);
}

bool EqualDigests(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tusk
