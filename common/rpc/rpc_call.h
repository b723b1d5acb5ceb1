// One call of Hadoop RPC as its handler sees it, and the table of a protocol's methods.
//
//   RpcProtocol protocol("org.apache.hadoop.hdfs.protocol.ClientProtocol");
//   protocol.On("mkdirs", this, &ClientNamenodeService::Mkdirs);     // Status(RpcCall&, Req,
//   Resp*) protocol.OnAsync("complete", this, &ClientNamenodeService::Complete);  //
//   void(AsyncCall<...>) server.Add(std::move(protocol));
//
// The templates are thin: messages are created through two function pointers, everything else is in
// rpc_call.cc and server_connection.cc. Include the messages' *.pb.h where handlers are registered.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/security/user.h"

namespace google::protobuf {
class MessageLite;
}

namespace tusk {

class RpcCall;

// Where a call came in. One object per connection, shared by its calls.
struct RpcPeer {
  User user;         // with its groups; of a token: the identity its verifier gave, without groups
  std::string host;  // the client's IP address as text
  int port = 0;
  uint64_t connection_id = 0;  // never used again within a process
  bool token_authenticated = false;
  std::string token_identifier;  // raw bytes, when authenticated by token
};

// What the client's header says about the call itself.
struct RpcCallHeader {
  std::string client_id;  // 16 bytes, or empty: then there is no retry cache for it
  int32_t call_id = -1;   // a retry carries the same client id and call id
  int32_t retry_count = -1;
  std::string caller_context;  // Spark's and others' text for the audit log
  std::string caller_signature;
};

// The call's place in the server: what it asks for and where its answer grows.
struct RpcCallBinding {
  RpcCallBinding();
  RpcCallBinding(RpcCallBinding&&) noexcept;
  RpcCallBinding& operator=(RpcCallBinding&&) noexcept;
  ~RpcCallBinding();

  std::string_view protocol;  // into the server's tables
  std::string_view method;
  size_t method_index = 0;  // in the server's table of methods
  int64_t request_bytes = 0;
  TimePoint arrived{};
  TimePoint started{};  // when the handler began
  std::unique_ptr<google::protobuf::MessageLite> request;
  std::unique_ptr<google::protobuf::MessageLite> response;
};

// Takes the answer of a call: the server's connection.
class RpcCallOwner {
 public:
  virtual ~RpcCallOwner() = default;
  virtual bool TryHold(RpcCall& call) = 0;
  virtual void Finished(RpcCall& call, Status status) = 0;
};

// Threads: one handler at a time owns the call; Finish may come from any thread.
// Life:    an asynchronous call whose last reference goes without Finish is answered with an error.
class RpcCall {
 public:
  // Without an owner (in tests of services) TryHold succeeds and Finish has no effect.
  explicit RpcCall(RpcPeer peer, RpcCallHeader header = {});
  RpcCall(std::shared_ptr<RpcCallOwner> owner, std::shared_ptr<const RpcPeer> peer,
          RpcCallHeader header);
  ~RpcCall();
  RpcCall(const RpcCall&) = delete;
  RpcCall& operator=(const RpcCall&) = delete;

  const User& user() const { return peer_->user; }
  const RpcPeer& peer() const { return *peer_; }
  const RpcCallHeader& header() const { return header_; }
  const std::string& client_id() const { return header_.client_id; }
  int32_t call_id() const { return header_.call_id; }
  int32_t retry_count() const { return header_.retry_count; }
  std::string_view protocol() const { return binding_.protocol; }
  std::string_view method() const { return binding_.method; }
  TimePoint arrived() const { return binding_.arrived; }

  // Asks leave to keep the call unanswered for long. A held call does not count towards its
  // connection's bound of unanswered calls. False when the server holds its maximum: answer at
  // once. A held call should be answered within half a minute: stock clients give up after 120 s.
  bool TryHold();

  // The reply does not wait for the reply gate: for answers that tell nothing of logged state.
  void SkipReplyGate() { skip_reply_gate_ = true; }
  bool skips_reply_gate() const { return skip_reply_gate_; }

  // Answers the call: with the response message when ok, else with the error. The first answer
  // counts; later ones return false and do nothing.
  bool Finish(Status status);

  const google::protobuf::MessageLite& request() const { return *binding_.request; }
  google::protobuf::MessageLite* response() { return binding_.response.get(); }

  // For the server, before the handler runs.
  void Bind(RpcCallBinding binding);
  const RpcCallBinding& binding() const { return binding_; }
  void MarkStarted(TimePoint now) { binding_.started = now; }
  bool held() const { return held_; }
  // Frees the messages once the answer is encoded; the call may live on in a waiting list.
  void DropMessages();

 private:
  const std::shared_ptr<RpcCallOwner> owner_;
  const std::shared_ptr<const RpcPeer> peer_;
  const RpcCallHeader header_;
  RpcCallBinding binding_;
  bool skip_reply_gate_ = false;
  bool held_ = false;
  std::atomic<bool> finished_ = false;
};

// The typed face of a call that is answered later, from any thread. Copies share one call.
template <class Request, class Response>
class AsyncCall {
 public:
  explicit AsyncCall(std::shared_ptr<RpcCall> call) : call_(std::move(call)) {}

  RpcCall& call() const { return *call_; }
  const std::shared_ptr<RpcCall>& shared() const { return call_; }
  const Request& request() const { return static_cast<const Request&>(call_->request()); }
  // Not after Finish.
  Response* response() const { return static_cast<Response*>(call_->response()); }
  bool Finish(Status status) const { return call_->Finish(std::move(status)); }

 private:
  std::shared_ptr<RpcCall> call_;
};

// Where a handler runs.
enum class RpcRun {
  kInline,  // on the I/O thread: microseconds, no disk, no waiting
  kSlow,    // on the server's executor
};

// The methods of one protocol. Built before the server starts, constant afterwards.
class RpcProtocol {
 public:
  using NewMessage = google::protobuf::MessageLite* (*)();
  using Handler = std::function<void(const std::shared_ptr<RpcCall>&)>;

  struct Method {
    std::string name;
    NewMessage new_request = nullptr;
    NewMessage new_response = nullptr;
    RpcRun run = RpcRun::kInline;
    Handler handler;
  };

  explicit RpcProtocol(std::string name, uint64_t version = 1);

  const std::string& name() const { return name_; }
  uint64_t version() const { return version_; }
  const std::map<std::string, Method, std::less<>>& methods() const { return methods_; }

  // Answers when it returns.
  template <class Request, class Response>
  void Register(std::string method, std::function<Status(RpcCall&, const Request&, Response*)> run,
                RpcRun where = RpcRun::kInline) {
    AddMethod({std::move(method), &New<Request>, &New<Response>, where,
               [run = std::move(run)](const std::shared_ptr<RpcCall>& call) {
                 call->Finish(run(*call, static_cast<const Request&>(call->request()),
                                  static_cast<Response*>(call->response())));
               }});
  }

  // Answers when it calls Finish.
  template <class Request, class Response>
  void RegisterAsync(std::string method, std::function<void(AsyncCall<Request, Response>)> run,
                     RpcRun where = RpcRun::kInline) {
    AddMethod({std::move(method), &New<Request>, &New<Response>, where,
               [run = std::move(run)](const std::shared_ptr<RpcCall>& call) {
                 run(AsyncCall<Request, Response>(call));
               }});
  }

  template <class Service, class Request, class Response>
  void On(std::string method, Service* service,
          Status (Service::*handler)(RpcCall&, const Request&, Response*),
          RpcRun where = RpcRun::kInline) {
    Register<Request, Response>(
        std::move(method),
        [service, handler](RpcCall& call, const Request& in, Response* out) {
          return (service->*handler)(call, in, out);
        },
        where);
  }

  template <class Service, class Request, class Response>
  void OnAsync(std::string method, Service* service,
               void (Service::*handler)(AsyncCall<Request, Response>),
               RpcRun where = RpcRun::kInline) {
    RegisterAsync<Request, Response>(
        std::move(method),
        [service, handler](AsyncCall<Request, Response> call) {
          (service->*handler)(std::move(call));
        },
        where);
  }

 private:
  template <class Message>
  static google::protobuf::MessageLite* New() {
    return new Message;
  }
  void AddMethod(Method method);

  std::string name_;
  uint64_t version_;
  std::map<std::string, Method, std::less<>> methods_;
};

}  // namespace tusk
