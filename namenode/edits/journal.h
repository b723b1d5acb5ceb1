// Where the edit log's frames become durable: a local file now, a quorum of JournalNodes later.
//
// Asynchronous: Append returns at once, `done` comes later from a thread of the journal's. The edit
// log has one batch under way at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/status.h"
#include "common/protocol/ids.h"

namespace tusk::namenode {

// Whole frames (common/io/frame_file.h) with consecutive txids.
struct JournalBatch {
  TxId first;
  TxId last;
  bool start_segment = false;  // begin a new segment with this batch, so that older ones can go
  std::string frames;
};

class Journal {
 public:
  virtual ~Journal() = default;

  // Ok: the batch survives a power loss. kAborted with Reason::kFenced: a newer writer has taken
  // over, nothing was written. Anything else: unknown what is durable; no further batch is taken.
  virtual void Append(JournalBatch batch, std::function<void(Status)> done) = 0;

  // Frames up to `last` are in every image: segments that hold nothing newer may be removed. Only
  // asks; failures are logged.
  virtual void PurgeUpTo(TxId last) = 0;
};

}  // namespace tusk::namenode
