// libFuzzer's entry points. With TUSK_FUZZ_SEEDS=<folder> a target writes its seeds there and ends.
#include "tests/fuzz/fuzz_target.h"

#include <google/protobuf/stubs/logging.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "common/base/bytes.h"
#include "common/base/random.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace tusk::fuzz {
namespace {

constexpr size_t kMaxPieces = 64;
constexpr size_t kGrowth = 256;  // bytes by which one mutation may lengthen a piece

void MutateBytes(std::string* bytes) {
  const size_t size = bytes->size();
  bytes->resize(size + kGrowth);
  bytes->resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(bytes->data()), size, bytes->size()));
}

void Mutate(Input* input, Random* random) {
  if (input->empty()) input->emplace_back();
  const size_t at = random->Below(input->size());
  const size_t other = random->Below(input->size());
  switch (random->Below(12)) {
    case 0:
      input->erase(input->begin() + static_cast<ptrdiff_t>(at));
      return;
    case 1:
      input->insert(input->begin() + static_cast<ptrdiff_t>(other), Piece((*input)[at]));
      return;
    case 2:
      std::swap((*input)[at], (*input)[other]);
      return;
    case 3:
      (*input)[at].tag = static_cast<uint8_t>(random->Next());
      return;
    case 4:  // the bytes of one message as another one
      (*input)[at].bytes = std::string((*input)[other].bytes);
      return;
    default:
      MutateBytes(&(*input)[at].bytes);
  }
}

size_t Store(Input input, uint8_t* data, size_t max_size) {
  std::string bytes = EncodeInput(input);
  while (bytes.size() > max_size && !input.empty()) {
    input.pop_back();
    bytes = EncodeInput(input);
  }
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}

std::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

void WriteSeeds(const std::string& folder) {
  int number = 0;
  for (const Input& seed : Seeds()) {
    std::ofstream(folder + "/seed_" + std::to_string(number++), std::ios::binary)
        << EncodeInput(seed);
  }
}

}  // namespace

std::string EncodeInput(const Input& input) {
  std::string bytes;
  for (const Piece& piece : input) {
    bytes.push_back(static_cast<char>(piece.tag));
    AppendLengthPrefixed(&bytes, piece.bytes);
  }
  return bytes;
}

Input DecodeInput(std::string_view bytes) {
  Input input;
  while (!bytes.empty() && input.size() < kMaxPieces) {
    Piece piece{.tag = static_cast<uint8_t>(bytes[0]), .bytes = {}};
    ByteReader in(bytes.substr(1));
    uint64_t size = 0;
    if (!in.ReadVarint(&size)) size = 0;
    std::string_view body = in.rest();
    body = body.substr(0, std::min<uint64_t>(size, body.size()));
    piece.bytes = body;
    bytes.remove_prefix(static_cast<size_t>(body.data() + body.size() - bytes.data()));
    input.push_back(std::move(piece));
  }
  return input;
}

}  // namespace tusk::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  setenv("TUSK_TEST_SEED", "1", 0);
  spdlog::set_level(spdlog::level::off);
  google::protobuf::SetLogHandler(nullptr);
  if (const char* folder = std::getenv("TUSK_FUZZ_SEEDS"); folder != nullptr) {
    tusk::fuzz::WriteSeeds(folder);
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tusk::fuzz::RunTarget(tusk::fuzz::DecodeInput(tusk::fuzz::View(data, size)));
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  tusk::Random random(seed);
  tusk::fuzz::Input input = tusk::fuzz::DecodeInput(tusk::fuzz::View(data, size));
  do {
    tusk::fuzz::Mutate(&input, &random);
  } while (random.OneIn(3));
  return tusk::fuzz::Store(std::move(input), data, max_size);
}

// The first pieces of one input, the last ones of another.
extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* one, size_t one_size, const uint8_t* two,
                                            size_t two_size, uint8_t* out, size_t max_size,
                                            unsigned seed) {
  tusk::Random random(seed);
  tusk::fuzz::Input input = tusk::fuzz::DecodeInput(tusk::fuzz::View(one, one_size));
  const tusk::fuzz::Input tail = tusk::fuzz::DecodeInput(tusk::fuzz::View(two, two_size));
  input.resize(random.Below(input.size() + 1));
  const size_t from = random.Below(tail.size() + 1);
  input.insert(input.end(), tail.begin() + static_cast<ptrdiff_t>(from), tail.end());
  return tusk::fuzz::Store(std::move(input), out, max_size);
}
