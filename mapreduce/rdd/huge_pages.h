// Memory for the large arrays of cached partitions, in huge pages where the kernel gives them: a
// scan with pages of 4 KB spends a twentieth of its time on finding them.
#pragma once

#include <cstddef>
#include <new>

#include "common/base/macros.h"

namespace tusk::rdd {

inline constexpr size_t kHugePageBytes = size_t{2} << 20;

// Begins at a huge page; takes `bytes` rounded up to small pages, no more. Throws std::bad_alloc.
TUSK_EXPORT void* AllocateInHugePages(size_t bytes);
TUSK_EXPORT void FreeInHugePages(void* at, size_t bytes) noexcept;

// For containers: what does not fill a huge page at least by half comes from the heap.
template <class T>
struct HugePageAllocator {
  using value_type = T;

  HugePageAllocator() = default;
  template <class U>
  HugePageAllocator(const HugePageAllocator<U>&) {}  // NOLINT: as allocators convert

  T* allocate(size_t count) {
    const size_t bytes = count * sizeof(T);
    if (FromHeap(bytes))
      return static_cast<T*>(::operator new(bytes, std::align_val_t{alignof(T)}));
    return static_cast<T*>(AllocateInHugePages(bytes));
  }
  void deallocate(T* at, size_t count) noexcept {
    const size_t bytes = count * sizeof(T);
    if (FromHeap(bytes)) return ::operator delete(at, std::align_val_t{alignof(T)});
    FreeInHugePages(at, bytes);
  }
  template <class U>
  bool operator==(const HugePageAllocator<U>&) const {
    return true;
  }

 private:
  static bool FromHeap(size_t bytes) { return bytes < kHugePageBytes / 2; }
};

}  // namespace tusk::rdd
