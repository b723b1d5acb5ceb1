// gRPC as our side sees it: channels that make calls, listeners that take them.
//
// transport.cc is the only file of the tree that includes gRPC. It is compiled without
// -fsanitize=thread, because Debian's gRPC is not instrumented and what its locks order is
// invisible to ThreadSanitizer. Users take GrpcChannel and GrpcServer, not this.
#pragma once

#include "common/grpc/wire.h"

namespace tusk {

// First local of a main() that uses gRPC: starts the library and ends it after everything else.
class GrpcLife {
 public:
  GrpcLife();
  ~GrpcLife();
  GrpcLife(const GrpcLife&) = delete;
  GrpcLife& operator=(const GrpcLife&) = delete;
};

// A connection to one server, made when first needed and made again when it breaks (back-off 100 ms
// to 1 s, keepalive 10 s / 5 s, no proxies).
class WireChannel {
 public:
  virtual ~WireChannel() = default;
  // `signature` goes into the call's header; `timeout_millis` 0: no limit. The caller owns it.
  virtual Wire* NewCall(const char* method, const char* signature, long timeout_millis) = 0;
};

// `target`: "host:port". `local_address`: the address sockets are bound to, as text; "" for any.
// The caller owns the result.
WireChannel* DialWire(const char* target, const char* local_address);

struct IncomingCall {
  const char* method;
  const char* signature;  // "" when there is none
  const char* peer;       // "127.0.0.1:41234"
};

class WireAcceptor {
 public:
  // On gRPC's thread: must not block. Takes the wire; its Begin may come later.
  virtual void Accept(const IncomingCall& call, Wire* wire) = 0;

 protected:
  ~WireAcceptor() = default;
};

class WireListener {
 public:
  virtual ~WireListener() = default;
  virtual int port() const = 0;
  // Takes no more calls, and cancels those still open after `limit_millis`. Waits for their end.
  virtual void Stop(long limit_millis) = 0;
};

// nullptr when the address cannot be bound (errno then says why). The caller owns the result.
WireListener* ListenWire(const char* address, WireAcceptor* acceptor);

}  // namespace tusk
