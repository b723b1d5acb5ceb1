// What all fuzz targets share: an input is a row of pieces, each a tag and bytes, so that a
// mutation changes, doubles, drops or swaps whole messages and not bytes only.
//
// A target is one file, <name>_fuzz.cc: it defines RunTarget, which must not crash, hang or break
// one of its CHECKs on any input, and Seeds, good inputs made by our own encoders.
// fuzz_target.cc has libFuzzer's entry points, scripts/run_fuzzers runs all targets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::fuzz {

struct Piece {
  uint8_t tag = 0;
  std::string bytes;
};
using Input = std::vector<Piece>;

void RunTarget(const Input& input);
std::vector<Input> Seeds();

// tag, varint length, bytes; again and again. Decoding takes any bytes: a length beyond the end
// takes what is there.
std::string EncodeInput(const Input& input);
Input DecodeInput(std::string_view bytes);

}  // namespace tusk::fuzz
