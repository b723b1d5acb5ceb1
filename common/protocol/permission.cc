#include "common/protocol/permission.h"

#include <array>

namespace tusk {
namespace {

Status BadMode(std::string_view mode) {
  return InvalidArgumentError("chmod : mode '" + std::string(mode) +
                              "' does not match the expected pattern.");
}

bool IsOctal(std::string_view mode) {
  if (mode.size() < 3 || mode.size() > 4) return false;
  for (const char c : mode) {
    if (c < '0' || c > '7') return false;
  }
  return mode.size() == 3 || mode[0] == '0' || mode[0] == '1';
}

struct Clause {
  uint16_t who = 0;  // mask of the bits it may touch
  char op = 0;
  uint16_t bits = 0;
};

// One of "u+rw", "go-w", "+t"...
bool ParseClause(std::string_view text, FsPermission current, bool is_directory, Clause* out) {
  size_t i = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == 'u') {
      out->who |= 0700;
    } else if (text[i] == 'g') {
      out->who |= 0070;
    } else if (text[i] == 'o') {
      out->who |= 0007;
    } else if (text[i] == 'a') {
      out->who |= 0777;
    } else {
      break;
    }
  }
  const bool everybody = out->who == 0 || out->who == 0777;
  if (out->who == 0) out->who = 0777;
  if (i == text.size() || (text[i] != '+' && text[i] != '-' && text[i] != '=')) return false;
  out->op = text[i++];
  for (; i < text.size(); ++i) {
    switch (text[i]) {
      case 'r':
        out->bits |= 0444;
        break;
      case 'w':
        out->bits |= 0222;
        break;
      case 'x':
        out->bits |= 0111;
        break;
      case 'X':
        if (is_directory || (current.bits & 0111) != 0) out->bits |= 0111;
        break;
      case 't':
        if (!everybody) return false;
        out->bits |= 01000;
        break;
      default:
        return false;
    }
  }
  out->bits &= static_cast<uint16_t>(out->who | 01000);
  return true;
}

}  // namespace

std::string PermissionText(FsPermission permission) {
  std::string text = "rwxrwxrwx";
  for (size_t i = 0; i < 9; ++i) {
    if ((permission.bits & (0400 >> i)) == 0) text[i] = '-';
  }
  if (permission.sticky()) text[8] = (permission.bits & 1) != 0 ? 't' : 'T';
  return text;
}

std::string_view FsActionName(int action) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "NONE", "EXECUTE", "WRITE", "WRITE_EXECUTE", "READ", "READ_EXECUTE", "READ_WRITE", "ALL"};
  return kNames[static_cast<size_t>(action & 7)];
}

StatusOr<FsPermission> ApplyChmod(std::string_view mode, FsPermission current, bool is_directory) {
  if (IsOctal(mode)) {
    uint16_t bits = 0;
    for (const char c : mode) bits = static_cast<uint16_t>(bits * 8 + (c - '0'));
    return FsPermission{bits};
  }
  if (mode.empty()) return BadMode(mode);
  std::string_view rest = mode;
  while (true) {
    const size_t comma = rest.find(',');
    Clause clause;
    if (!ParseClause(rest.substr(0, comma), current, is_directory, &clause)) return BadMode(mode);
    if (clause.op == '+') current.bits |= clause.bits;
    if (clause.op == '-') current.bits &= static_cast<uint16_t>(~clause.bits);
    if (clause.op == '=') {
      current.bits = static_cast<uint16_t>((current.bits & ~clause.who) | clause.bits);
    }
    if (comma == std::string_view::npos) return current;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace tusk
