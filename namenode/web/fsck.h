// fsck: looks at every file below a path and says which blocks are missing, corrupt or too few, in
// the text form of Hadoop's (`hdfs fsck` prints it as it comes).
#pragma once

#include <string>

#include "common/base/status.h"
#include "common/http/http_message.h"
#include "namenode/web/namenode_view.h"

namespace tusk::namenode {

struct FsckRequest {
  std::string path = "/";
  std::string user;
  std::string peer;              // who asks
  bool files = false;            // a line for each file
  bool blocks = false;           // ... and each block
  bool locations = false;        // ... and where its replicas are
  bool racks = false;            // ... with their racks
  bool replica_details = false;  // ... and LIVE, EXCESS, CORRUPT or STALE_NODE for each
  bool open_for_write = false;   // also files that are being written
  bool list_corrupt = false;     // only the list of damaged files
  bool list_continued = false;   // ... which the caller has already

  // Hadoop's parameters: path, files, blocks, locations, racks, replicadetails, openforwrite,
  // listcorruptfileblocks, startblockafter, ugi. Those that are not there yet (move, delete,
  // blockId, ...) are refused.
  static StatusOr<FsckRequest> FromHttp(const HttpRequest& request);
};

// The report, piece by piece as the walk goes on.
HttpGenerator RunFsck(const NamenodeView& view, FsckRequest request);

}  // namespace tusk::namenode
