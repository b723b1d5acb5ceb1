// What each edit does to the namespace: one function for the live operation and for replay.
//
// It reads no clock, no configuration and no permission; all it needs stands in the edit.
#pragma once

#include "common/base/status.h"

namespace tusk::proto::edits {
class EditOp;
}

namespace tusk::namenode {

struct NamespaceState;

// kDataLoss when the edit does not fit the state (an unknown inode, a name that is taken): the log
// and the image do not belong together. Never after a live operation's checks.
Status ApplyEdit(const proto::edits::EditOp& op, NamespaceState* state);

}  // namespace tusk::namenode
