// The border between our code and gRPC: one call, bytes in both directions.
//
// No gRPC header and no std:: template crosses it, so that nothing is emitted on both sides: the
// side that sees gRPC (transport.cc) is compiled without ThreadSanitizer, ours with it. A unary
// call is a call with one message each way; gRPC's wire format does not tell them apart.
#pragma once

#include <cstddef>

namespace tusk {

struct WireBytes {
  const char* data = nullptr;
  size_t size = 0;
};

// How a call ended, or is to end. Numbers of Code and Reason.
struct WireStatus {
  int code = 0;
  int reason = 0;
  WireBytes message;
};

// Called by gRPC's side, on its threads. OnReadDone, OnWriteDone and OnCancel may come at the same
// time as each other; OnDone is the last call of all.
class WireEvents {
 public:
  virtual void OnUp() = 0;                // client: the server has answered
  virtual void OnReadDone(bool ok) = 0;   // not ok: the other side sends no more
  virtual void OnWriteDone(bool ok) = 0;  // also for EndWrites
  virtual void OnCancel() = 0;            // server: the client or the connection is gone
  virtual void OnDone(const WireStatus& status) = 0;

 protected:
  ~WireEvents() = default;
};

// Called by our side. At most one read and one write are under way.
class Wire {
 public:
  virtual ~Wire() = default;

  virtual void Begin(WireEvents* events) = 0;  // starts the call and the first read
  virtual void StartRead() = 0;
  // The message that was read, between OnReadDone(true) and the next StartRead. Taken on our side
  // of the border, so that its bytes are written under our own happens-before.
  virtual size_t ReadSize() = 0;
  virtual void CopyRead(char* to) = 0;
  virtual void StartWrite(WireBytes message) = 0;  // copies at once
  virtual void EndWrites() = 0;                    // client: half-close
  // Server: ends the call with `status`. Client: lets the call end. Once; the last call of all but
  // the destructor, and only when no other call into the wire and no write is under way.
  virtual void Finish(const WireStatus& status) = 0;
  virtual void Cancel() = 0;  // any thread, after Begin has returned
};

}  // namespace tusk
