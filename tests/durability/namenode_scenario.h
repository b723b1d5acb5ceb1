// What the clients of the power-loss test ask of a NameNode: always the same steps in the same
// order, from every method that changes the namespace.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tusk::namenode {

struct Step {
  enum class Kind {
    kMkdirs,
    kCreate,       // number: flags
    kAddBlock,     // the next block of `file`
    kAbandon,      // its last block
    kFsync,        // number: visible length
    kNewStamp,     // updateBlockForPipeline
    kNewPipeline,  // updatePipeline with that stamp
    kComplete,
    kAppend,  // with a new block
    kRecoverLease,
    kRename,   // to
    kRename2,  // to; replaces
    kDelete,   // number: recursive
    kSetPermission,
    kSetOwner,  // to: the owner
    kSetTimes,
    kSetReplication,
    kRestart,  // of the NameNode, cleanly
  };

  Kind kind;
  std::string path;
  std::string to;
  int64_t number = 0;
  int file = -1;  // whose blocks the client keeps in mind, under whatever name
};

std::vector<Step> FixedScenario();

}  // namespace tusk::namenode
