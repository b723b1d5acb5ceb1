// All that a restart must bring back, as text: the tree, who has what open, the answers that are
// kept for retries, the DataNodes, the ids that were given out.
//
// Threads: any; takes the namesystem's lock.
#pragma once

#include <string>

#include "namenode/namesystem/namesystem.h"

namespace tusk::namenode {

class NamesystemTestPeer {
 public:
  static std::string Describe(const Namesystem& ns);
};

}  // namespace tusk::namenode
