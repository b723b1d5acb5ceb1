#include "namenode/blocks/report_state.h"

namespace tusk::namenode {

bool ReportState::Begin(uint64_t incarnation) {
  DropReport();
  if (begun_ && incarnation == incarnation_) return false;
  begun_ = true;
  incarnation_ = incarnation;
  last_event_ = 0;
  reported_ = false;
  recent_.clear();
  return true;
}

void ReportState::ForgetReport() {
  reported_ = false;
  DropReport();
}

ReportState::Order ReportState::TakeEvent(uint64_t number, BlockId block) {
  if (number <= last_event_) return Order::kSeen;
  const bool hole = number != last_event_ + 1;
  last_event_ = number;
  if (hole) ForgetReport();
  recent_.emplace_back(number, block);
  if (recent_.size() > kRecentEvents) recent_.pop_front();
  if (session_ != nullptr) session_->touched.insert(block);
  return hole ? Order::kHole : Order::kNext;
}

bool ReportState::BeginReport(uint64_t report_id, uint64_t at_event) {
  DropReport();
  const uint64_t later = at_event < last_event_ ? last_event_ - at_event : 0;
  if (later > recent_.size()) return false;
  session_ = std::make_unique<Session>();
  session_->report_id = report_id;
  for (const auto& [number, block] : recent_) {
    if (number > at_event) session_->touched.insert(block);
  }
  if (at_event > last_event_) {
    // The report says more than the events we have: if it breaks off, another is needed.
    reported_ = false;
    last_event_ = at_event;
  }
  return true;
}

void ReportState::List(RecordIndex index) {
  auto& listed = session_->listed;
  if (listed.size() <= index) listed.resize(index + index / 2 + 64);
  listed[index] = true;
}

void ReportState::EndReport() {
  reported_ = true;
  session_.reset();
}

void ReportState::DropReport() {
  session_.reset();
}

}  // namespace tusk::namenode
