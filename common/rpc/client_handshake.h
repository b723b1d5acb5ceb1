// The opening of a connection on the client's side: preamble, SASL, connection context. Bytes in,
// bytes out, no sockets.
//
// Without a token everything goes out at once and nothing is answered. With one the connection
// opens with SASL; a server that wants no token sends us on by name.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/rpc/client.h"
#include "common/security/sasl.h"

namespace tusk::proto::rpc {
class RpcSaslProto;
}

namespace tusk {

class RpcClientHandshake {
 public:
  RpcClientHandshake(RpcIdentity identity, std::string client_id, std::string protocol);

  // Appends the first bytes to send.
  void Begin(std::string* out);

  // Takes a frame of the server's while not done; appends what is to be sent.
  Status TakeFrame(std::string_view frame, std::string* out);

  // Calls may be sent.
  bool done() const { return done_; }

 private:
  Status Negotiate(const proto::rpc::RpcSaslProto& offer, std::string* out);
  void AppendContext(std::string* out);

  const RpcIdentity identity_;
  const std::string client_id_;
  const std::string protocol_;
  std::unique_ptr<DigestMd5Client> digest_;
  bool token_authenticated_ = false;
  bool done_ = false;
};

}  // namespace tusk
