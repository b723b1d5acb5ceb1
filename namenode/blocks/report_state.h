// How far one DataNode's reports have come: the numbers of its events and its full report.
//
// Events are (incarnation, n). A full report is a snapshot at event N, sent in chunks while later
// events go on: what those touched, the chunks' word no longer counts for. At the report's end the
// replicas that were neither listed nor touched are gone. A broken report counts for nothing.
//
// Threads: not thread-safe; the BlockManager's lock guards it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/protocol/ids.h"
#include "namenode/blocks/block_map.h"

namespace tusk::namenode {

class ReportState {
 public:
  // A registration. False when it goes on with the incarnation we know: then events resume after
  // last_event().
  bool Begin(uint64_t incarnation);

  uint64_t incarnation() const { return incarnation_; }
  uint64_t last_event() const { return last_event_; }
  // A full report of this incarnation has ended well, and nothing has been missed since.
  bool reported() const { return reported_; }
  void ForgetReport();  // a full report is needed again

  enum class Order : uint8_t { kNext, kSeen, kHole };
  // Takes an event's number: kSeen must not be applied; after a hole a full report is needed.
  Order TakeEvent(uint64_t number, BlockId block);

  // ---- the full report

  // False when it stands at an event that was too long ago: it must be made anew.
  bool BeginReport(uint64_t report_id, uint64_t at_event);
  bool InReport(uint64_t report_id) const {
    return session_ != nullptr && session_->report_id == report_id;
  }
  bool Touched(BlockId block) const { return session_->touched.count(block) != 0; }
  void List(RecordIndex index);
  bool Listed(RecordIndex index) const {
    return index < session_->listed.size() && session_->listed[index];
  }
  void EndReport();   // well
  void DropReport();  // broken off

 private:
  struct Session {
    uint64_t report_id = 0;
    std::unordered_set<BlockId> touched;
    std::vector<bool> listed;  // by record
  };
  static constexpr size_t kRecentEvents = 4096;

  uint64_t incarnation_ = 0;
  uint64_t last_event_ = 0;
  bool begun_ = false;
  bool reported_ = false;
  std::deque<std::pair<uint64_t, BlockId>> recent_;  // for a report that began before them
  std::unique_ptr<Session> session_;
};

}  // namespace tusk::namenode
