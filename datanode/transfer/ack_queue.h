// The packets of one pipeline that wait to be acknowledged, in order.
//
// Threads: not thread-safe; it belongs to its receiver.
#pragma once

#include <cstdint>
#include <deque>

#include "common/base/status.h"
#include "common/datatransfer/packet.h"

namespace tusk::datanode {

class AckQueue {
 public:
  struct Waiting {
    int64_t seqno = 0;
    int64_t end = 0;  // of the packet's data in the block; 0 for a heartbeat
    bool last = false;
  };

  void Add(const Waiting& packet) { waiting_.push_back(packet); }
  bool empty() const { return waiting_.empty(); }
  size_t size() const { return waiting_.size(); }
  const Waiting& front() const { return waiting_.front(); }
  void Pop() { waiting_.pop_front(); }

  // The ack for the oldest packet, from what the next node said about it. kDataLoss when that is
  // about another packet.
  StatusOr<PipelineAck> Combine(const PipelineAck& from_mirror) const;
  // The same without a next node, or with one that failed.
  PipelineAck Alone() const;
  PipelineAck WithoutMirror() const;

 private:
  std::deque<Waiting> waiting_;
};

}  // namespace tusk::datanode
