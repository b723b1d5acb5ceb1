#include "common/rpc/rpc_call.h"

#include <google/protobuf/message_lite.h>

namespace tusk {

RpcCall::RpcCall(RpcPeer peer, RpcCallHeader header)
    : RpcCall(nullptr, std::make_shared<const RpcPeer>(std::move(peer)), std::move(header)) {}

RpcCall::RpcCall(std::shared_ptr<RpcCallOwner> owner, std::shared_ptr<const RpcPeer> peer,
                 RpcCallHeader header)
    : owner_(std::move(owner)), peer_(std::move(peer)), header_(std::move(header)) {}

RpcCall::~RpcCall() {
  if (owner_ != nullptr && !finished_) {
    Finish(
        InternalError("the server dropped call " + std::string(binding_.method) + " unanswered"));
  }
}

void RpcCall::Bind(RpcCallBinding binding) {
  binding_ = std::move(binding);
}

bool RpcCall::TryHold() {
  if (held_ || owner_ == nullptr) return true;
  held_ = owner_->TryHold(*this);
  return held_;
}

bool RpcCall::Finish(Status status) {
  if (finished_.exchange(true)) return false;
  if (owner_ != nullptr) owner_->Finished(*this, std::move(status));
  return true;
}

void RpcCall::DropMessages() {
  binding_.request.reset();
  binding_.response.reset();
}

RpcCallBinding::RpcCallBinding() = default;
RpcCallBinding::RpcCallBinding(RpcCallBinding&&) noexcept = default;
RpcCallBinding& RpcCallBinding::operator=(RpcCallBinding&&) noexcept = default;
RpcCallBinding::~RpcCallBinding() = default;

RpcProtocol::RpcProtocol(std::string name, uint64_t version)
    : name_(std::move(name)), version_(version) {}

void RpcProtocol::AddMethod(Method method) {
  const std::string name = method.name;
  CHECK(methods_.emplace(name, std::move(method)).second) << name << " registered twice";
}

}  // namespace tusk
