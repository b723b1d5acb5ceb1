// Lower-case hexadecimal and standard Base64 of byte strings.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace tusk {

std::string ToHex(std::string_view bytes);
StatusOr<std::string> FromHex(std::string_view text);

// RFC 4648 alphabet, padded.
std::string ToBase64(std::string_view bytes);
StatusOr<std::string> FromBase64(std::string_view text);

}  // namespace tusk
