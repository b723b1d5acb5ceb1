// An immutable, partitioned collection that remembers how to rebuild itself: its lineage.
//
// A handle; copies share one node of the graph. Transformations only describe, an action runs a
// job. A lost partition is recomputed from its parents, a shuffled one from its map outputs.
// Functions run in other processes: they capture nothing, what they need is bound by value (Bind,
// Broadcast). A global or static variable that the program sets after Session::Open has its initial
// value in the runners.
//
// Records of TextFile are string_views: valid within the function that gets them. Cache, Collect
// and shuffles keep strings.
//
// Threads: handles may be copied and used by several threads; an action blocks its caller.
// Fails:   an error while describing (a missing input) shows at the action, with its place.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "mapreduce/rdd/bind.h"
#include "mapreduce/rdd/cache_op.h"
#include "mapreduce/rdd/narrow_ops.h"
#include "mapreduce/rdd/rdd_node.h"
#include "mapreduce/rdd/shuffle_ops.h"
#include "mapreduce/rdd/sinks.h"
#include "mapreduce/rdd/sources.h"

namespace tusk {

namespace rdd {

template <class T>
struct PairTypes {
  static constexpr bool kIsPair = false;
  using Key = int;
  using Value = int;
};
template <class K, class V>
struct PairTypes<std::pair<K, V>> {
  static constexpr bool kIsPair = true;
  using Key = K;
  using Value = V;
};

// What a function returns; void* where it cannot be called so, so that one static_assert speaks.
template <class F, class T, class... S>
consteval auto ResultTag() {
  if constexpr (std::is_invocable_v<F, const S&..., const T&>) {
    return std::type_identity<
        std::remove_cvref_t<std::invoke_result_t<F, const S&..., const T&>>>{};
  } else {
    return std::type_identity<void*>{};
  }
}

}  // namespace rdd

template <class T>
class Rdd {
 public:
  using Record = T;

  Rdd() = default;
  explicit Rdd(rdd::NodeHandle node) : node_(std::move(node)) {}

  // ---- transformations ----

  template <class F>
  auto Map(F f, Where where = Where::current()) const {
    return Map(Bound<>{}, f, where);
  }
  template <class... S, class F>
  auto Map(Bound<S...> bound, F, Where where = Where::current()) const {
    TUSK_CHECK_FUNCTION(F, "Map");
    using U = typename decltype(rdd::ResultTag<F, T, S...>())::type;
    return Narrow<rdd::MapOp<F, T, U, S...>, F, U>(bound.values, where);
  }

  template <class F>
  Rdd Filter(F f, Where where = Where::current()) const {
    return Filter(Bound<>{}, f, where);
  }
  template <class... S, class F>
  Rdd Filter(Bound<S...> bound, F, Where where = Where::current()) const {
    TUSK_CHECK_FUNCTION(F, "Filter");
    return Narrow<rdd::FilterOp<F, T, S...>, F, T>(bound.values, where);
  }

  // f(record, Emitter<U>&), with U named: FlatMap<std::string_view>(...); or f(record) that returns
  // a container of U.
  template <class U, class F>
  Rdd<U> FlatMap(F f, Where where = Where::current()) const {
    return FlatMap<U>(Bound<>{}, f, where);
  }
  template <class U, class... S, class F>
  Rdd<U> FlatMap(Bound<S...> bound, F, Where where = Where::current()) const {
    TUSK_CHECK_FUNCTION(F, "FlatMap");
    return Narrow<rdd::FlatMapOp<F, T, U, S...>, F, U>(bound.values, where);
  }

  // f(std::span<const Owned<T>> whole_partition, Emitter<U>&).
  template <class U, class F>
  Rdd<U> MapPartitions(F f, Where where = Where::current()) const {
    return MapPartitions<U>(Bound<>{}, f, where);
  }
  template <class U, class... S, class F>
  Rdd<U> MapPartitions(Bound<S...> bound, F, Where where = Where::current()) const {
    TUSK_CHECK_FUNCTION(F, "MapPartitions");
    return Narrow<rdd::MapPartitionsOp<F, T, U, S...>, F, U>(bound.values, where);
  }

  // On pairs: f(value).
  template <class F>
  auto MapValues(F f, Where where = Where::current()) const {
    return MapValues(Bound<>{}, f, where);
  }
  template <class... S, class F>
  auto MapValues(Bound<S...> bound, F, Where where = Where::current()) const {
    static_assert(kIsPair, "MapValues works on an Rdd of std::pair<K, V>: Map to pairs first");
    TUSK_CHECK_FUNCTION(F, "MapValues");
    using U = typename decltype(rdd::ResultTag<F, Value, S...>())::type;
    return Narrow<rdd::MapOp<OnValue<F, U, S...>, T, std::pair<Key, U>, S...>, F,
                  std::pair<Key, U>>(bound.values, where);
  }

  // On pairs: f(a, b) must not mind order and grouping. `partitions` 0: as many as this has.
  template <class F>
  auto ReduceByKey(F f, int partitions = 0, Where where = Where::current()) const {
    return ReduceByKey(Bound<>{}, f, partitions, where);
  }
  template <class... S, class F>
  auto ReduceByKey(Bound<S...> bound, F, int partitions = 0, Where where = Where::current()) const {
    static_assert(kIsPair, "ReduceByKey works on an Rdd of std::pair<K, V>: Map to pairs first");
    TUSK_CHECK_FUNCTION(F, "ReduceByKey");
    using K = Owned<Key>;
    using V = Owned<Value>;
    if constexpr (kIsPair && CaptureFree<F>) {
      static_assert(Serializable<K> && Serializable<V>,
                    "ReduceByKey: keys and values travel: give their types a Codec");
      const std::string function = BoundFunction(bound.values, where);
      const auto* writer = mapreduce::DescriptorOf<rdd::CombineShuffleOp<F, Key, V, S...>>();
      static_assert(std::is_same_v<Value, V>,
                    "ReduceByKey: the values must own their bytes: use std::string");
      return Rdd<std::pair<K, V>>(
          rdd::AddShuffled({{node_, {writer, function}}},
                           mapreduce::DescriptorOf<rdd::ReduceByKeyOp<F, K, V, S...>>(), function,
                           partitions, where));
    } else {
      return Rdd<std::pair<K, V>>(node_);
    }
  }

  // On pairs: every pair of values of equal keys. This side's values of one key are held in memory.
  template <class K2, class W>
  auto Join(const Rdd<std::pair<K2, W>>& other, int partitions = 0,
            Where where = Where::current()) const {
    static_assert(kIsPair, "Join works on an Rdd of std::pair<K, V>: Map to pairs first");
    static_assert(std::is_same_v<Owned<K2>, Owned<Key>>, "Join: both sides need the same key type");
    using K = Owned<Key>;
    using V = Owned<Value>;
    return Rdd<std::pair<K, std::pair<V, Owned<W>>>>(rdd::AddShuffled(
        {{node_, {mapreduce::DescriptorOf<rdd::PairShuffleOp<Key, Value>>(), {}}},
         {other.node(), {mapreduce::DescriptorOf<rdd::PairShuffleOp<K2, W>>(), {}}}},
        mapreduce::DescriptorOf<rdd::JoinOp<K, V, Owned<W>>>(), {}, partitions, where));
  }

  // Kept after it was computed the first time: in memory, in disk mode on the runners' disks.
  Rdd<Owned<T>> Cache(Where where = Where::current()) const {
    return Persist(mapreduce::StorageLevel::MemoryOnly(), where);
  }
  Rdd<Owned<T>> Persist(mapreduce::StorageLevel level, Where where = Where::current()) const {
    static_assert(Serializable<Owned<T>>, "Cache: give the record type a Codec");
    if constexpr (std::is_same_v<T, Owned<T>>) {
      return Rdd<T>(
          rdd::AddNarrow(node_, mapreduce::DescriptorOf<rdd::CacheOp<T>>(), {}, where, level));
    } else {
      return Map([](const T& record) { return Owned<T>(record); }, where).Persist(level, where);
    }
  }
  void Unpersist() const {
    if (node_.error.ok()) node_.engine->Unpersist(node_.id);
  }

  // ---- actions ----

  StatusOr<std::vector<Owned<T>>> Collect(Where where = Where::current()) const {
    static_assert(Serializable<Owned<T>>, "Collect: give the record type a Codec");
    ASSIGN_OR_RETURN(const mapreduce::JobResult result,
                     Act<rdd::CollectOp<T>>({}, "Collect", where));
    std::vector<Owned<T>> records;
    for (const std::string& bytes : result.results) {
      Reader in(bytes);
      while (!in.AtEnd() && in.ok()) {
        Owned<T> record{};
        Codec<Owned<T>>::Decode(in, record);
        records.push_back(std::move(record));
      }
      if (!in.ok()) return DataLossError("a collected record does not decode");
    }
    return records;
  }

  StatusOr<int64_t> Count(Where where = Where::current()) const {
    ASSIGN_OR_RETURN(const mapreduce::JobResult result, Act<rdd::CountOp<T>>({}, "Count", where));
    int64_t count = 0;
    for (const std::string& bytes : result.results) {
      int64_t part = 0;
      if (!rdd::DecodeWhole(bytes, &part)) return DataLossError("a count does not decode");
      count += part;
    }
    return count;
  }

  // kFailedPrecondition ("empty collection") when there is no record.
  template <class F>
  StatusOr<Owned<T>> Reduce(F f, Where where = Where::current()) const {
    TUSK_CHECK_FUNCTION(F, "Reduce");
    if constexpr (CaptureFree<F>) {
      ASSIGN_OR_RETURN(
          const mapreduce::JobResult result,
          (Act<rdd::ReduceOp<F, T>>(BoundFunction(std::tuple<>{}, where), "Reduce", where)));
      std::optional<Owned<T>> sum;
      for (const std::string& bytes : result.results) {
        std::optional<Owned<T>> part;
        if (!rdd::DecodeWhole(bytes, &part)) return DataLossError("a result does not decode");
        if (!part.has_value()) continue;
        sum = sum.has_value() ? Owned<T>(f(*sum, *part)) : std::move(*part);
      }
      if (!sum.has_value()) return FailedPreconditionError("Reduce: empty collection");
      return std::move(*sum);
    } else {
      return InternalError("refused at compile time");
    }
  }

  // add(A& sum, const T& record) in the runners, or add(A& sum, std::span<const T> batch) for loops
  // over up to 1,024 records at a time; merge(A& sum, const A& part) here, in order of partitions.
  // `zero` is where each partition begins.
  template <class A, class Add, class Merge>
  StatusOr<A> Aggregate(A zero, Add add, Merge merge, Where where = Where::current()) const {
    return Aggregate(Bound<>{}, std::move(zero), add, merge, where);
  }
  template <class... S, class A, class Add, class Merge>
  StatusOr<A> Aggregate(Bound<S...> bound, A zero, Add, Merge merge,
                        Where where = Where::current()) const {
    TUSK_CHECK_FUNCTION(Add, "Aggregate");
    static_assert(Serializable<A>, "Aggregate: give the accumulator's type a Codec");
    if constexpr (CaptureFree<Add> && Serializable<A>) {
      std::string bytes = BoundFunction(bound.values, where);
      Writer out(&bytes);
      Codec<A>::Encode(zero, out);
      ASSIGN_OR_RETURN(const mapreduce::JobResult result,
                       (Act<rdd::AggregateOp<Add, T, A, S...>>(bytes, "Aggregate", where)));
      for (const std::string& part_bytes : result.results) {
        A part{};
        if (!rdd::DecodeWhole(part_bytes, &part)) return DataLossError("a result does not decode");
        merge(zero, part);
      }
      return zero;
    } else {
      return InternalError("refused at compile time");
    }
  }

  // One file per partition, "part-00000"; the directory must not exist and appears at once.
  Status SaveAsTextFile(std::string directory, Where where = Where::current()) const {
    const auto result = rdd::RunAction(node_, mapreduce::DescriptorOf<rdd::SaveTextOp<T>>(), {},
                                       "SaveAsTextFile", where, std::move(directory));
    return result.ok() ? Status::Ok() : result.status();
  }

  int partitions() const { return node_.partitions; }
  // The lineage as text, shuffles marked.
  std::string ToDebugString() const {
    return node_.error.ok() ? node_.engine->Describe(node_.id) : node_.error.ToString();
  }
  const rdd::NodeHandle& node() const { return node_; }

 private:
  static constexpr bool kIsPair = rdd::PairTypes<T>::kIsPair;
  using Key = typename rdd::PairTypes<T>::Key;
  using Value = typename rdd::PairTypes<T>::Value;

  // Applies F to a pair's second part.
  template <class F, class U, class... S>
  struct OnValue {
    std::pair<Key, U> operator()(const S&... bound, const T& record) const {
      return {record.first, F{}(bound..., record.second)};
    }
  };

  template <class... S>
  static std::string BoundFunction(const std::tuple<S...>& values, const Where& where) {
    Writer out;
    out.String(rdd::PlaceOf(where));
    Codec<std::tuple<S...>>::Encode(values, out);
    return out.Take();
  }

  template <class Op, class F, class U, class... S>
  Rdd<U> Narrow(const std::tuple<S...>& values, const Where& where) const {
    if constexpr (CaptureFree<F>) {
      return Rdd<U>(rdd::AddNarrow(node_, mapreduce::DescriptorOf<Op>(),
                                   BoundFunction(values, where), where));
    } else {
      return Rdd<U>(node_);  // a static_assert has spoken: add no second error
    }
  }

  template <class Op>
  StatusOr<mapreduce::JobResult> Act(std::string bound, const char* name,
                                     const Where& where) const {
    return rdd::RunAction(node_, mapreduce::DescriptorOf<Op>(), std::move(bound), name, where);
  }

  rdd::NodeHandle node_;
};

}  // namespace tusk
