// One client's connection, on the server's side. Internal to common/rpc.
//
// Owns:    the socket and the bytes on their way in and out; no buffer while it is idle.
// Threads: lives on one loop's thread. Answers come from any thread: they only append under the
//          lock and wake the loop.
// Life:    Start() .. Close(). Calls keep the object alive, not the socket: answers that come later
//          are dropped.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "common/concurrent/mutex.h"
#include "common/rpc/frame.h"
#include "common/rpc/rpc_call.h"
#include "common/rpc/server_core.h"
#include "common/rpc/server_handshake.h"

namespace tusk {

class ServerConnection final : public RpcCallOwner,
                               public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(std::shared_ptr<ServerCore> core, ServerLoop* loop,
                   boost::asio::ip::tcp::socket socket, uint64_t id);
  ~ServerConnection() override;

  // On the loop's thread.
  void Start();
  void Close(const std::string& problem) EXCLUDES(mu_);
  // Closes a client that never introduced itself or stopped reading.
  void Sweep(TimePoint now) EXCLUDES(mu_);

  // RpcCallOwner, from any thread.
  bool TryHold(RpcCall& call) override EXCLUDES(mu_);
  void Finished(RpcCall& call, Status status) override EXCLUDES(mu_);

 private:
  // What an answer gives back once it is on its way.
  struct Account {
    bool held = false;
    int64_t request_bytes = 0;
    int64_t gated_bytes = 0;
  };

  void ArmRead();
  void ArmWrite();
  void Pump() EXCLUDES(mu_);
  bool ReadMore() EXCLUDES(mu_);
  void ProcessInput() EXCLUDES(mu_);
  void ProcessPreamble() EXCLUDES(mu_);
  bool MayTakeFrame() EXCLUDES(mu_);
  void OnHandshakeFrame(std::string_view frame) EXCLUDES(mu_);
  void ResolveUser() EXCLUDES(mu_);
  void OnGroups(GroupMapping::Groups groups) EXCLUDES(mu_);
  void OnFrame(std::string_view frame) EXCLUDES(mu_);
  void Dispatch(ServerMethod* method, RpcCallHeader header, ByteReader* body, int64_t frame_bytes)
      EXCLUDES(mu_);
  void Fatal(int32_t call_id, std::string_view client_id, int32_t retry_count, int detail,
             const Status& error) EXCLUDES(mu_);
  void CloseAfterFlush(std::string problem);

  std::string EncodeAnswer(RpcCall& call, const Status& status) const;
  void CountAnswer(const RpcCall& call, const Status& status);
  void Send(std::string frame) EXCLUDES(mu_);
  void SendAnswer(std::string frame, Account account) EXCLUDES(mu_);
  static void AskGate(const ServerCore& core, std::vector<GatedAnswer> answers);
  using GatedAnswers = std::shared_ptr<std::vector<GatedAnswer>>;
  static void Release(const GatedAnswers& answers, const Status& verdict);
  static void Deliver(std::vector<GatedAnswer>* answers);
  void AskGateForTurn();
  int64_t GatedBytes() EXCLUDES(mu_);
  bool PostToLoop(std::function<void()> work) EXCLUDES(mu_);
  void AppendLocked(std::string frame) REQUIRES(mu_);
  void WakeLocked() REQUIRES(mu_);
  void Flush() EXCLUDES(mu_);
  void OnWake() EXCLUDES(mu_);

  // Constant after construction.
  const std::shared_ptr<ServerCore> core_;
  ServerLoop* const loop_;  // not to be touched once closed
  const uint64_t id_;
  const TimePoint connected_at_;
  std::string client_host_;
  int client_port_ = 0;

  // On the loop's thread.
  std::optional<boost::asio::ip::tcp::socket> socket_;
  RpcHandshake handshake_;
  FrameBuffer input_;
  std::shared_ptr<const RpcPeer> peer_;  // once groups are known
  bool resolving_ = false;
  bool reading_ = false;  // a wait for input is armed
  bool writing_ = false;  // a wait for room is armed
  bool input_ended_ = false;
  bool drained_ = true;   // no whole frame is left in input_
  bool closing_ = false;  // after what is unsent
  std::string closing_problem_;
  std::string sending_;
  size_t sent_ = 0;  // of sending_
  TimePoint progress_at_;

  Mutex mu_;
  std::string out_ GUARDED_BY(mu_);
  int64_t unsent_bytes_ GUARDED_BY(mu_) = 0;  // in out_ and sending_
  int64_t gated_bytes_ GUARDED_BY(mu_) = 0;   // of answers that wait for the gate
  int64_t unanswered_ GUARDED_BY(mu_) = 0;
  int64_t unanswered_bytes_ GUARDED_BY(mu_) = 0;
  bool paused_ GUARDED_BY(mu_) = false;   // input is not taken until answers have left
  bool awake_ GUARDED_BY(mu_) = false;    // the loop is at work here or has been told to come
  bool overrun_ GUARDED_BY(mu_) = false;  // too much is unsent
  bool closed_ GUARDED_BY(mu_) = false;
};

}  // namespace tusk
