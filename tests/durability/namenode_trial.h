// One NameNode on a disk that stops at a chosen write and forgets what was not synced: runs the
// scenario up to there, starts again from what is left and says what was lost.
//
// Everything runs on one thread in an order that depends on nothing but the scenario: the log, the
// replies and the checkpoints each have their moments between the steps, and steps go on inside a
// checkpoint. So every trial is the reference run up to its stop, and a restart must find a state
// that the reference run had, not older than the last acknowledged answer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/durability/namenode_scenario.h"

namespace tusk::namenode {

// The scenario on a disk that does not stop.
struct ReferenceRun {
  std::vector<std::string> answers;            // by step
  std::vector<int64_t> txids;                  // by step: the last one after it
  std::map<int64_t, std::string> state_after;  // by txid: the whole namespace as text
  int64_t writes = 0;                          // changes of the disk after the format
  int64_t edits = 0;
  int checkpoints = 0;
  int segments_purged = 0;
};

struct TrialOptions {
  int64_t stop_at_write = 0;
  uint64_t tear_seed = 0;     // 0: everything unsynced is gone; else a random part survives
  const char* bug = nullptr;  // planted until the stop
};

struct TrialResult {
  std::vector<std::string> losses;  // empty: as it should be
  int acknowledged = 0;             // steps, when the disk stopped
  int repeated = 0;                 // calls that were asked again and got their first answer
  bool in_checkpoint = false;       // the disk stopped there
};

ReferenceRun RunReference(const std::vector<Step>& scenario);
TrialResult RunTrial(const std::vector<Step>& scenario, const ReferenceRun& reference,
                     const TrialOptions& options);

}  // namespace tusk::namenode
