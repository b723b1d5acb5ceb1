#include "cli/commands/bench/mode_reasons.h"

#include <cmath>

#include "mapreduce/history/quantity.h"

namespace tusk::cli {
namespace {

using mapreduce::BytesText;
using mapreduce::CountText;
using mapreduce::PercentText;
using mapreduce::SecondsText;
using mapreduce::TimesText;

constexpr double kSame = 1.1;      // ratios below are "about the same"
constexpr double kByChance = 1.3;  // one run each on a shared machine says nothing below

std::string Percent(int64_t part, int64_t whole) {
  return PercentText(static_cast<double>(part) / static_cast<double>(whole));
}

// Two runs, the slower one first.
class Pair {
 public:
  Pair(const ModeFigures& slow, const ModeFigures& fast, int runs)
      : slow_(slow), fast_(fast), runs_(runs) {
    ratio_ = fast.wall_seconds > 0 ? slow.wall_seconds / fast.wall_seconds : 1;
  }

  std::vector<std::string> Sentences() {
    Result();
    WhereTheTimeWent();
    StartUp();
    Iterations();
    Input();
    CacheOnDisk();
    CacheTooSmall();
    Shuffle();
    Processor();
    return std::move(sentences_);
  }

 private:
  void Say(std::string sentence) { sentences_.push_back(std::move(sentence)); }
  bool differ() const { return ratio_ >= kSame; }
  std::string Against(double slow, double fast) const {
    return SecondsText(slow) + " against " + SecondsText(fast);
  }

  void Result() {
    const std::string times = slow_.Way() + " took " + SecondsText(slow_.wall_seconds) + ", " +
                              fast_.Way() + " " + SecondsText(fast_.wall_seconds);
    std::string sentence =
        differ() ? times + ": " + TimesText(ratio_) + " as long." : times + ": about the same.";
    if (runs_ > 1) {
      sentence += " (Medians of " + std::to_string(runs_) + " runs each.)";
    } else if (ratio_ < kByChance) {
      sentence += " With one run each, a difference as small as this may be chance: --runs.";
    }
    Say(sentence);
  }

  // The phase in which the slower run lost most.
  void WhereTheTimeWent() {
    const double lost = slow_.wall_seconds - fast_.wall_seconds;
    const ModeFigures::Phase* worst = nullptr;
    double worst_lost = 0;
    for (const ModeFigures::Phase& phase : slow_.phases) {
      const double here = phase.seconds - fast_.PhaseSeconds(phase.name);
      if (here > worst_lost) {
        worst = &phase;
        worst_lost = here;
      }
    }
    if (!differ() || worst == nullptr || worst_lost < lost / 2) return;
    Say("The difference lies mostly in '" + worst->name +
        "': " + Against(worst->seconds, fast_.PhaseSeconds(worst->name)) + ".");
  }

  void StartUp() {
    const double slow = slow_.StartSeconds();
    const double fast = fast_.StartSeconds();
    const double share = fast_.wall_seconds > 0 ? fast / fast_.wall_seconds : 0;
    if (share < 0.1 || slow_.wall_seconds <= slow || fast_.wall_seconds <= fast) return;
    Say("Starting the driver and the runners is in these times, " + Against(slow, fast) + " (" +
        PercentText(share) + " of the faster run); no mode saves it. Without it the ratio is " +
        TimesText((slow_.wall_seconds - slow) / (fast_.wall_seconds - fast)) + ".");
  }

  void Iterations() {
    const double slow = slow_.LaterIteration();
    const double fast = fast_.LaterIteration();
    if (slow <= 0 || fast <= 0) return;
    Say("An iteration after the first took " + Against(slow, fast) + ", " + TimesText(slow / fast) +
        "; the first one " + Against(slow_.FirstIteration(), fast_.FirstIteration()) + ".");
  }

  void Input() {
    if (slow_.dfs_read <= 0 || fast_.dfs_read <= 0) return;
    const double times = static_cast<double>(slow_.dfs_read) / static_cast<double>(fast_.dfs_read);
    if (times < kSame && times > 1 / kSame) {
      Say("Both read the same bytes from the DFS (" + BytesText(fast_.dfs_read) + ") and parsed " +
          CountText(fast_.input_records) + " records.");
      return;
    }
    const bool slow_more = times > 1;
    const ModeFigures& more = slow_more ? slow_ : fast_;
    const ModeFigures& less = slow_more ? fast_ : slow_;
    const double factor = slow_more ? times : 1 / times;
    std::string sentence = more.Way() + " read " + BytesText(more.dfs_read) +
                           " from the DFS and parsed " + CountText(more.input_records) +
                           " records, " + less.Way() + " " + BytesText(less.dfs_read) + " and " +
                           CountText(less.input_records);
    const auto iterations = static_cast<double>(more.iterations.size());
    if (iterations > 1 && std::abs(factor / iterations - 1) < 0.2) {
      sentence += ": each of its " + std::to_string(more.iterations.size()) +
                  " iterations reads and parses the input again";
    }
    Say(sentence + (slow_more ? "." : "; even so it was the faster one."));
  }

  void CacheOnDisk() {
    const bool slow_reads = slow_.cache_read > fast_.cache_read;
    const ModeFigures& more = slow_reads ? slow_ : fast_;
    const ModeFigures& less = slow_reads ? fast_ : slow_;
    if (more.cache_read <= 0) return;
    std::string sentence = more.Way() + " kept parsed records on local disks (" +
                           BytesText(more.cache_written) + " written) and read " +
                           BytesText(more.cache_read) + " of them back, decoding each again";
    if (less.cache_hits > 0 && less.cache_read == 0) {
      sentence += "; " + less.Way() + " found them as objects in memory, " +
                  CountText(less.cache_hits) + " partitions";
    }
    Say(sentence + ".");
  }

  // With n passes over a cache only the first one should miss.
  void CacheTooSmall() {
    for (const ModeFigures* run : {&slow_, &fast_}) {
      const int64_t looked = run->cache_hits + run->cache_misses;
      const auto passes = static_cast<int64_t>(run->iterations.size());
      if (passes < 2 || looked == 0) continue;
      if (run->cache_misses * passes * 10 <= looked * 11) continue;
      Say("The cache of " + run->Way() +
          " did not hold everything: " + CountText(run->cache_misses) + " of " + CountText(looked) +
          " look-ups computed the partition again. More memory for runners: "
          "tusk.runner.memory-mb.");
    }
  }

  void Shuffle() {
    const bool slow_spilled = slow_.spilled > fast_.spilled;
    const ModeFigures& more = slow_spilled ? slow_ : fast_;
    const ModeFigures& less = slow_spilled ? fast_ : slow_;
    if (more.spilled <= 0 || more.dfs_read <= 0) return;
    std::string sentence =
        more.Way() + " put " + BytesText(more.spilled) + " of the shuffle on local disks, " +
        Percent(more.spilled, more.dfs_read) + " of what it read from the DFS; " + less.Way() +
        " " + BytesText(less.spilled) + ".";
    if (more.spilled * 20 < more.dfs_read) {
      sentence += " So little cannot make much of a difference.";
    } else if (!slow_spilled || !differ()) {
      sentence += " That cost no time here: files just written are still in the machine's memory.";
    }
    Say(sentence);
  }

  void Processor() {
    const auto slow = static_cast<double>(slow_.cpu_ms) / 1000;
    const auto fast = static_cast<double>(fast_.cpu_ms) / 1000;
    if (!differ() || slow <= 0 || fast <= 0) return;
    const std::string times = "Its tasks used " + SecondsText(slow) +
                              " of processor time against " + SecondsText(fast) + ": ";
    if (slow / fast >= kSame && slow - fast > (slow_.wall_seconds - fast_.wall_seconds) / 2) {
      Say(times + "the slower run did more work.");
    } else if (slow / fast < kSame) {
      Say(times + "the work was the same, the slower run waited more.");
    }
  }

  const ModeFigures& slow_;
  const ModeFigures& fast_;
  const int runs_;
  double ratio_ = 1;
  std::vector<std::string> sentences_;
};

}  // namespace

std::vector<std::string> Reasons(const ModeFigures& a, const ModeFigures& b, int runs) {
  const bool a_slower = a.wall_seconds >= b.wall_seconds;
  return Pair(a_slower ? a : b, a_slower ? b : a, runs).Sentences();
}

}  // namespace tusk::cli
