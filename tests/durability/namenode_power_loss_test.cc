// Power goes at each write of a fixed scenario in turn: whatever a NameNode has acknowledged is
// there after the restart, nothing is there by halves, and the start needs no hand.
//
// Each write is torn in one way, always the same; with TUSK_DEEP=1 in twenty, by TestSeed(). Under
// a sanitizer in one, and only every seventh write is a stop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/testing/test_seed.h"
#include "tests/durability/namenode_trial.h"

namespace tusk::namenode {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class NamenodePowerLossTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    spdlog::set_level(spdlog::level::err);  // each restart would tell its story
  }

  TrialResult StopAt(int64_t write, uint64_t tear_seed, const char* bug = nullptr) {
    return RunTrial(scenario_, reference_,
                    {.stop_at_write = write, .tear_seed = tear_seed, .bug = bug});
  }

  // What the checker reports first when the bug is there; TUSK_DEEP=1 counts how often.
  std::string FirstLoss(const char* bug) {
    std::string first;
    int shown = 0;
    int64_t write = 1;
    for (; write <= reference_.writes && (first.empty() || kDeep); ++write) {
      const TrialResult result = StopAt(write, 0, bug);
      if (result.losses.empty()) continue;
      ++shown;
      if (first.empty()) first = result.losses.front();
    }
    std::printf("%s: a loss at %d of %lld writes: %s\n", bug, shown,
                static_cast<long long>(write - 1), first.c_str());
    return first;
  }

  static inline const bool kDeep = std::getenv("TUSK_DEEP") != nullptr;

  const std::vector<Step> scenario_ = FixedScenario();
  const ReferenceRun reference_ = RunReference(scenario_);
};

TEST_F(NamenodePowerLossTest, TheScenarioHoldsWhatItShould) {
  int refused = 0;
  for (const std::string& answer : reference_.answers) {
    if (answer.find(": ") != std::string::npos) ++refused;
  }
  std::printf(
      "%zu steps, %lld edits, %lld writes, %d checkpoints, %d segments purged, %d refused\n",
      scenario_.size(), static_cast<long long>(reference_.edits),
      static_cast<long long>(reference_.writes), reference_.checkpoints, reference_.segments_purged,
      refused);
  EXPECT_GE(scenario_.size(), 300u);
  EXPECT_GE(reference_.edits, 300);
  EXPECT_GE(reference_.checkpoints, 5);
  EXPECT_GE(reference_.segments_purged, 5);
  EXPECT_LE(refused, 15);  // the rest is done
}

TEST_F(NamenodePowerLossTest, NothingAcknowledgedIsLostWhereverThePowerGoes) {
  int in_checkpoint = 0;
  int repeated = 0;
  for (int64_t write = 1; write <= reference_.writes; write += TUSK_STOP_EVERY) {
    const TrialResult result = StopAt(write, 0);
    ASSERT_THAT(result.losses, IsEmpty()) << "stopped at write " << write;
    in_checkpoint += result.in_checkpoint ? 1 : 0;
    repeated += result.repeated;
  }
  std::printf("%lld writes, %d of them in a checkpoint, %d calls repeated\n",
              static_cast<long long>(reference_.writes), in_checkpoint, repeated);
  EXPECT_GT(in_checkpoint, 20 / TUSK_STOP_EVERY);
}

TEST_F(NamenodePowerLossTest, WhatADiskKeepsOfTheRestDoesNoHarm) {
  const uint64_t ways = kDeep ? TUSK_DEEP_WAYS : 1;
  const uint64_t seed = kDeep ? TestSeed() : 1;
  for (uint64_t way = 0; way < ways; ++way) {
    for (int64_t write = 1; write <= reference_.writes; write += TUSK_STOP_EVERY) {
      const uint64_t tear = seed + 1'000'000 * way + static_cast<uint64_t>(write);
      ASSERT_THAT(StopAt(write, tear).losses, IsEmpty())
          << "stopped at write " << write << ", torn by " << tear;
    }
  }
}

TEST_F(NamenodePowerLossTest, AReplyBeforeTheSyncIsCaught) {
  EXPECT_THAT(FirstLoss("planted.reply_before_sync"), HasSubstr("was acknowledged"));
}

TEST_F(NamenodePowerLossTest, AnImageAheadOfTheLogIsCaught) {
  EXPECT_THAT(FirstLoss("planted.image_ahead_of_log"), HasSubstr("the image holds edits up to"));
}

TEST_F(NamenodePowerLossTest, APurgeThatComesTooEarlyIsCaught) {
  EXPECT_THAT(FirstLoss("planted.purge_too_early"), HasSubstr("the edit log has a hole"));
}

}  // namespace
}  // namespace tusk::namenode
