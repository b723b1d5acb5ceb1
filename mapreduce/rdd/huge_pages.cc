#include "mapreduce/rdd/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace tusk::rdd {
#ifdef __SANITIZE_ADDRESS__

// LeakSanitizer does not look into mappings of ours: what only records there point to would count
// as lost.
void* AllocateInHugePages(size_t bytes) {
  return ::operator new(bytes, std::align_val_t{kHugePageBytes});
}

void FreeInHugePages(void* at, size_t) noexcept {
  ::operator delete(at, std::align_val_t{kHugePageBytes});
}

#else

namespace {

constexpr size_t kPageBytes = 4096;

size_t RoundedUp(size_t bytes, size_t to) {
  return (bytes + to - 1) / to * to;
}

}  // namespace

// Maps one huge page more than is needed and gives back what lies before and behind.
void* AllocateInHugePages(size_t bytes) {
  const size_t size = RoundedUp(bytes, kPageBytes);
  const size_t mapped = size + kHugePageBytes;
  void* const map =
      ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) throw std::bad_alloc();
  const auto begin = reinterpret_cast<uintptr_t>(map);
  const uintptr_t at = RoundedUp(begin, kHugePageBytes);
  const size_t before = at - begin;
  const size_t behind = mapped - before - size;
  if (before > 0) ::munmap(map, before);
  if (behind > 0) ::munmap(reinterpret_cast<void*>(at + size), behind);
  ::madvise(reinterpret_cast<void*>(at), size, MADV_HUGEPAGE);  // small pages do as well
  return reinterpret_cast<void*>(at);
}

void FreeInHugePages(void* at, size_t bytes) noexcept {
  ::munmap(at, RoundedUp(bytes, kPageBytes));
}

#endif

}  // namespace tusk::rdd
