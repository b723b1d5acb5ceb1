// A block of uninitialised memory that grows and is used again: for packets and big reads.
//
// First touch of fresh memory costs more than the checksum over it: keep buffers and reuse them.
// Threads: not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace tusk {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t size) { Resize(size); }

  char* data() { return bytes_.get(); }
  const char* data() const { return bytes_.get(); }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  std::string_view view() const { return {bytes_.get(), size_}; }

  // Content is kept up to the smaller size; new bytes are uninitialised.
  void Resize(size_t size);
  // Content is lost.
  void ResizeDiscarding(size_t size);
  void Append(std::string_view bytes);
  void Clear() { size_ = 0; }

 private:
  void Grow(size_t capacity, bool keep);

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace tusk
