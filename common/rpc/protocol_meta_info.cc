#include "common/rpc/protocol_meta_info.h"

#include <memory>
#include <utility>

#include "proto/hadoop/protocol_info.pb.h"

namespace tusk {
namespace {

constexpr char kProtobufKind[] = "RPC_PROTOCOL_BUFFER";

}  // namespace

RpcProtocol MakeProtocolMetaInfo(std::map<std::string, uint64_t> protocols) {
  using namespace proto::rpc;
  const auto table = std::make_shared<const std::map<std::string, uint64_t>>(std::move(protocols));
  RpcProtocol meta("org.apache.hadoop.ipc.ProtocolMetaInfoPB");
  meta.Register<GetProtocolVersionsRequestProto, GetProtocolVersionsResponseProto>(
      "getProtocolVersions", [table](RpcCall& call, const auto& in, auto* out) {
        call.SkipReplyGate();
        const auto found = table->find(in.protocol());
        if (found == table->end()) return Status::Ok();
        auto* versions = out->add_protocolversions();
        versions->set_rpckind(kProtobufKind);
        versions->add_versions(found->second);
        return Status::Ok();
      });
  meta.Register<GetProtocolSignatureRequestProto, GetProtocolSignatureResponseProto>(
      "getProtocolSignature", [table](RpcCall& call, const auto& in, auto* out) {
        call.SkipReplyGate();
        const auto found = table->find(in.protocol());
        if (found == table->end() || in.rpckind() != kProtobufKind) return Status::Ok();
        // Methods stay out: their fingerprints are over Java's class names.
        out->add_protocolsignature()->set_version(found->second);
        return Status::Ok();
      });
  return meta;
}

}  // namespace tusk
