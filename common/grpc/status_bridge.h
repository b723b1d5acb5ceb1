// Our Status on gRPC's wire: the code as gRPC's (the numbers are equal), message as it is, the
// reason as a number beside them.
#pragma once

#include "common/base/status.h"
#include "common/grpc/wire.h"

namespace tusk {

// Points into `status`, which must outlive the result.
WireStatus ToWire(const Status& status);

// Numbers that are none of ours become kUnknown and kNone.
Status FromWire(const WireStatus& wire);

}  // namespace tusk
