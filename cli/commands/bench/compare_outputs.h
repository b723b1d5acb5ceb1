// Whether two runs of a program came to the same result (design: ordered shuffles byte for byte,
// floating-point sums to 1e-9 relative).
#pragma once

#include <string>
#include <string_view>

#include "client/file_system.h"
#include "common/base/status.h"

namespace tusk::cli {

struct Verdict {
  bool agree = false;
  std::string text;  // how they agree, or where they do not
};

// The files of two output directories (not those whose names begin with _ or .): same names, same
// bytes. An error only where something cannot be read.
StatusOr<Verdict> CompareFiles(FileSystem& fs, const std::string& a, const std::string& b);

// The directories' files put together, lines of "key<TAB>number".
StatusOr<Verdict> CompareNumbers(FileSystem& fs, const std::string& a, const std::string& b);

// The texts of CompareNumbers themselves.
Verdict CompareNumberTexts(std::string_view a, std::string_view b);

}  // namespace tusk::cli
