#include "common/rpc/server_core.h"

#include <utility>

#include "common/rpc/protocol_meta_info.h"

namespace tusk {

bool LogLimiter::Allow(TimePoint now, int64_t* suppressed) {
  const int64_t second = ToMillis(now.time_since_epoch()) / 1000;
  if (second_.exchange(second) != second) lines_ = 0;
  if (lines_.fetch_add(1) >= kLinesPerSecond) {
    ++suppressed_;
    return false;
  }
  *suppressed = suppressed_.exchange(0);
  return true;
}

ServerCore::ServerCore(RpcServerOptions server_options, GroupMapping* group_mapping,
                       Executor* executor)
    : options(std::move(server_options)), groups(group_mapping), executor_(executor) {}

void ServerCore::Add(RpcProtocol protocol) {
  const std::string name = protocol.name();
  ProtocolEntry entry;
  entry.protocol = std::make_unique<RpcProtocol>(std::move(protocol));
  for (const auto& [method_name, method] : entry.protocol->methods()) {
    ServerMethod& added = methods_.emplace_back();
    added.protocol = entry.protocol.get();
    added.method = &method;
    added.index = methods_.size() - 1;
    entry.methods[method_name] = &added;
  }
  CHECK(protocols_.emplace(name, std::move(entry)).second) << name << " added twice";
}

void ServerCore::AddMetaInfo() {
  std::map<std::string, uint64_t> versions;
  for (const auto& [name, entry] : protocols_) versions[name] = entry.protocol->version();
  Add(MakeProtocolMetaInfo(std::move(versions)));
}

StatusOr<ServerMethod*> ServerCore::Find(std::string_view protocol, uint64_t version,
                                         std::string_view method) {
  const auto entry = protocols_.find(protocol);
  if (entry == protocols_.end()) {
    return UnimplementedError("Unknown protocol: " + std::string(protocol),
                              Reason::kNoSuchProtocol);
  }
  const uint64_t ours = entry->second.protocol->version();
  if (version != ours) {
    return FailedPreconditionError("Protocol " + std::string(protocol) +
                                       " version mismatch. (client = " + std::to_string(version) +
                                       ", server = " + std::to_string(ours) + ")",
                                   Reason::kVersionMismatch);
  }
  const auto found = entry->second.methods.find(method);
  if (found == entry->second.methods.end()) {
    return UnimplementedError("Unknown method " + std::string(method) + " called on " +
                                  std::string(protocol) + " protocol.",
                              Reason::kNoSuchMethod);
  }
  return found->second;
}

RpcServerStats ServerCore::Stats() const {
  RpcServerStats stats;
  stats.received_bytes = counters.received_bytes;
  stats.sent_bytes = counters.sent_bytes;
  stats.calls = counters.calls;
  stats.errors = counters.errors;
  stats.queue_time = Duration(counters.queue_nanos);
  stats.processing_time = Duration(counters.processing_nanos);
  stats.open_connections = counters.open_connections;
  stats.accepted_connections = counters.accepted_connections;
  stats.dropped_connections = counters.dropped_connections;
  stats.authentication_successes = counters.authentication_successes;
  stats.authentication_failures = counters.authentication_failures;
  stats.unanswered_calls = counters.unanswered_calls;
  stats.held_calls = counters.held_calls;
  for (const ServerMethod& method : methods_) {
    if (method.calls == 0) continue;
    stats.methods.push_back({.protocol = method.protocol->name(),
                             .method = method.method->name,
                             .calls = method.calls,
                             .errors = method.errors,
                             .processing = Duration(method.processing_nanos)});
  }
  return stats;
}

}  // namespace tusk
