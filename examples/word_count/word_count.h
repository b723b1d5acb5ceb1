// Counts the words of a text: the first program of every course.
//
// A word is what stands between blanks (as Java's StringTokenizer and Python's split see ASCII
// text). The mapper counts within its split first: one record per distinct word instead of one per
// word.
#pragma once

#include <tusk/mapreduce.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace word_count {

// Calls `each` with every word of the line.
template <class Each>
void ForEachWord(std::string_view line, Each each) {
  const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  size_t i = 0;
  while (i < line.size()) {
    while (i < line.size() && blank(line[i])) ++i;
    const size_t begin = i;
    while (i < line.size() && !blank(line[i])) ++i;
    if (i > begin) each(line.substr(begin, i - begin));
  }
}

// Words and their counts, bounded: open addressing over an arena of the words' bytes.
class WordTable {
 public:
  static constexpr size_t kMaxWords = 1 << 18;
  static constexpr size_t kMaxBytes = 16 << 20;

  WordTable() : slots_(kMaxWords * 2) {}

  // False when it is full: drain it first.
  bool Add(std::string_view word) {
    const uint64_t hash = tusk::mapreduce::HashBytes(word);
    for (size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[at];
      if (slot.count == 0) {
        if (words_ == kMaxWords || bytes_.size() + word.size() > kMaxBytes) return false;
        slot = {hash, static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(word.size()), 1};
        bytes_.append(word);
        ++words_;
        return true;
      }
      if (slot.hash == hash && std::string_view(bytes_).substr(slot.offset, slot.size) == word) {
        ++slot.count;
        return true;
      }
    }
  }

  // Gives every (word, count) and empties the table.
  template <class Each>
  void Drain(Each each) {
    for (Slot& slot : slots_) {
      if (slot.count > 0) each(std::string_view(bytes_).substr(slot.offset, slot.size), slot.count);
      slot.count = 0;
    }
    bytes_.clear();
    words_ = 0;
  }

 private:
  struct Slot {
    uint64_t hash = 0;
    uint32_t offset = 0;
    uint32_t size = 0;
    int64_t count = 0;
  };
  std::vector<Slot> slots_;
  std::string bytes_;
  size_t words_ = 0;
};

class WordMapper final : public tusk::Mapper<int64_t, std::string_view, std::string_view, int64_t> {
 public:
  void Map(int64_t /*offset*/, std::string_view line, Context& context) override {
    ForEachWord(line, [&](std::string_view word) {
      if (table_.Add(word)) return;
      EmitAll(context);
      // A word larger than the whole table goes its way alone.
      if (!table_.Add(word)) context.Emit(word, 1);
    });
  }
  void Cleanup(Context& context) override { EmitAll(context); }

 private:
  void EmitAll(Context& context) {
    table_.Drain([&](std::string_view word, int64_t count) { context.Emit(word, count); });
  }

  WordTable table_;
};

template <class K>
class Sum final : public tusk::Reducer<K, int64_t, K, int64_t> {
 public:
  using Base = tusk::Reducer<K, int64_t, K, int64_t>;
  void Reduce(tusk::Argument<K> word, typename Base::Values& counts,
              typename Base::Context& context) override {
    int64_t sum = 0;
    for (const int64_t count : counts) sum += count;
    context.Emit(word, sum);
  }
};

struct WordCount {
  using Input = tusk::TextInput;
  using Mapper = WordMapper;
  using Combiner = Sum<std::string_view>;
  using Reducer = Sum<std::string_view>;
  using Output = tusk::TextOutput;
};

}  // namespace word_count
