#include "common/io/buffer.h"

#include <algorithm>
#include <cstring>

namespace tusk {

void Buffer::Grow(size_t capacity, bool keep) {
  capacity = std::max(capacity, capacity_ * 2);
  std::unique_ptr<char[]> bytes(new char[capacity]);  // not make_unique: that would zero it
  if (keep && size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

void Buffer::Resize(size_t size) {
  if (size > capacity_) Grow(size, /*keep=*/true);
  size_ = size;
}

void Buffer::ResizeDiscarding(size_t size) {
  if (size > capacity_) Grow(size, /*keep=*/false);
  size_ = size;
}

void Buffer::Append(std::string_view bytes) {
  const size_t old_size = size_;
  Resize(size_ + bytes.size());
  if (!bytes.empty()) std::memcpy(bytes_.get() + old_size, bytes.data(), bytes.size());
}

}  // namespace tusk
