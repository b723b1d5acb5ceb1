// A value that every runner gets once, however many tasks use it.
//
//   auto weights = session.Broadcast(w);
//   rdd.Map(Bind(weights), [](const Broadcast<Weights>& w, const Point& p) { return w.value()... })
//
// Threads: value() from any task's thread. A copy of the handle is as good as the handle.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/serializer.h"
#include "mapreduce/rdd/codec.h"

namespace tusk {

namespace rdd {
// The decoded value of this process, made once. Ends the task with an exception when the bytes
// cannot be had: user code has no other way out.
TUSK_EXPORT std::shared_ptr<const void> BroadcastValue(
    mapreduce::BroadcastId id,
    const std::function<std::shared_ptr<const void>(std::string_view)>& decode);
}  // namespace rdd

template <class T>
class Broadcast {
 public:
  Broadcast() = default;
  Broadcast(mapreduce::BroadcastId id, std::shared_ptr<const T> value)
      : id_(id), value_(std::move(value)) {}

  const T& value() const {
    if (value_ == nullptr) {
      value_ = std::static_pointer_cast<const T>(
          rdd::BroadcastValue(id_, [](std::string_view bytes) -> std::shared_ptr<const void> {
            auto decoded = std::make_shared<T>();
            Reader in(bytes);
            Codec<T>::Decode(in, *decoded);
            return in.ok() ? decoded : nullptr;
          }));
    }
    return *value_;
  }
  const T& operator*() const { return value(); }
  const T* operator->() const { return &value(); }

  mapreduce::BroadcastId id() const { return id_; }

 private:
  mapreduce::BroadcastId id_;
  mutable std::shared_ptr<const T> value_;  // each task decodes a handle of its own
};

template <class T>
void Encode(const Broadcast<T>& handle, Writer& out) {
  out.Raw(handle.id().value());
}
template <class T>
void Decode(Reader& in, Broadcast<T>& handle) {
  int32_t id = 0;
  in.Raw(&id);
  handle = Broadcast<T>(mapreduce::BroadcastId(id), nullptr);
}

}  // namespace tusk
