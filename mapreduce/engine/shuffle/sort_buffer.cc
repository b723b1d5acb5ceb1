#include "mapreduce/engine/shuffle/sort_buffer.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/base/check.h"

namespace tusk::mapreduce {
namespace {

constexpr int kOffsetBits = 40;
constexpr uint64_t kOffsetMask = (uint64_t{1} << kOffsetBits) - 1;
constexpr int kMaxPartitions = 1 << 24;
// Below this many records one comparison sort is faster than a pass over the prefixes.
constexpr ptrdiff_t kRadixFrom = 4096;
constexpr int kRadixBits = 16;

Record DecodeAt(const std::string& arena, uint64_t offset) {
  ByteReader reader(std::string_view(arena).substr(offset));
  uint64_t key_size = 0;
  uint64_t value_size = 0;
  Record record;
  CHECK(reader.ReadVarint(&key_size) && reader.ReadVarint(&value_size) &&
        reader.ReadBytes(key_size, &record.key) && reader.ReadBytes(value_size, &record.value));
  return record;
}

}  // namespace

size_t EncodedRecordSize(std::string_view key, std::string_view value) {
  return VarintSize(key.size()) + VarintSize(value.size()) + key.size() + value.size();
}

class SortBuffer::Source final : public RecordSource {
 public:
  Source(const SortBuffer* buffer, size_t begin, size_t end)
      : buffer_(buffer), next_(begin), end_(end) {}

  bool Next() override {
    if (next_ == end_) return false;
    record_ = DecodeAt(buffer_->arena_, buffer_->entries_[next_++].place & kOffsetMask);
    return true;
  }
  const Record& record() const override { return record_; }
  Status status() const override { return Status::Ok(); }

 private:
  const SortBuffer* const buffer_;
  size_t next_;
  const size_t end_;
  Record record_;
};

SortBuffer::SortBuffer(int partitions, int64_t capacity_bytes, bool sorted,
                       KeyComparison comparison)
    : partitions_(partitions),
      capacity_bytes_(capacity_bytes),
      sorted_(sorted),
      comparison_(comparison) {
  CHECK(partitions > 0 && partitions <= kMaxPartitions) << partitions;
  arena_.reserve(static_cast<size_t>(capacity_bytes));  // address space; pages come when touched
}

bool SortBuffer::Add(int partition, std::string_view key, std::string_view value) {
  CHECK(partition >= 0 && partition < partitions_) << partition << " of " << partitions_;
  const auto size = static_cast<int64_t>(EncodedRecordSize(key, value) + 2 * sizeof(Entry));
  if (!entries_.empty() && bytes_used() + size > capacity_bytes_) return false;
  const uint64_t place = static_cast<uint64_t>(partition) << kOffsetBits | arena_.size();
  AppendVarint(&arena_, key.size());
  AppendVarint(&arena_, value.size());
  arena_.append(key);
  arena_.append(value);
  entries_.push_back({sorted_ ? comparison_.Prefix(key) : 0, place});
  return true;
}

int64_t SortBuffer::bytes_used() const {
  // Twice the entries: sorting orders them into a second array.
  return static_cast<int64_t>(arena_.size() + 2 * entries_.size() * sizeof(Entry));
}

std::string_view SortBuffer::KeyAt(uint64_t offset) const {
  return DecodeAt(arena_, offset).key;
}

bool SortBuffer::Less(const Entry& a, const Entry& b) const {
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  const uint64_t a_offset = a.place & kOffsetMask;
  const uint64_t b_offset = b.place & kOffsetMask;
  if (const int order = comparison_.Compare(KeyAt(a_offset), KeyAt(b_offset)); order != 0) {
    return order < 0;
  }
  return a_offset < b_offset;  // order of emission
}

void SortBuffer::Sort() {
  // Stable counting sort by partition, then each partition by key.
  bounds_.assign(static_cast<size_t>(partitions_) + 1, 0);
  for (const Entry& entry : entries_) ++bounds_[(entry.place >> kOffsetBits) + 1];
  for (size_t p = 1; p < bounds_.size(); ++p) bounds_[p] += bounds_[p - 1];
  if (partitions_ > 1) {
    std::vector<size_t> next(bounds_.begin(), bounds_.end() - 1);
    std::vector<Entry> ordered(entries_.size());
    for (const Entry& entry : entries_) ordered[next[entry.place >> kOffsetBits]++] = entry;
    entries_.swap(ordered);
  }
  for (size_t p = 0; sorted_ && p + 1 < bounds_.size(); ++p) {
    SortRange(entries_.data() + bounds_[p], entries_.data() + bounds_[p + 1]);
  }
}

void SortBuffer::SortRange(Entry* begin, Entry* end) {
  const auto less = [this](const Entry& a, const Entry& b) { return Less(a, b); };
  if (end - begin < kRadixFrom) {
    std::sort(begin, end, less);
    return;
  }
  // One pass over the leading bits in which the prefixes differ, then comparison sorts of buckets
  // that fit the cache: three times faster than sorting all at once.
  uint64_t low = ~uint64_t{0};
  uint64_t high = 0;
  for (const Entry* entry = begin; entry != end; ++entry) {
    low = std::min(low, entry->prefix);
    high = std::max(high, entry->prefix);
  }
  const int width = 64 - __builtin_clzll((high - low) | 1);
  const int shift = std::max(0, width - kRadixBits);
  std::vector<uint32_t> counts((size_t{1} << kRadixBits) + 1, 0);
  const auto bucket = [low, shift](const Entry& entry) { return (entry.prefix - low) >> shift; };
  for (const Entry* entry = begin; entry != end; ++entry) ++counts[bucket(*entry) + 1];
  for (size_t b = 1; b < counts.size(); ++b) counts[b] += counts[b - 1];
  std::vector<Entry> ordered(static_cast<size_t>(end - begin));
  std::vector<uint32_t> next(counts.begin(), counts.end() - 1);
  for (const Entry* entry = begin; entry != end; ++entry) ordered[next[bucket(*entry)]++] = *entry;
  for (size_t b = 0; b + 1 < counts.size(); ++b) {
    if (counts[b + 1] - counts[b] > 1) {
      std::sort(ordered.begin() + counts[b], ordered.begin() + counts[b + 1], less);
    }
  }
  std::copy(ordered.begin(), ordered.end(), begin);
}

std::unique_ptr<RecordSource> SortBuffer::Partition(int partition) const {
  const auto p = static_cast<size_t>(partition);
  CHECK(p + 1 < bounds_.size()) << "Sort() first";
  return std::make_unique<Source>(this, bounds_[p], bounds_[p + 1]);
}

int64_t SortBuffer::RecordCount(int partition) const {
  const auto p = static_cast<size_t>(partition);
  CHECK(p + 1 < bounds_.size()) << "Sort() first";
  return static_cast<int64_t>(bounds_[p + 1] - bounds_[p]);
}

void SortBuffer::Clear(bool release) {
  arena_.clear();
  entries_.clear();
  bounds_.clear();
  if (release) {
    arena_ = std::string();
    entries_ = std::vector<Entry>();
  }
}

}  // namespace tusk::mapreduce
