// A walk over a subtree that may stop anywhere and go on after the namespace has changed: it finds
// its place again by id and name. Directories before what is in them, in byte order of names.
//
// Threads: not thread-safe. Step runs under the namesystem's lock, between steps it is given up.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "namenode/namesystem/directory.h"

namespace tusk::namenode {

class TreeWalk {
 public:
  // What one holds the lock for.
  static constexpr int kInodesPerStep = 5000;

  explicit TreeWalk(InodeId root) : root_(root) {}

  // Visits up to `limit` inodes. False when the walk is at its end. An error ends it.
  StatusOr<bool> Step(const Directory& directory, int limit,
                      const std::function<Status(const Inode&)>& visit);

 private:
  struct Frame {
    InodeId directory;
    std::string last;  // name visited last in it
  };

  const InodeId root_;
  bool started_ = false;
  std::vector<Frame> stack_;
};

}  // namespace tusk::namenode
