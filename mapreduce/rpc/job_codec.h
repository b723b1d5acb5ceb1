// TuskJobProtocol's plain types to and from their messages; the report file's bytes.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"
#include "mapreduce/engine/plan/job_protocol.h"

namespace tusk::mapreduce {

namespace proto {
class FollowResponseProto;
}  // namespace proto

inline constexpr char kJobProtocolName[] = "org.tusk.mapreduce.TuskJobProtocol";

void ToProto(const ProgramNews& news, proto::FollowResponseProto* out);
StatusOr<ProgramNews> FromProto(const proto::FollowResponseProto& in);

// `<staging>/<application id>/report`: the status and the last 64 KB of output.
struct ProgramReport {
  ProgramStatus status;
  std::string output_tail;
};
std::string EncodeReport(const ProgramReport& report);
StatusOr<ProgramReport> DecodeReport(std::string_view bytes);

}  // namespace tusk::mapreduce
