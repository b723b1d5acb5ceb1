#include "common/grpc/status_bridge.h"

namespace tusk {

WireStatus ToWire(const Status& status) {
  return {.code = static_cast<int>(status.code()),
          .reason = static_cast<int>(status.reason()),
          .message = {status.message().data(), status.message().size()}};
}

Status FromWire(const WireStatus& wire) {
  if (wire.code == 0) return Status::Ok();
  constexpr int kLastCode = static_cast<int>(Code::kUnauthenticated);
  constexpr int kLastReason = static_cast<int>(Reason::kNmNotYetReady);
  const Code code =
      wire.code > 0 && wire.code <= kLastCode ? static_cast<Code>(wire.code) : Code::kUnknown;
  const Reason reason = wire.reason > 0 && wire.reason <= kLastReason
                            ? static_cast<Reason>(wire.reason)
                            : Reason::kNone;
  return Status(code, std::string(wire.message.data, wire.message.size), reason);
}

}  // namespace tusk
