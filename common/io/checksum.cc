#include "common/io/checksum.h"

#include <isa-l/crc.h>

#include <algorithm>

#include "common/base/bytes.h"

namespace tusk {

namespace {

// Reflected polynomials. A value's highest bit is the coefficient of x^0.
constexpr uint32_t kCrc32Polynomial = 0xEDB88320;
constexpr uint32_t kCrc32cPolynomial = 0x82F63B78;

uint32_t Polynomial(ChecksumType type) {
  return type == ChecksumType::kCrc32 ? kCrc32Polynomial : kCrc32cPolynomial;
}

// a * b modulo the polynomial.
uint32_t Multiply(uint32_t a, uint32_t b, uint32_t polynomial) {
  uint32_t product = 0;
  for (uint32_t bit = 0x80000000u; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1) != 0 ? (b >> 1) ^ polynomial : b >> 1;
  }
  return product;
}

// x^(8 * bytes): what appending that many bytes multiplies a CRC by.
uint32_t PowerOfX(int64_t bytes, uint32_t polynomial) {
  uint32_t result = 0x80000000u;  // 1
  uint32_t square = 0x00800000u;  // x^8
  for (auto n = static_cast<uint64_t>(bytes); n != 0; n >>= 1) {
    if ((n & 1) != 0) result = Multiply(result, square, polynomial);
    square = Multiply(square, square, polynomial);
  }
  return result;
}

}  // namespace

uint32_t Crc32c(std::string_view bytes, uint32_t crc) {
  auto* const data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  // crc32_iscsi takes an int: long inputs go in pieces.
  constexpr size_t kPiece = size_t{1} << 30;
  uint32_t state = ~crc;
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    const size_t size = std::min(kPiece, bytes.size() - at);
    state = crc32_iscsi(data + at, static_cast<int>(size), state);
  }
  return ~state;
}

uint32_t Crc32(std::string_view bytes, uint32_t crc) {
  return crc32_gzip_refl(crc, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string_view ChecksumTypeName(ChecksumType type) {
  switch (type) {
    case ChecksumType::kNull:
      return "NULL";
    case ChecksumType::kCrc32:
      return "CRC32";
    case ChecksumType::kCrc32c:
      return "CRC32C";
  }
  return "NULL";
}

StatusOr<ChecksumType> ParseChecksumType(std::string_view name) {
  for (const auto type : {ChecksumType::kNull, ChecksumType::kCrc32, ChecksumType::kCrc32c}) {
    if (ChecksumTypeName(type) == name) return type;
  }
  return InvalidArgumentError("checksum type \"" + std::string(name) +
                              "\": expected CRC32C, CRC32 or NULL");
}

StatusOr<ChecksumType> ChecksumTypeFromNumber(int number) {
  if (number < 0 || number > 2) {
    return InvalidArgumentError("checksum type " + std::to_string(number) + " is not known");
  }
  return static_cast<ChecksumType>(number);
}

uint32_t ComputeCrc(ChecksumType type, std::string_view bytes, uint32_t crc) {
  switch (type) {
    case ChecksumType::kNull:
      return 0;
    case ChecksumType::kCrc32:
      return Crc32(bytes, crc);
    case ChecksumType::kCrc32c:
      return Crc32c(bytes, crc);
  }
  return 0;
}

void AppendChunkChecksums(ChecksumType type, size_t bytes_per_chunk, std::string_view data,
                          std::string* out) {
  CHECK_GT(bytes_per_chunk, 0u);
  if (type == ChecksumType::kNull) return;
  const size_t chunks = (data.size() + bytes_per_chunk - 1) / bytes_per_chunk;
  const size_t start = out->size();
  out->resize(start + 4 * chunks);
  char* to = out->data() + start;
  for (size_t at = 0; at < data.size(); at += bytes_per_chunk, to += 4) {
    StoreBigEndian(to, ComputeCrc(type, data.substr(at, bytes_per_chunk)));
  }
}

Status VerifyChunkChecksums(ChecksumType type, size_t bytes_per_chunk, std::string_view data,
                            std::string_view checksums, std::string_view what,
                            int64_t data_offset) {
  CHECK_GT(bytes_per_chunk, 0u);
  if (type == ChecksumType::kNull) return Status::Ok();
  const size_t chunks = (data.size() + bytes_per_chunk - 1) / bytes_per_chunk;
  if (checksums.size() < 4 * chunks) {
    return DataLossError(std::string(what) + ": " + std::to_string(checksums.size() / 4) +
                         " checksums for " + std::to_string(chunks) + " chunks");
  }
  const char* expected = checksums.data();
  for (size_t at = 0; at < data.size(); at += bytes_per_chunk, expected += 4) {
    const uint32_t want = LoadBigEndian<uint32_t>(expected);
    const uint32_t got = ComputeCrc(type, data.substr(at, bytes_per_chunk));
    if (want == got) continue;
    return DataLossError("Checksum error: " + std::string(what) + " at " +
                         std::to_string(data_offset + static_cast<int64_t>(at)) +
                         " exp: " + std::to_string(want) + " got: " + std::to_string(got));
  }
  return Status::Ok();
}

uint32_t ComposeCrc(ChecksumType type, uint32_t crc_a, uint32_t crc_b, int64_t length_b) {
  if (type == ChecksumType::kNull) return 0;
  const uint32_t polynomial = Polynomial(type);
  return Multiply(crc_a, PowerOfX(length_b, polynomial), polynomial) ^ crc_b;
}

void CrcComposer::Add(uint32_t crc, int64_t length) {
  if (type_ == ChecksumType::kNull) return;
  if (length != power_length_) {
    power_ = PowerOfX(length, Polynomial(type_));
    power_length_ = length;
  }
  crc_ = Multiply(crc_, power_, Polynomial(type_)) ^ crc;
}

}  // namespace tusk
