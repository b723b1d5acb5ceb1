// Calls that read and write the blocks of files.
#include "common/rpc/convert_hdfs.h"
#include "namenode/rpc/service_methods.h"
#include "proto/hadoop/client_namenode_blocks.pb.h"

namespace tusk::namenode {
namespace {

using namespace proto::hdfs;  // NOLINT: the messages of this file

InodeId FileId(uint64_t id) {
  return InodeId(static_cast<int64_t>(id));
}

// A call that the namesystem may hold; `put` fills the response.
template <class Result, class Call, class Put>
HeldCall<Result> Held(const Call& call, Put put) {
  return {.may_hold = [call] { return call.call().TryHold(); },
          .done =
              [call, put](StatusOr<Result> result) {
                if (result.ok()) put(*result, call.response());
                call.Finish(result.ok() ? Status::Ok() : result.status());
              }};
}

void AddWriting(Namesystem* ns, RpcProtocol* protocol) {
  protocol->Register<CreateRequestProto, CreateResponseProto>(
      "create", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        if (!in.ecpolicyname().empty() || !in.storagepolicy().empty()) {
          return UnimplementedError(
              "erasure coding and storage policies at create are not supported yet",
              Reason::kUnsupportedOperation);
        }
        ASSIGN_OR_RETURN(const FileStatus status, ns->Create(CallerOf(call), FromProto(in)));
        ToProto(status, out->mutable_fs());
        return Status::Ok();
      });
  protocol->Register<AppendRequestProto, AppendResponseProto>(
      "append", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(const AppendResult result,
                         ns->Append(CallerOf(call), in.src(), in.clientname(), in.flag()));
        if (result.last_block.has_value()) ToProto(*result.last_block, out->mutable_block());
        if (result.status.has_value()) ToProto(*result.status, out->mutable_stat());
        return Status::Ok();
      });
  protocol->RegisterAsync<AddBlockRequestProto, AddBlockResponseProto>("addBlock", [ns](auto call) {
    ns->AddBlock(CallerOf(call.call()), FromProto(call.request()),
                 Held<LocatedBlock>(call, [](const LocatedBlock& block, auto* out) {
                   ToProto(block, out->mutable_block());
                 }));
  });
  protocol->RegisterAsync<CompleteRequestProto, CompleteResponseProto>("complete", [ns](auto call) {
    const CompleteRequestProto& in = call.request();
    std::optional<ExtendedBlock> last;
    if (in.has_last()) last = FromProto(in.last());
    ns->Complete(CallerOf(call.call()), in.src(), in.clientname(), last, FileId(in.fileid()),
                 Held<bool>(call, [](bool closed, auto* out) { out->set_result(closed); }));
  });
  protocol->Register<AbandonBlockRequestProto, AbandonBlockResponseProto>(
      "abandonBlock", [ns](RpcCall& call, const auto& in, auto*) {
        return ns->AbandonBlock(CallerOf(call), FromProto(in.b()), in.src(), in.holder(),
                                FileId(in.fileid()));
      });
  protocol->Register<FsyncRequestProto, FsyncResponseProto>(
      "fsync", [ns](RpcCall& call, const auto& in, auto*) {
        return ns->Fsync(CallerOf(call), in.src(), in.client(), in.lastblocklength(),
                         FileId(in.fileid()));
      });
}

void AddPipelines(Namesystem* ns, RpcProtocol* protocol) {
  protocol->Register<GetAdditionalDatanodeRequestProto, GetAdditionalDatanodeResponseProto>(
      "getAdditionalDatanode", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(const LocatedBlock block,
                         ns->GetAdditionalDatanode(CallerOf(call), FromProto(in)));
        ToProto(block, out->mutable_block());
        return Status::Ok();
      });
  protocol->Register<UpdateBlockForPipelineRequestProto, UpdateBlockForPipelineResponseProto>(
      "updateBlockForPipeline", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(
            const LocatedBlock block,
            ns->UpdateBlockForPipeline(CallerOf(call), FromProto(in.block()), in.clientname()));
        ToProto(block, out->mutable_block());
        return Status::Ok();
      });
  protocol->Register<UpdatePipelineRequestProto, UpdatePipelineResponseProto>(
      "updatePipeline", [ns](RpcCall& call, const auto& in, auto*) {
        std::vector<DatanodeId> nodes;
        for (const auto& node : in.newnodes()) nodes.push_back(FromProto(node));
        return ns->UpdatePipeline(CallerOf(call), in.clientname(), FromProto(in.oldblock()),
                                  FromProto(in.newblock()), nodes,
                                  {in.storageids().begin(), in.storageids().end()});
      });
  protocol->Register<ReportBadBlocksRequestProto, ReportBadBlocksResponseProto>(
      "reportBadBlocks", [ns](RpcCall& call, const auto& in, auto*) {
        std::vector<LocatedBlock> blocks;
        for (const auto& block : in.blocks()) blocks.push_back(FromProto(block));
        return ns->ReportBadBlocks(CallerOf(call), blocks);
      });
}

void AddLeasesAndReads(Namesystem* ns, RpcProtocol* protocol) {
  protocol->Register<GetBlockLocationsRequestProto, GetBlockLocationsResponseProto>(
      "getBlockLocations", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(
            const LocatedBlocks located,
            ns->GetBlockLocations(CallerOf(call), in.src(), static_cast<int64_t>(in.offset()),
                                  static_cast<int64_t>(in.length())));
        ToProto(located, out->mutable_locations());
        return Status::Ok();
      });
  protocol->Register<RenewLeaseRequestProto, RenewLeaseResponseProto>(
      "renewLease",
      [ns](RpcCall&, const auto& in, auto*) { return ns->RenewLease(in.clientname()); });
  protocol->Register<RecoverLeaseRequestProto, RecoverLeaseResponseProto>(
      "recoverLease", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(const bool closed,
                         ns->RecoverLease(CallerOf(call), in.src(), in.clientname()));
        out->set_result(closed);
        return Status::Ok();
      });
  protocol->Register<GetServerDefaultsRequestProto, GetServerDefaultsResponseProto>(
      "getServerDefaults", [ns](RpcCall&, const auto&, auto* out) {
        ToProto(ns->GetServerDefaults(), out->mutable_serverdefaults());
        return Status::Ok();
      });
}

}  // namespace

void AddBlockMethods(Namesystem* namesystem, RpcProtocol* protocol) {
  AddWriting(namesystem, protocol);
  AddPipelines(namesystem, protocol);
  AddLeasesAndReads(namesystem, protocol);
}

}  // namespace tusk::namenode
