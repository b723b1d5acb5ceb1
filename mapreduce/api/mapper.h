// What a job does with each record of its input.
//
//   class Tokenizer final : public tusk::Mapper<int64_t, std::string_view, std::string_view,
//   int64_t> {
//    public:
//     void Map(int64_t offset, std::string_view line, Context& context) override { ... Emit(word,
//     1); }
//   };
//
// One object per task attempt, default-constructed; its functions run on that attempt's thread. An
// exception fails the attempt; so does Context::Fail.
#pragma once

#include <type_traits>

#include "mapreduce/api/context.h"

namespace tusk {

// Small values come by value, others by reference.
template <class T>
using Argument =
    std::conditional_t<std::is_trivially_copyable_v<T> && sizeof(T) <= 16, T, const T&>;

template <class K1, class V1, class K2, class V2>
class Mapper {
 public:
  using InputKey = K1;
  using InputValue = V1;
  using OutputKey = K2;
  using OutputValue = V2;
  using Context = EmitContext<K2, V2>;

  virtual ~Mapper() = default;
  virtual void Setup(Context& /*context*/) {}
  virtual void Map(Argument<K1> key, Argument<V1> value, Context& context) = 0;
  virtual void Cleanup(Context& /*context*/) {}
};

}  // namespace tusk
