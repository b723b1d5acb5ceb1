// One connection of an RpcClient and the calls on it. Internal to common/rpc.
//
// Owns:    the socket and the calls that wait for an answer.
// Threads: lives on the client's thread; only Enqueue is called from others.
// Life:    connects with its first call; closes itself when idle, on a lost connection or Fail.
//          Every call enqueued is done exactly once.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/concurrent/mutex.h"
#include "common/rpc/client.h"
#include "common/rpc/client_handshake.h"
#include "common/rpc/frame.h"

namespace tusk {

struct ClientCall {
  std::string protocol;
  uint64_t version = 1;
  std::string method;
  std::shared_ptr<const std::string> body;
  int32_t call_id = 0;
  int32_t retry_count = 0;
  std::string caller_context;
  TimePoint deadline{};
  Duration timeout{0};
  RpcClient::Done done;
};

class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
 public:
  ClientConnection(boost::asio::io_context* io, const RpcClientOptions& options,
                   std::string client_id, HostPort to, RpcIdentity identity);
  ~ClientConnection();

  // From any thread. Takes the call unless the connection has closed.
  bool Enqueue(ClientCall* call) EXCLUDES(mu_);

  // Fails all calls and closes.
  void Fail(const Status& error) EXCLUDES(mu_);

 private:
  using tcp = boost::asio::ip::tcp;
  using Error = boost::system::error_code;
  struct Pending {
    RpcClient::Done done;
    Duration timeout{0};
    std::multimap<TimePoint, int32_t>::iterator deadline;
  };

  void TakeIncoming() EXCLUDES(mu_);
  void Connect(const std::string& protocol);
  void OnResolved(const Error& error, const tcp::resolver::results_type& found);
  void TryNextAddress(const std::string& last_problem);
  void OnConnected(const Error& error);
  void BecomeReady();
  void SendCall(ClientCall* call);
  void SendPing();

  void ArmRead();
  void ReadAll();
  Status ProcessInput();
  Status OnAnswer(std::string_view frame);
  void Complete(int32_t call_id, StatusOr<std::string> result);
  void Flush();

  void ArmTimer();
  void OnTimer();
  bool CloseIfIdle(TimePoint now) EXCLUDES(mu_);
  Status Lost(std::string_view kind, const std::string& problem) const;

  // Constant after construction.
  boost::asio::io_context* const io_;  // not to be touched once closed
  const RpcClientOptions& options_;
  const std::string client_id_;
  const HostPort to_;
  const RpcIdentity identity_;

  // On the client's thread.
  enum class State { kNew, kConnecting, kHandshake, kReady, kClosed };
  State state_ = State::kNew;
  std::optional<tcp::resolver> resolver_;
  std::optional<tcp::socket> socket_;
  std::optional<boost::asio::steady_timer> timer_;
  std::unique_ptr<RpcClientHandshake> handshake_;
  std::deque<tcp::endpoint> addresses_;  // not tried yet
  std::deque<ClientCall> unsent_;        // until the handshake is done
  std::unordered_map<int32_t, Pending> pending_;
  std::multimap<TimePoint, int32_t> deadlines_;
  FrameBuffer input_;
  std::string out_;
  size_t sent_ = 0;       // of out_
  bool writing_ = false;  // a wait for room is armed
  TimePoint timer_at_ = TimePoint::max();
  TimePoint connect_deadline_ = TimePoint::max();
  TimePoint last_read_{};
  TimePoint last_used_{};

  Mutex mu_;
  std::deque<ClientCall> incoming_ GUARDED_BY(mu_);
  bool awake_ GUARDED_BY(mu_) = false;
  bool closed_ GUARDED_BY(mu_) = false;
};

}  // namespace tusk
