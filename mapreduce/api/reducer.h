// What a job does with all values of one key. A combiner is a Reducer whose output types are its
// input types; it may run any number of times, also never.
//
//   class Sum final : public tusk::Reducer<std::string, int64_t, std::string, int64_t> {
//     void Reduce(const std::string& key, Values& values, Context& context) override {
//       int64_t sum = 0;
//       for (int64_t n : values) sum += n;
//       context.Emit(key, sum);
//     }
//   };
#pragma once

#include <iterator>
#include <string_view>

#include "mapreduce/api/mapper.h"
#include "mapreduce/api/writable.h"

namespace tusk {

// The values of one group, read once, in order; those not taken are skipped.
template <class V>
class GroupValues {
 public:
  explicit GroupValues(mapreduce::ValueStream* stream) : stream_(stream) {}

  // False at the end, and when a value does not decode (then bad() is true).
  bool Next(V* value) {
    std::string_view bytes;
    if (bad_ || !stream_->Next(&bytes)) return false;
    bad_ = !Writable<V>::Decode(bytes, value);
    return !bad_;
  }
  bool bad() const { return bad_; }

  class Iterator {
   public:
    using value_type = V;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(GroupValues* values) : values_(values) { ++*this; }
    const V& operator*() const { return value_; }
    Iterator& operator++() {
      if (!values_->Next(&value_)) values_ = nullptr;
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return values_ == nullptr; }

   private:
    GroupValues* values_;
    V value_{};
  };
  Iterator begin() { return Iterator(this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  mapreduce::ValueStream* const stream_;
  bool bad_ = false;
};

template <class K2, class V2, class K3, class V3>
class Reducer {
 public:
  using InputKey = K2;
  using InputValue = V2;
  using OutputKey = K3;
  using OutputValue = V3;
  using Context = EmitContext<K3, V3>;
  using Values = GroupValues<V2>;

  virtual ~Reducer() = default;
  virtual void Setup(Context& /*context*/) {}
  virtual void Reduce(Argument<K2> key, Values& values, Context& context) = 0;
  virtual void Cleanup(Context& /*context*/) {}
};

}  // namespace tusk
