// Calls of ClientProtocol, any message for any method in any order, into a whole NameNode core:
// then it must start again from its log with the same namespace.
#include <algorithm>
#include <memory>

#include "common/rpc/frame.h"
#include "common/rpc/rpc_call.h"
#include "namenode/rpc/client_namenode_service.h"
#include "proto/hadoop/client_namenode_admin.pb.h"
#include "proto/hadoop/client_namenode_blocks.pb.h"
#include "proto/hadoop/client_namenode_namespace.pb.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/namesystem_world.h"

namespace tusk::fuzz {
namespace {

namespace hdfs = proto::hdfs;

// Tags: the methods in order of their names, then what is no call.
enum class Event : size_t { kBlockReceived, kMinutePasses, kHardLimitPasses, kRestart, kCount };

class World : public NamesystemWorld {
 public:
  World() {
    Start();
    AddDatanode("dn1");
    AddDatanode("dn2");
    Settle();
  }

  void Run(const Piece& piece) {
    if (protocol_ == nullptr) {
      protocol_ = std::make_unique<RpcProtocol>(namenode::ClientNamenodeProtocol(ns_.get()));
    }
    const RpcProtocol& protocol = *protocol_;
    const size_t methods = protocol.methods().size();
    const size_t which = piece.tag % (methods + static_cast<size_t>(Event::kCount));
    if (which >= methods) return Happen(static_cast<Event>(which - methods));
    const auto method = std::next(protocol.methods().begin(), static_cast<ptrdiff_t>(which));
    RpcCallBinding binding;
    binding.method = method->second.name;
    binding.request.reset(method->second.new_request());
    binding.response.reset(method->second.new_response());
    if (!ParseMessage(piece.bytes, binding.request.get())) return;
    const auto call = std::make_shared<RpcCall>(
        RpcPeer{.user = {.name = "hdfs"}, .host = "127.0.0.1"},
        RpcCallHeader{.client_id = "0123456789abcdef", .call_id = ++last_call_});
    call->Bind(std::move(binding));
    method->second.handler(call);
    Settle();
    if (method->first == "addBlock") {
      const auto& answer = static_cast<const hdfs::AddBlockResponseProto&>(*call->response());
      if (answer.IsInitialized())
        last_block_ =
            Block{BlockId(static_cast<int64_t>(answer.block().b().blockid())),
                  GenerationStamp(static_cast<int64_t>(answer.block().b().generationstamp())), 100};
    }
  }

 private:
  void Happen(Event event) {
    switch (event) {
      case Event::kBlockReceived:
        if (last_block_.has_value()) Received("dn1", *last_block_);
        return Settle();
      case Event::kMinutePasses:
        return Pass(std::chrono::seconds(61));
      case Event::kHardLimitPasses:
        return Pass(std::chrono::minutes(21));
      case Event::kRestart:
        protocol_.reset();
        CheckRestart();
        AddDatanode("dn1");
        return;
      case Event::kCount:
        return;
    }
  }

  std::unique_ptr<RpcProtocol> protocol_;  // of ns_
  int32_t last_call_ = 0;
  std::optional<Block> last_block_;
};

// ---- seeds: what clients do --------------------------------------------------------------------

class Script {
 public:
  Script& Call(const std::string& method, const google::protobuf::MessageLite& request) {
    static const RpcProtocol protocol = namenode::ClientNamenodeProtocol(nullptr);
    const auto found = protocol.methods().find(method);
    CHECK(found != protocol.methods().end());
    input.push_back({static_cast<uint8_t>(std::distance(protocol.methods().begin(), found)),
                     request.SerializePartialAsString()});
    return *this;
  }
  Script& Then(Event event) {
    static const size_t methods = namenode::ClientNamenodeProtocol(nullptr).methods().size();
    input.push_back({static_cast<uint8_t>(methods + static_cast<size_t>(event)), ""});
    return *this;
  }

  Script& Mkdirs(const std::string& path) {
    hdfs::MkdirsRequestProto request;
    request.set_src(path);
    request.mutable_masked()->set_perm(0755);
    request.set_createparent(true);
    return Call("mkdirs", request);
  }
  Script& Create(const std::string& path) {
    hdfs::CreateRequestProto request;
    request.set_src(path);
    request.mutable_masked()->set_perm(0644);
    request.set_clientname("c1");
    request.set_createflag(3);
    request.set_createparent(true);
    request.set_replication(2);
    request.set_blocksize(1024);
    return Call("create", request);
  }
  Script& AddBlock(const std::string& path) {
    hdfs::AddBlockRequestProto request;
    request.set_src(path);
    request.set_clientname("c1");
    return Call("addBlock", request).Then(Event::kBlockReceived);
  }
  // Ids begin where the fixture's namespace begins: the first block is this one.
  static void FirstBlock(hdfs::ExtendedBlockProto* block) {
    block->set_poolid(namenode::kPool);
    block->set_blockid(1073741825);
    block->set_generationstamp(1001);
    block->set_numbytes(100);
  }
  Script& Complete(const std::string& path) {
    hdfs::CompleteRequestProto request;
    request.set_src(path);
    request.set_clientname("c1");
    FirstBlock(request.mutable_last());
    return Call("complete", request);
  }
  template <class Request>
  Script& Path(const std::string& method, const std::string& path) {
    Request request;
    request.set_src(path);
    return Call(method, request);
  }

  Input input;
};

Input WriteAndRead() {
  Script script;
  script.Mkdirs("/d").Create("/d/f").AddBlock("/d/f").Complete("/d/f");
  script.Path<hdfs::GetFileInfoRequestProto>("getFileInfo", "/d/f");
  hdfs::GetBlockLocationsRequestProto locations;
  locations.set_src("/d/f");
  locations.set_offset(0);
  locations.set_length(1000);
  script.Call("getBlockLocations", locations);
  hdfs::GetListingRequestProto listing;
  listing.set_src("/d");
  listing.set_startafter("");
  listing.set_needlocation(true);
  script.Call("getListing", listing);
  hdfs::GetContentSummaryRequestProto summary;
  summary.set_path("/");
  return script.Call("getContentSummary", summary).Then(Event::kRestart).input;
}

Input RenameAndDelete() {
  Script script;
  script.Mkdirs("/a/b/c").Create("/a/f").Create("/a/b/g");
  hdfs::RenameRequestProto rename;
  rename.set_src("/a/f");
  rename.set_dst("/a/b/c");
  script.Call("rename", rename);
  hdfs::Rename2RequestProto rename2;
  rename2.set_src("/a/b/g");
  rename2.set_dst("/a/b/c/f");
  rename2.set_overwritedest(true);
  script.Call("rename2", rename2);
  hdfs::DeleteRequestProto remove;
  remove.set_src("/a");
  remove.set_recursive(true);
  return script.Call("delete", remove).Then(Event::kMinutePasses).input;
}

Input Pipeline() {
  Script script;
  script.Create("/f").AddBlock("/f");
  hdfs::UpdateBlockForPipelineRequestProto stamp;
  Script::FirstBlock(stamp.mutable_block());
  stamp.set_clientname("c1");
  script.Call("updateBlockForPipeline", stamp);
  hdfs::UpdatePipelineRequestProto pipeline;
  pipeline.set_clientname("c1");
  Script::FirstBlock(pipeline.mutable_oldblock());
  Script::FirstBlock(pipeline.mutable_newblock());
  pipeline.mutable_newblock()->set_generationstamp(1002);
  script.Call("updatePipeline", pipeline);
  hdfs::GetAdditionalDatanodeRequestProto more;
  more.set_src("/f");
  Script::FirstBlock(more.mutable_blk());
  more.set_numadditionalnodes(1);
  more.set_clientname("c1");
  script.Call("getAdditionalDatanode", more);
  hdfs::FsyncRequestProto fsync;
  fsync.set_src("/f");
  fsync.set_client("c1");
  fsync.set_lastblocklength(50);
  script.Call("fsync", fsync);
  hdfs::AbandonBlockRequestProto abandon;
  Script::FirstBlock(abandon.mutable_b());
  abandon.set_src("/f");
  abandon.set_holder("c1");
  return script.Call("abandonBlock", abandon).input;
}

Input LeasesAndAppend() {
  Script script;
  script.Create("/f").AddBlock("/f").Complete("/f");
  hdfs::AppendRequestProto append;
  append.set_src("/f");
  append.set_clientname("c2");
  script.Call("append", append).Then(Event::kMinutePasses);
  hdfs::RenewLeaseRequestProto renew;
  renew.set_clientname("c2");
  script.Call("renewLease", renew);
  hdfs::RecoverLeaseRequestProto recover;
  recover.set_src("/f");
  recover.set_clientname("c3");
  script.Call("recoverLease", recover);
  return script.Then(Event::kHardLimitPasses).Then(Event::kRestart).input;
}

// Every method once with an empty message and once with a path: the mutator finds the rest.
Input EveryMethod() {
  Script script;
  script.Create("/f");
  hdfs::GetFileInfoRequestProto path;
  path.set_src("/f");
  const RpcProtocol protocol = namenode::ClientNamenodeProtocol(nullptr);
  for (const auto& [name, method] : protocol.methods()) script.Call(name, path);
  return script.input;
}

}  // namespace

void RunTarget(const Input& input) {
  World world;
  for (const Piece& piece : input) world.Run(piece);
  world.CheckRestart();
}

std::vector<Input> Seeds() {
  return {WriteAndRead(), RenameAndDelete(), Pipeline(), LeasesAndAppend(), EveryMethod()};
}

}  // namespace tusk::fuzz
