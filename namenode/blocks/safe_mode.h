// Whether the NameNode only answers reads, because too few blocks are reported or because the
// administrator said so.
//
//   starting -> (threshold reached) -> extension -> off        manual: until left by hand
// Driven by counts, not by a clock; the clock only ends the extension, which is none by default.
//
// Threads: not thread-safe; the BlockManager's lock guards it.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/clock.h"

namespace tusk::namenode {

class SafeMode {
 public:
  struct Options {
    double threshold = 0.999;
    int32_t min_datanodes = 0;
    Duration extension{0};
  };
  struct Counts {
    int64_t complete_blocks = 0;
    int64_t reported_blocks = 0;  // complete ones with a live replica
    int32_t live_datanodes = 0;
  };

  explicit SafeMode(Options options) : options_(options) {}

  bool on() const { return manual_ || state_ != State::kOff; }
  bool manual() const { return manual_; }

  // Looks at the counts. True when safe mode ended by this.
  bool Check(const Counts& counts, TimePoint now);

  void EnterManually() { manual_ = true; }
  void Leave();

  // Hadoop's text: what is missing, and how it ends. Empty when off.
  std::string Tip(const Counts& counts, TimePoint now) const;

 private:
  enum class State : uint8_t { kStarting, kExtension, kOff };

  int64_t Needed(const Counts& counts) const {
    return static_cast<int64_t>(static_cast<double>(counts.complete_blocks) * options_.threshold);
  }
  bool Reached(const Counts& counts) const {
    return counts.reported_blocks >= Needed(counts) &&
           counts.live_datanodes >= options_.min_datanodes;
  }

  const Options options_;
  State state_ = State::kStarting;
  bool manual_ = false;
  TimePoint extension_ends_;
};

}  // namespace tusk::namenode
