#include "cli/commands/dfs/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "cli/commands/dfs/format.h"

namespace tusk::cli {
namespace {

constexpr Duration kQuiet = std::chrono::seconds(1);  // shorter transfers show nothing
constexpr Duration kBetweenDraws = std::chrono::milliseconds(200);
constexpr size_t kBarWidth = 24;

size_t TerminalColumns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string TimeLeft(double seconds) {
  const auto left = static_cast<int64_t>(std::ceil(seconds));
  if (left < 100) return std::to_string(left) + " s left";
  if (left < 6000) return std::to_string(left / 60) + " min left";
  return std::to_string(left / 3600) + " h left";
}

}  // namespace

Progress::Progress(std::string what, int64_t total_bytes)
    : what_(std::move(what)),
      total_(total_bytes),
      on_terminal_(::isatty(STDERR_FILENO) == 1),
      start_(Clock::Real()->Now()),
      last_drawn_(start_) {}

Progress::~Progress() {
  MutexLock lock(mu_);
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::Add(int64_t bytes) {
  const int64_t done = done_ += bytes;
  if (!on_terminal_) return;
  const TimePoint now = Clock::Real()->Now();
  if (now - start_ < kQuiet || !mu_.TryLock()) return;
  if (now - last_drawn_ >= kBetweenDraws) {
    last_drawn_ = now;
    drawn_ = true;
    const std::string line =
        Line(what_, done, total_, ToSeconds(now - start_), TerminalColumns() - 1);
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
  }
  mu_.Unlock();
}

std::string Progress::Line(const std::string& what, int64_t done, int64_t total, double seconds,
                           size_t columns) {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  const std::string rate_text = HumanSize(static_cast<int64_t>(rate)) + "/s";
  std::string line = what + " ";
  if (total <= 0) {
    line += HumanSize(done) + ", " + rate_text;
    return line.substr(0, columns);
  }
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<size_t>(share * kBarWidth);
  line += PadLeft(std::to_string(static_cast<int>(share * 100)), 3) + " % [" +
          std::string(filled, '=') + (filled < kBarWidth ? ">" : "") +
          std::string(filled < kBarWidth ? kBarWidth - filled - 1 : 0, ' ') + "] ";
  line += HumanSize(done) + " of " + HumanSize(total) + ", " + rate_text;
  if (rate > 0) line += ", " + TimeLeft(static_cast<double>(total - done) / rate);
  return line.substr(0, columns);
}

}  // namespace tusk::cli
