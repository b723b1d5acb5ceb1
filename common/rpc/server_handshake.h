// The opening of a connection on the server's side: preamble, SASL, connection context. Bytes in,
// bytes out, no sockets.
//
//   TakePreamble -> TakeFrame* -> established()      or kClose at any point, with a last reply
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/rpc/frame.h"
#include "common/rpc/rpc_call.h"
#include "common/rpc/server.h"
#include "common/security/sasl.h"

namespace tusk {

class RpcHandshake {
 public:
  explicit RpcHandshake(const RpcServerOptions& options) : options_(options) {}

  enum class Progress {
    kNeedMore,  // bytes
    kGoOn,      // with the next frame
    kClose,     // after sending the reply
  };

  // Until it says kGoOn once. Appends to `reply` what must be sent.
  Progress TakePreamble(FrameBuffer* input, std::string* reply);

  // Afterwards, frame by frame until established().
  Progress TakeFrame(std::string_view frame, std::string* reply);

  bool has_preamble() const { return state_ != State::kPreamble; }
  bool established() const { return state_ == State::kEstablished; }

  // Once established: who calls. Groups are not resolved yet.
  const User& user() const { return user_; }
  bool token_authenticated() const { return token_authenticated_; }
  const std::string& token_identifier() const { return token_identifier_; }

  // Why kClose was said, for the log; empty when there is nothing to tell (a plain HTTP probe).
  const std::string& problem() const { return problem_; }
  bool authentication_failed() const { return authentication_failed_; }

 private:
  enum class State { kPreamble, kSasl, kContext, kEstablished };

  Progress RefuseVersion(uint8_t version, std::string* reply);
  Progress TakeSasl(ByteReader* frame, std::string* reply);
  Progress Initiate(std::string_view method, bool has_token, std::string_view token,
                    std::string* reply);
  Progress CheckToken(std::string_view response, std::string* reply);
  Progress TakeContext(ByteReader* frame, std::string* reply);

  // A FATAL answer and its line in the log.
  Progress Fatal(int32_t call_id, std::string_view client_id, int detail,
                 std::string_view exception_class, std::string message, std::string* reply);
  Progress Unauthorized(const Status& error, std::string* reply);

  const RpcServerOptions& options_;
  State state_ = State::kPreamble;
  std::unique_ptr<DigestMd5Server> digest_;
  User user_;
  bool token_authenticated_ = false;
  std::string token_identifier_;
  std::string problem_;
  bool authentication_failed_ = false;
};

// One answer frame without a body: status ERROR, or FATAL when the connection is closed after it.
// `detail` is one of RpcErrorCodeProto.
void AppendErrorFrame(std::string* out, int32_t call_id, std::string_view client_id,
                      int32_t retry_count, bool fatal, int detail, std::string_view exception_class,
                      std::string_view message);

}  // namespace tusk
