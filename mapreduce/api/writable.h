// How keys and values become bytes between map and reduce, and text in a text output.
//
// Encoded keys order as the values do, so that sorting compares bytes and never decodes: integers
// big-endian with the sign turned, floating point likewise, strings as they are. A pair's first
// part is escaped where it has no fixed width. For a type of your own specialise Writable:
//
//   template <> struct tusk::Writable<Point> {
//     static void Encode(const Point& p, std::string* out);      // appends
//     static bool Decode(std::string_view bytes, Point* out);    // all of `bytes`; false: not ours
//     static void AppendText(const Point& p, std::string* out);  // for TextOutput
//   };
#pragma once

#include <bit>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/bytes.h"

namespace tusk {

template <class T>
struct Writable;

template <>
struct Writable<std::string> {
  static void Encode(const std::string& value, std::string* out) { out->append(value); }
  static bool Decode(std::string_view bytes, std::string* out) {
    out->assign(bytes);
    return true;
  }
  static void AppendText(const std::string& value, std::string* out) { out->append(value); }
};

// A view decodes into the bytes it came from: valid as long as the record is.
template <>
struct Writable<std::string_view> {
  static void Encode(std::string_view value, std::string* out) { out->append(value); }
  static bool Decode(std::string_view bytes, std::string_view* out) {
    *out = bytes;
    return true;
  }
  static void AppendText(std::string_view value, std::string* out) { out->append(value); }
};

template <std::integral T>
struct Writable<T> {
  using Bits = std::make_unsigned_t<T>;
  static constexpr Bits kSign = std::is_signed_v<T> ? Bits(Bits{1} << (8 * sizeof(T) - 1)) : 0;

  static void Encode(T value, std::string* out) {
    AppendBigEndian<Bits>(out, static_cast<Bits>(value) ^ kSign);
  }
  static bool Decode(std::string_view bytes, T* out) {
    if (bytes.size() != sizeof(T)) return false;
    *out = static_cast<T>(LoadBigEndian<Bits>(bytes.data()) ^ kSign);
    return true;
  }
  static void AppendText(T value, std::string* out) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
    out->append(digits, static_cast<size_t>(end - digits));
  }
};

template <>
struct Writable<bool> {
  static void Encode(bool value, std::string* out) { out->push_back(value ? 1 : 0); }
  static bool Decode(std::string_view bytes, bool* out) {
    if (bytes.size() != 1) return false;
    *out = bytes[0] != 0;
    return true;
  }
  static void AppendText(bool value, std::string* out) { out->append(value ? "true" : "false"); }
};

template <>
struct Writable<double> {
  static void Encode(double value, std::string* out) {
    const auto bits = std::bit_cast<uint64_t>(value);
    // Negative numbers order backwards: turn all their bits, else the sign only.
    AppendBigEndian<uint64_t>(out, (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63));
  }
  static bool Decode(std::string_view bytes, double* out) {
    if (bytes.size() != sizeof(double)) return false;
    const auto bits = LoadBigEndian<uint64_t>(bytes.data());
    *out = std::bit_cast<double>((bits >> 63) != 0 ? bits & ~(uint64_t{1} << 63) : ~bits);
    return true;
  }
  // The shortest text that reads back as the same number.
  static void AppendText(double value, std::string* out) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
    out->append(digits, static_cast<size_t>(end - digits));
  }
};

// The first part ends in 00 00, a zero byte within it is written 00 01: so pairs order by their
// first part, then by their second, whatever the lengths.
template <class A, class B>
struct Writable<std::pair<A, B>> {
  static void Encode(const std::pair<A, B>& value, std::string* out) {
    std::string first;
    Writable<A>::Encode(value.first, &first);
    for (const char c : first) {
      out->push_back(c);
      if (c == '\0') out->push_back('\1');
    }
    out->append(2, '\0');
    Writable<B>::Encode(value.second, out);
  }
  static bool Decode(std::string_view bytes, std::pair<A, B>* out) {
    std::string first;
    for (size_t i = 0; i + 1 < bytes.size(); ++i) {
      if (bytes[i] != '\0') {
        first.push_back(bytes[i]);
      } else if (bytes[i + 1] == '\1') {
        first.push_back('\0');
        ++i;
      } else {
        return bytes[i + 1] == '\0' && Writable<A>::Decode(first, &out->first) &&
               Writable<B>::Decode(bytes.substr(i + 2), &out->second);
      }
    }
    return false;
  }
  static void AppendText(const std::pair<A, B>& value, std::string* out) {
    Writable<A>::AppendText(value.first, out);
    out->push_back('\t');
    Writable<B>::AppendText(value.second, out);
  }
};

template <class T>
concept IsWritable = requires(const T& value, T* to, std::string* out, std::string_view bytes) {
  Writable<T>::Encode(value, out);
  { Writable<T>::Decode(bytes, to) } -> std::convertible_to<bool>;
};

}  // namespace tusk
