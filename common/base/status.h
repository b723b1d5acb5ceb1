// Errors are values. `Code` says what a caller can do, `Reason` what happened in HDFS terms.
//
// Method names are absl's, code numbers gRPC's (layout.md 4 says why the types are our own).
// A Status is one pointer: null when ok. Copying an error copies its message.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/check.h"
#include "common/base/macros.h"

namespace tusk {

enum class Code : uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

std::string_view CodeName(Code code);

// What happened, in Hadoop's terms. `common/rpc/exceptions.cc` is the one table that turns a reason
// into the Java class name stock clients act on, and back. kNone travels as java.io.IOException.
enum class Reason : uint8_t {
  kNone = 0,
  // namespace
  kFileNotFound,
  kAccessControl,
  kFileAlreadyExists,
  kParentNotDirectory,
  kPathIsNotEmptyDirectory,
  kPathIsNotDirectory,
  kInvalidPath,
  kIllegalArgument,
  kPathComponentTooLong,
  kMaxDirectoryItems,
  kNsQuotaExceeded,
  kDsQuotaExceeded,
  kSnapshotAccessControl,
  kUnsupportedOperation,
  // leases and blocks
  kAlreadyBeingCreated,
  kRecoveryInProgress,
  kLeaseExpired,
  kNotReplicatedYet,
  kReplicaNotFound,
  kReplicaAlreadyExists,
  kInvalidBlockToken,
  // daemons' state
  kSafeMode,
  kRetriable,
  kStandby,
  kServiceFailed,
  kHealthCheckFailed,
  kUnregisteredNode,
  kDisallowedDatanode,
  kIncorrectVersion,
  kFenced,
  // connection and call
  kInvalidToken,
  kAuthorization,
  kNoSuchMethod,
  kNoSuchProtocol,
  kVersionMismatch,
  kRpcServer,
  kInvalidProtobuf,
  // yarn
  kYarn,
  kApplicationNotFound,
  kApplicationAttemptNotFound,
  kContainerNotFound,
  kApplicationMasterNotRegistered,
  kInvalidApplicationMasterRequest,
  kInvalidResourceRequest,
  kInvalidAuxService,
  kNmNotYetReady,
};

class [[nodiscard]] TUSK_EXPORT Status {
 public:
  Status() = default;  // ok
  Status(Code code, std::string message, Reason reason = Reason::kNone);

  static Status Ok() { return {}; }

  Status(const Status& other);
  Status& operator=(const Status& other);
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;

  bool ok() const { return rep_ == nullptr; }
  Code code() const { return rep_ == nullptr ? Code::kOk : rep_->code; }
  Reason reason() const { return rep_ == nullptr ? Reason::kNone : rep_->reason; }
  const std::string& message() const;

  // "NOT_FOUND: File does not exist: /a" or "OK".
  std::string ToString() const;

  // The same error with `context` and ": " in front of its message. Ok stays ok.
  Status WithContext(std::string_view context) const;

 private:
  struct Rep {
    Code code;
    Reason reason;
    std::string message;
  };
  std::unique_ptr<Rep> rep_;
};

std::ostream& operator<<(std::ostream& out, const Status& status);

// Drops a status on purpose; `why` is for the reader.
inline void IgnoreError(const Status&, const char* /*why*/) {}

#define TUSK_DECLARE_ERROR(name, code)                                            \
  inline Status name##Error(std::string message, Reason reason = Reason::kNone) { \
    return Status(Code::code, std::move(message), reason);                        \
  }
TUSK_DECLARE_ERROR(Cancelled, kCancelled)
TUSK_DECLARE_ERROR(Unknown, kUnknown)
TUSK_DECLARE_ERROR(InvalidArgument, kInvalidArgument)
TUSK_DECLARE_ERROR(DeadlineExceeded, kDeadlineExceeded)
TUSK_DECLARE_ERROR(NotFound, kNotFound)
TUSK_DECLARE_ERROR(AlreadyExists, kAlreadyExists)
TUSK_DECLARE_ERROR(PermissionDenied, kPermissionDenied)
TUSK_DECLARE_ERROR(ResourceExhausted, kResourceExhausted)
TUSK_DECLARE_ERROR(FailedPrecondition, kFailedPrecondition)
TUSK_DECLARE_ERROR(Aborted, kAborted)
TUSK_DECLARE_ERROR(OutOfRange, kOutOfRange)
TUSK_DECLARE_ERROR(Unimplemented, kUnimplemented)
TUSK_DECLARE_ERROR(Internal, kInternal)
TUSK_DECLARE_ERROR(Unavailable, kUnavailable)
TUSK_DECLARE_ERROR(DataLoss, kDataLoss)
TUSK_DECLARE_ERROR(Unauthenticated, kUnauthenticated)
#undef TUSK_DECLARE_ERROR

// "open /a/b: No such file or directory", with the code that fits `error_number`.
Status ErrnoError(std::string_view what, int error_number);

// A value or the reason why there is none. Never holds an ok status without a value.
template <typename T>
class [[nodiscard]] StatusOr {
 public:
  StatusOr(Status status) : status_(std::move(status)) {  // NOLINT: implicit, as absl's
    CHECK(!status_.ok()) << "StatusOr from an ok Status";
  }
  StatusOr(T value) : value_(std::move(value)) {}  // NOLINT: implicit, as absl's

  bool ok() const { return value_.has_value(); }
  const Status& status() const& { return status_; }
  Status status() && { return std::move(status_); }

  const T& value() const& {
    CHECK(ok()) << status_.ToString();
    return *value_;
  }
  T& value() & {
    CHECK(ok()) << status_.ToString();
    return *value_;
  }
  T value() && {
    CHECK(ok()) << status_.ToString();
    return std::move(*value_);
  }
  T value_or(T fallback) const& { return ok() ? *value_ : std::move(fallback); }

  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

#define RETURN_IF_ERROR(expression)                                                       \
  do {                                                                                    \
    if (::tusk::Status tusk_status = (expression); !tusk_status.ok()) return tusk_status; \
  } while (false)

#define ASSIGN_OR_RETURN(target, expression) \
  TUSK_ASSIGN_OR_RETURN_IMPL(TUSK_CONCAT(tusk_result_, __LINE__), target, expression)
#define TUSK_ASSIGN_OR_RETURN_IMPL(result, target, expression) \
  auto result = (expression);                                  \
  if (!result.ok()) return std::move(result).status();         \
  target = std::move(result).value()

}  // namespace tusk
