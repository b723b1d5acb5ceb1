// Message digests and their comparison. All results are raw bytes.
#pragma once

#include <string>
#include <string_view>

namespace tusk {

std::string Md5(std::string_view data);                             // 16 bytes
std::string Sha256(std::string_view data);                          // 32 bytes
std::string HmacSha1(std::string_view key, std::string_view data);  // 20 bytes
std::string HmacSha256(std::string_view key, std::string_view data);

// Takes as long for every pair of one length: for digests an attacker may guess at.
bool EqualDigests(std::string_view a, std::string_view b);

}  // namespace tusk
