// What do hand-written loops with two threads need for one iteration of logistic regression over
// points in memory, how much of the memory's read bandwidth is that, and how long does reading and
// parsing the points' text once take?
//
//   bench_regression_reference THREADS ITERATIONS FILE...
//
// Reads the text (pread in pieces, as a warm page cache has it), parses it with all threads as the
// example program does, runs the iterations over the same doubles, and sums all the bytes in
// between to see what the memory gives. Prints one JSON line; its weights let the caller compare.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "examples/logistic_regression/gradient.h"

namespace {

namespace lr = logistic_regression;

constexpr size_t kPiece = 1 << 20;

[[noreturn]] void Fail(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The points of one thread, in huge pages where the kernel gives them.
class Points {
 public:
  explicit Points(size_t capacity) : bytes_(capacity * sizeof(lr::Point)) {
    void* const at =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) Fail("mmap");
    madvise(at, bytes_, MADV_HUGEPAGE);
    points_ = static_cast<lr::Point*>(at);
  }
  ~Points() { munmap(points_, bytes_); }
  Points(const Points&) = delete;
  Points& operator=(const Points&) = delete;

  void Add(const lr::Point& point) { points_[size_++] = point; }
  std::span<const lr::Point> all() const { return {points_, size_}; }

 private:
  const size_t bytes_;
  lr::Point* points_ = nullptr;
  size_t size_ = 0;
};

void ParseLine(std::string_view line, Points* out) {
  lr::Point point;
  if (!lr::ParsePoint(line, &point)) {
    std::fprintf(stderr, "%s\n", lr::NotAPoint(line).c_str());
    std::exit(1);
  }
  out->Add(point);
}

// Whole files: the benchmark's inputs have more of them than there are threads.
void ParseFile(const std::string& path, Points* out) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) Fail(path);
  std::string text;
  for (;;) {
    const size_t kept = text.size();
    text.resize(kept + kPiece);
    const ssize_t got = read(fd, text.data() + kept, kPiece);
    if (got < 0) Fail(path);
    text.resize(kept + static_cast<size_t>(got));
    if (got == 0) break;
    size_t from = 0;
    for (size_t end = 0; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
      ParseLine(std::string_view(text).substr(from, end - from), out);
    }
    text.erase(0, from);
  }
  if (!text.empty()) ParseLine(text, out);
  close(fd);
}

off_t SizeOf(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) Fail(path);
  return status.st_size;
}

// Four accumulators, so that the loads and not the additions are what takes the time.
uint64_t SumBytes(std::span<const lr::Point> points) {
  const auto* words = reinterpret_cast<const uint64_t*>(points.data());
  const size_t count = points.size() * sizeof(lr::Point) / sizeof(uint64_t);
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += words[i];
  return sum;
}

// All threads begin each round together; a round's time is that of the slowest.
class Rounds {
 public:
  explicit Rounds(int threads) : threads_(threads), barrier_(threads) {}

  template <class Work, class After>
  std::vector<double> Run(int rounds, Work work, After after) {
    std::vector<double> seconds;
    std::vector<std::thread> running;
    std::chrono::steady_clock::time_point begin;
    for (int t = 0; t < threads_; ++t) {
      running.emplace_back([&, t] {
        for (int round = 0; round < rounds; ++round) {
          barrier_.arrive_and_wait();
          if (t == 0) begin = std::chrono::steady_clock::now();
          work(t);
          barrier_.arrive_and_wait();
          if (t == 0) {
            after();
            seconds.push_back(SecondsSince(begin));
          }
        }
      });
    }
    for (std::thread& thread : running) thread.join();
    return seconds;
  }

 private:
  const int threads_;
  std::barrier<> barrier_;
};

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 3 ? std::atoi(argv[1]) : 0;
  const int iterations = argc > 3 ? std::atoi(argv[2]) : 0;
  if (threads < 1 || iterations < 1) {
    std::fprintf(stderr, "usage: bench_regression_reference THREADS ITERATIONS FILE...\n");
    return 2;
  }
  const std::vector<std::string> files(argv + 3, argv + argc);
  size_t bytes = 0;
  for (const std::string& file : files) bytes += static_cast<size_t>(SizeOf(file));
  std::vector<std::unique_ptr<Points>> parts;
  for (int t = 0; t < threads; ++t) parts.push_back(std::make_unique<Points>(bytes / 20));
  std::atomic<size_t> next{0};
  Rounds rounds(threads);
  const double parse = Median(rounds.Run(
      1,
      [&](int t) {
        for (size_t i = next++; i < files.size(); i = next++) {
          ParseFile(files[i], parts[static_cast<size_t>(t)].get());
        }
      },
      [] {}));

  lr::Weights weights = lr::InitialWeights();
  std::vector<lr::Gradient> gradients(parts.size());
  const double iteration = Median(rounds.Run(
      iterations,
      [&](int t) {
        lr::Gradient gradient;
        lr::AddGradient(parts[static_cast<size_t>(t)]->all(), weights, &gradient);
        gradients[static_cast<size_t>(t)] = gradient;
      },
      [&] {
        lr::Gradient sum;
        for (const lr::Gradient& gradient : gradients) lr::Merge(sum, gradient);
        lr::Descend(sum, &weights);
      }));

  std::atomic<uint64_t> total{0};
  const double read = Median(rounds.Run(
      iterations, [&](int t) { total += SumBytes(parts[static_cast<size_t>(t)]->all()); }, [] {}));
  size_t points = 0;
  for (const auto& part : parts) points += part->all().size();
  const double memory = static_cast<double>(points * sizeof(lr::Point));
  std::printf(
      "{\"points\":%zu,\"text_bytes\":%zu,\"parse_s\":%.6f,\"iteration_s\":%.6f,\"read_s\":%.6f,"
      "\"read_bytes_per_s\":%.0f,\"share_of_bandwidth\":%.3f,\"first_weight\":%.15g,"
      "\"sum\":%llu}\n",
      points, bytes, parse, iteration, read, memory / read, read / iteration, weights[0],
      static_cast<unsigned long long>(total.load()));
  return 0;
}
