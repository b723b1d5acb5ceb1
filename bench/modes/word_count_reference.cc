// What do two threads of one process need to count the words of a text, with the hash table of our
// own word count and nothing around it: no splits, no shuffle, no second process?
//
//   bench_word_count_reference THREADS OUTPUT INPUT...
//
// The vocabulary is not known before: a table that is full is emptied into the thread's total.
// OUTPUT gets lines "word<TAB>count" in byte order of the words, as a job with one reducer writes
// them, and is synced.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "examples/word_count/word_count.h"

namespace {

constexpr size_t kPiece = 1 << 20;

using Counts = std::unordered_map<std::string, int64_t>;

[[noreturn]] void Fail(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

// A range of one file.
struct Part {
  std::string path;
  off_t begin = 0;
  off_t end = 0;
};

// `inputs` cut into one list of parts per thread, of equal sums of bytes.
std::vector<std::vector<Part>> Cut(const std::vector<std::string>& inputs, int threads) {
  off_t total = 0;
  std::vector<Part> files;
  for (const std::string& path : inputs) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) Fail(path);
    files.push_back({path, 0, status.st_size});
    total += status.st_size;
  }
  std::vector<std::vector<Part>> parts(static_cast<size_t>(threads));
  const off_t share = total / threads + 1;
  off_t before = 0;
  for (const Part& file : files) {
    for (off_t at = 0; at < file.end;) {
      const auto thread = static_cast<size_t>((before + at) / share);
      const off_t end = std::min(file.end, share * static_cast<off_t>(thread + 1) - before);
      parts[thread].push_back({file.path, at, end});
      at = end;
    }
    before += file.end;
  }
  return parts;
}

class Counter {
 public:
  // The words whose first byte lies in the part.
  void Count(const Part& part) {
    const int fd = open(part.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) Fail(part.path);
    ended_ = false;
    std::string text;
    bool in_word = part.begin > 0 && !IsBlank(ByteAt(fd, part.begin - 1));
    off_t at = part.begin;
    size_t kept = 0;  // of a word that the piece before had begun
    while (at < part.end || (kept > 0 && !ended_)) {
      text.resize(kept + kPiece);
      const ssize_t got = pread(fd, text.data() + kept, kPiece, at);
      if (got < 0) Fail(part.path);
      ended_ = got == 0;
      text.resize(kept + static_cast<size_t>(got));
      const off_t begin = at - static_cast<off_t>(kept);
      at += got;
      kept = CountPiece(&text, begin, part.end, &in_word);
      if (ended_) break;
    }
    close(fd);
  }

  Counts Total() {
    Empty();
    return std::move(total_);
  }

 private:
  static bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
  static char ByteAt(int fd, off_t at) {
    char c = 0;
    if (pread(fd, &c, 1, at) != 1) Fail("pread");
    return c;
  }

  // Leaves the word that the text's end cuts, and returns its length.
  size_t CountPiece(std::string* text, off_t begin, off_t part_end, bool* in_word) {
    size_t from = 0;
    if (*in_word) {  // it belongs to the part before
      while (from < text->size() && !IsBlank((*text)[from])) ++from;
      if (from == text->size() && !ended_) return 0;
      *in_word = false;
    }
    size_t to = text->size();
    if (begin + static_cast<off_t>(to) > part_end) {
      // Words that begin behind the part's end are the next one's.
      to = std::max(from, static_cast<size_t>(std::max<off_t>(0, part_end - begin)));
      if (to > from && !IsBlank((*text)[to - 1])) {
        while (to < text->size() && !IsBlank((*text)[to])) ++to;
        if (to == text->size() && !ended_) return Keep(text, from, to);
      }
      Add(std::string_view(*text).substr(from, to - from));
      return 0;
    }
    if (ended_) {
      Add(std::string_view(*text).substr(from));
      return 0;
    }
    return Keep(text, from, to);
  }

  size_t Keep(std::string* text, size_t from, size_t to) {
    size_t word = to;
    while (word > from && !IsBlank((*text)[word - 1])) --word;
    Add(std::string_view(*text).substr(from, word - from));
    text->erase(0, word);
    return text->size();
  }

  void Add(std::string_view text) {
    word_count::ForEachWord(text, [this](std::string_view word) {
      if (table_.Add(word)) return;
      Empty();
      if (!table_.Add(word)) ++total_[std::string(word)];
    });
  }

  void Empty() {
    table_.Drain(
        [this](std::string_view word, int64_t count) { total_[std::string(word)] += count; });
  }

  word_count::WordTable table_;
  Counts total_;
  bool ended_ = false;  // of the file
};

void WriteSorted(const Counts& counts, const std::string& path) {
  std::vector<std::pair<std::string_view, int64_t>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const auto& [word, count] : sorted) {
    text.append(word).append("\t").append(std::to_string(count)).append("\n");
  }
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      fdatasync(fd) != 0) {
    Fail(path);
  }
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 3 ? std::atoi(argv[1]) : 0;
  if (threads < 1) {
    std::fprintf(stderr, "usage: bench_word_count_reference THREADS OUTPUT INPUT...\n");
    return 2;
  }
  const auto parts = Cut({argv + 3, argv + argc}, threads);
  std::vector<Counts> counts(parts.size());
  std::vector<std::thread> running;
  for (size_t t = 0; t < parts.size(); ++t) {
    running.emplace_back([&parts, &counts, t] {
      Counter counter;
      for (const Part& part : parts[t]) counter.Count(part);
      counts[t] = counter.Total();
    });
  }
  for (std::thread& thread : running) thread.join();
  for (size_t t = 1; t < counts.size(); ++t) {
    for (const auto& [word, count] : counts[t]) counts[0][word] += count;
  }
  WriteSorted(counts[0], argv[2]);
  return 0;
}
