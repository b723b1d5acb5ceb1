// What a client asks of a DataNode outside DataTransferProtocol (port 9867).
#pragma once

#include <cstdint>
#include <string>

#include "common/base/status.h"
#include "common/protocol/block.h"

namespace tusk {

class ClientDatanodeProtocol {
 public:
  virtual ~ClientDatanodeProtocol() = default;

  // Bytes acknowledged by the whole pipeline. kReplicaNotFound where there is no such replica.
  virtual StatusOr<int64_t> GetReplicaVisibleLength(const ExtendedBlock& block) = 0;
};

}  // namespace tusk
