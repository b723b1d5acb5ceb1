// Values that a function needs in the runners: Bind(a, b) in front of it.
//
//   rdd.Map(Bind(weights), [](const Weights& w, const Point& p) { return w.Dot(p); })
//
// A snapshot: they are encoded when the transformation is called; later changes do not count.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "mapreduce/rdd/codec.h"

namespace tusk {

template <class T>
class Rdd;

template <class... S>
struct Bound {
  std::tuple<S...> values;
};

namespace internal {
template <class T>
struct IsRdd : std::false_type {};
template <class T>
struct IsRdd<Rdd<T>> : std::true_type {};
}  // namespace internal

template <class... S>
Bound<std::decay_t<S>...> Bind(S&&... values) {
  static_assert((!internal::IsRdd<std::decay_t<S>>::value && ...),
                "an Rdd cannot be used inside a function: Join it, or Collect and Broadcast it");
  static_assert(
      ((internal::IsRdd<std::decay_t<S>>::value || Serializable<std::decay_t<S>>) && ...),
      "Bind: a value of this type cannot travel to the runners. Give it Encode and Decode, "
      "or auto Fields() { return std::tie(...); }");
  return {std::tuple<std::decay_t<S>...>(std::forward<S>(values)...)};
}

template <class F>
concept CaptureFree = std::is_empty_v<F> && std::is_default_constructible_v<F>;

}  // namespace tusk

// One sentence that says what to write, and no second error.
#define TUSK_CHECK_FUNCTION(F, what)                                                              \
  static_assert(!std::is_pointer_v<F>, what                                                       \
                ": wrap the function: [](const auto& x) { return "                                \
                "g(x); }");                                                                       \
  static_assert(std::is_pointer_v<F> || ::tusk::CaptureFree<F>, what                              \
                ": this function captures "                                                       \
                "variables, which stay behind on the driver. Write [] and pass what it needs by " \
                "value: " what "(Bind(x, y), [](const X& x, const Y& y, const T& record) {...})")
