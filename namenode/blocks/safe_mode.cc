#include "namenode/blocks/safe_mode.h"

#include <spdlog/fmt/fmt.h>

namespace tusk::namenode {

bool SafeMode::Check(const Counts& counts, TimePoint now) {
  if (state_ == State::kStarting && Reached(counts)) {
    state_ = State::kExtension;
    extension_ends_ = now + options_.extension;
  }
  if (state_ == State::kExtension && now >= extension_ends_) {
    state_ = State::kOff;
    return !manual_;
  }
  return false;
}

void SafeMode::Leave() {
  state_ = State::kOff;
  manual_ = false;
}

std::string SafeMode::Tip(const Counts& counts, TimePoint now) const {
  if (!on()) return "";
  std::string tip;
  if (state_ == State::kStarting) {
    const int64_t missing = Needed(counts) - counts.reported_blocks;
    if (missing > 0) {
      tip += fmt::format(
          "The reported blocks {} needs additional {} blocks to reach the threshold {:.4f} of "
          "total blocks {}.\n",
          counts.reported_blocks, missing, options_.threshold, counts.complete_blocks);
    } else {
      tip += fmt::format(
          "The reported blocks {} has reached the threshold {:.4f} of total blocks {}. ",
          counts.reported_blocks, options_.threshold, counts.complete_blocks);
    }
    if (counts.live_datanodes < options_.min_datanodes) {
      tip += fmt::format(
          "The number of live datanodes {} needs an additional {} live datanodes to reach the "
          "minimum number {}.\n",
          counts.live_datanodes, options_.min_datanodes - counts.live_datanodes,
          options_.min_datanodes);
    } else {
      tip += fmt::format("The number of live datanodes {} has reached the minimum number {}. ",
                         counts.live_datanodes, options_.min_datanodes);
    }
  } else if (state_ == State::kExtension) {
    tip += "In safe mode extension. ";
  }
  if (manual_) {
    return tip +
           "It was turned on manually. Use \"hdfs dfsadmin -safemode leave\" to turn safe mode "
           "off.";
  }
  if (state_ == State::kExtension) {
    return tip + fmt::format("Safe mode will be turned off automatically in {:.0f} seconds.",
                             std::max(0.0, ToSeconds(extension_ends_ - now)));
  }
  return tip + "Safe mode will be turned off automatically once the thresholds have been reached.";
}

}  // namespace tusk::namenode
