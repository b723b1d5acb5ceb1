// How values travel between driver and runners: bound values, records of shuffles and caches.
//
// Looked up in this order: a specialisation of Codec<T>; `Encode(const T&, Writer&)` and
// `Decode(Reader&, T&)` found by argument-dependent look-up; arithmetic types, enums, strings,
// pairs, tuples, arrays, optionals, vectors, maps; a type with `auto Fields() { return std::tie(a,
// b); }`; a plain aggregate of 1 to 16 fields. Both sides are the same binary: native byte order,
// no versions. Not serializable, on purpose: pointers, references, string_views as fields, private
// members.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mapreduce/engine/plan/serializer.h"

namespace tusk {

template <class T>
struct Codec;

namespace internal {

struct AnyField {
  template <class T>
  operator T() const;
};
template <class T, size_t... I>
consteval bool BraceWith(std::index_sequence<I...>) {
  return requires { T{(void(I), AnyField{})...}; };
}
// One above the limit is tried first, so that "too many fields" is our message.
template <class T, size_t N = 17>
consteval size_t FieldCount() {
  if constexpr (N == 0 || BraceWith<T>(std::make_index_sequence<N>{})) {
    return N;
  } else {
    return FieldCount<T, N - 1>();
  }
}

template <class T>
auto TieFields(T& t) {
  constexpr size_t n = FieldCount<std::remove_const_t<T>>();
  static_assert(
      n >= 1 && n <= 16,
      "an aggregate of 1 to 16 fields has a Codec by itself; give a larger one Encode and "
      "Decode, or auto Fields() { return std::tie(...); }");
  if constexpr (n == 1) {
    auto& [a] = t;
    return std::tie(a);
  } else if constexpr (n == 2) {
    auto& [a, b] = t;
    return std::tie(a, b);
  } else if constexpr (n == 3) {
    auto& [a, b, c] = t;
    return std::tie(a, b, c);
  } else if constexpr (n == 4) {
    auto& [a, b, c, d] = t;
    return std::tie(a, b, c, d);
  } else if constexpr (n == 5) {
    auto& [a, b, c, d, e] = t;
    return std::tie(a, b, c, d, e);
  } else if constexpr (n == 6) {
    auto& [a, b, c, d, e, f] = t;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (n == 7) {
    auto& [a, b, c, d, e, f, g] = t;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (n == 8) {
    auto& [a, b, c, d, e, f, g, h] = t;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (n == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = t;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else if constexpr (n == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (n == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (n == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l);
  } else if constexpr (n == 13) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m);
  } else if constexpr (n == 14) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o);
  } else if constexpr (n == 15) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p);
  } else if constexpr (n == 16) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q);
  }
}

template <class T>
concept HasAdlCodec = requires(const T& value, T& to, Writer& out, Reader& in) {
  Encode(value, out);
  Decode(in, to);
};
template <class T>
concept HasFields = requires(T& value) { value.Fields(); };
template <class T>
concept PlainAggregate =
    std::is_aggregate_v<T> && std::is_class_v<T> && !HasAdlCodec<T> && !HasFields<T>;
template <class T>
concept Number = std::is_arithmetic_v<T> || std::is_enum_v<T>;

template <class T>
struct IsCodable;

}  // namespace internal

// Whether a value of this type may be bound to a function, shuffled, cached or collected.
template <class T>
concept Serializable = internal::IsCodable<std::remove_cvref_t<T>>::value;

template <internal::Number T>
struct Codec<T> {
  static void Encode(const T& value, Writer& out) { out.Raw(value); }
  static void Decode(Reader& in, T& value) { in.Raw(&value); }
};

template <>
struct Codec<std::string> {
  static void Encode(const std::string& value, Writer& out) { out.String(value); }
  static void Decode(Reader& in, std::string& value) { in.String(&value); }
};

namespace internal {
template <class T>
void AdlEncode(const T& value, Writer& out) {
  Encode(value, out);
}
template <class T>
void AdlDecode(Reader& in, T& value) {
  Decode(in, value);
}
}  // namespace internal

template <internal::HasAdlCodec T>
  requires(!internal::Number<T>)
struct Codec<T> {
  static void Encode(const T& value, Writer& out) { ::tusk::internal::AdlEncode(value, out); }
  static void Decode(Reader& in, T& value) { ::tusk::internal::AdlDecode(in, value); }
};

namespace internal {
template <class... T>
void EncodeAll(Writer& out, const T&... values) {
  (Codec<std::remove_cvref_t<T>>::Encode(values, out), ...);
}
template <class... T>
void DecodeAll(Reader& in, T&... values) {
  (Codec<std::remove_cvref_t<T>>::Decode(in, values), ...);
}

// Containers of numbers go in one piece.
template <class Container>
void EncodeSequence(const Container& values, Writer& out) {
  using T = typename Container::value_type;
  out.Varint(values.size());
  if constexpr (Number<T> && !std::is_same_v<Container, std::vector<bool>>) {
    out.Bytes(values.data(), values.size() * sizeof(T));
  } else {
    for (const T& value : values) Codec<T>::Encode(value, out);
  }
}
}  // namespace internal

template <class A, class B>
struct Codec<std::pair<A, B>> {
  static void Encode(const std::pair<A, B>& value, Writer& out) {
    internal::EncodeAll(out, value.first, value.second);
  }
  static void Decode(Reader& in, std::pair<A, B>& value) {
    internal::DecodeAll(in, value.first, value.second);
  }
};

template <class... T>
struct Codec<std::tuple<T...>> {
  static void Encode(const std::tuple<T...>& value, Writer& out) {
    std::apply([&out](const T&... parts) { internal::EncodeAll(out, parts...); }, value);
  }
  static void Decode(Reader& in, std::tuple<T...>& value) {
    std::apply([&in](T&... parts) { internal::DecodeAll(in, parts...); }, value);
  }
};

template <class T, size_t N>
struct Codec<std::array<T, N>> {
  static void Encode(const std::array<T, N>& value, Writer& out) {
    if constexpr (internal::Number<T>) {
      out.Bytes(value.data(), sizeof(value));
    } else {
      for (const T& part : value) Codec<T>::Encode(part, out);
    }
  }
  static void Decode(Reader& in, std::array<T, N>& value) {
    if constexpr (internal::Number<T> && !std::is_same_v<T, bool>) {
      in.Bytes(value.data(), sizeof(value));
    } else {
      for (T& part : value) Codec<T>::Decode(in, part);
    }
  }
};

template <class T>
struct Codec<std::optional<T>> {
  static void Encode(const std::optional<T>& value, Writer& out) {
    out.Raw(value.has_value());
    if (value.has_value()) Codec<T>::Encode(*value, out);
  }
  static void Decode(Reader& in, std::optional<T>& value) {
    bool has = false;
    in.Raw(&has);
    value.reset();
    if (has && in.ok()) Codec<T>::Decode(in, value.emplace());
  }
};

template <class T>
struct Codec<std::vector<T>> {
  static void Encode(const std::vector<T>& values, Writer& out) {
    internal::EncodeSequence(values, out);
  }
  static void Decode(Reader& in, std::vector<T>& values) {
    uint64_t count = 0;
    in.Varint(&count);
    values.clear();
    if constexpr (internal::Number<T> && !std::is_same_v<T, bool>) {
      // A damaged count must not make us allocate what the bytes cannot hold.
      if (count > in.remaining() / sizeof(T)) return in.Fail();
      values.resize(count);
      in.Bytes(values.data(), count * sizeof(T));
    } else {
      for (uint64_t i = 0; i < count && in.ok(); ++i) {
        T value{};
        Codec<T>::Decode(in, value);
        values.push_back(std::move(value));
      }
    }
  }
};

namespace internal {
template <class Map>
struct MapCodec {
  static void Encode(const Map& values, Writer& out) {
    out.Varint(values.size());
    for (const auto& [key, value] : values) EncodeAll(out, key, value);
  }
  static void Decode(Reader& in, Map& values) {
    uint64_t count = 0;
    in.Varint(&count);
    values.clear();
    for (uint64_t i = 0; i < count && in.ok(); ++i) {
      typename Map::key_type key{};
      typename Map::mapped_type value{};
      DecodeAll(in, key, value);
      values.emplace(std::move(key), std::move(value));
    }
  }
};
}  // namespace internal

template <class K, class V>
struct Codec<std::map<K, V>> : internal::MapCodec<std::map<K, V>> {};
template <class K, class V>
struct Codec<std::unordered_map<K, V>> : internal::MapCodec<std::unordered_map<K, V>> {};

template <internal::HasFields T>
struct Codec<T> {
  static void Encode(const T& value, Writer& out) {
    std::apply([&out](const auto&... parts) { internal::EncodeAll(out, parts...); },
               const_cast<T&>(value).Fields());
  }
  static void Decode(Reader& in, T& value) {
    std::apply([&in](auto&... parts) { internal::DecodeAll(in, parts...); }, value.Fields());
  }
};

template <internal::PlainAggregate T>
struct Codec<T> {
  static void Encode(const T& value, Writer& out) {
    std::apply([&out](const auto&... parts) { internal::EncodeAll(out, parts...); },
               internal::TieFields(value));
  }
  static void Decode(Reader& in, T& value) {
    std::apply([&in](auto&... parts) { internal::DecodeAll(in, parts...); },
               internal::TieFields(value));
  }
};

namespace internal {

template <class T>
        struct IsCodable : std::bool_constant < Number<T> ||
    HasAdlCodec<T> || requires(const T& v, Writer& w) {
  Codec<T>::Encode(v, w);
}>{};
template <>
struct IsCodable<std::string_view> : std::false_type {};
template <class T>
  requires std::is_pointer_v<T>
struct IsCodable<T> : std::false_type {};
template <class A, class B>
struct IsCodable<std::pair<A, B>> : std::bool_constant<IsCodable<A>::value && IsCodable<B>::value> {
};
template <class... T>
struct IsCodable<std::tuple<T...>> : std::bool_constant<(IsCodable<T>::value && ...)> {};
template <class T, size_t N>
struct IsCodable<std::array<T, N>> : IsCodable<T> {};
template <class T>
struct IsCodable<std::optional<T>> : IsCodable<T> {};
template <class T>
struct IsCodable<std::vector<T>> : IsCodable<T> {};
template <class K, class V>
struct IsCodable<std::map<K, V>> : std::bool_constant<IsCodable<K>::value && IsCodable<V>::value> {
};
template <class K, class V>
struct IsCodable<std::unordered_map<K, V>>
    : std::bool_constant<IsCodable<K>::value && IsCodable<V>::value> {};
template <class Tuple>
struct AllFieldsCodable;
template <class... T>
struct AllFieldsCodable<std::tuple<T&...>>
    : std::bool_constant<(IsCodable<std::remove_const_t<T>>::value && ...)> {};
template <HasFields T>
struct IsCodable<T> : AllFieldsCodable<decltype(std::declval<T&>().Fields())> {};
template <PlainAggregate T>
struct IsCodable<T> : AllFieldsCodable<decltype(TieFields(std::declval<T&>()))> {};

}  // namespace internal

// A record as it is kept: views become strings.
template <class T>
struct OwnedType {
  using Type = T;
};
template <>
struct OwnedType<std::string_view> {
  using Type = std::string;
};
template <class A, class B>
struct OwnedType<std::pair<A, B>> {
  using Type = std::pair<typename OwnedType<A>::Type, typename OwnedType<B>::Type>;
};
template <class T>
using Owned = typename OwnedType<std::remove_cvref_t<T>>::Type;

template <class T>
std::string Encoded(const T& value) {
  Writer out;
  Codec<T>::Encode(value, out);
  return out.Take();
}

}  // namespace tusk
