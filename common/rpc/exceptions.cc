#include "common/rpc/exceptions.h"

#include <algorithm>
#include <iterator>

namespace tusk {
namespace {

struct Row {
  Reason reason;
  Code code;  // what a remote exception of this class means to a caller
  std::string_view exception_class;
};

// A reason's first row is the class that travels; further rows are only understood.
constexpr Row kTable[] = {
    {Reason::kFileNotFound, Code::kNotFound, "java.io.FileNotFoundException"},
    {Reason::kAccessControl, Code::kPermissionDenied,
     "org.apache.hadoop.security.AccessControlException"},
    {Reason::kFileAlreadyExists, Code::kAlreadyExists,
     "org.apache.hadoop.fs.FileAlreadyExistsException"},
    {Reason::kParentNotDirectory, Code::kFailedPrecondition,
     "org.apache.hadoop.fs.ParentNotDirectoryException"},
    {Reason::kPathIsNotEmptyDirectory, Code::kFailedPrecondition,
     "org.apache.hadoop.fs.PathIsNotEmptyDirectoryException"},
    {Reason::kPathIsNotDirectory, Code::kFailedPrecondition,
     "org.apache.hadoop.fs.PathIsNotDirectoryException"},
    {Reason::kInvalidPath, Code::kInvalidArgument, "org.apache.hadoop.fs.InvalidPathException"},
    {Reason::kIllegalArgument, Code::kInvalidArgument,
     "org.apache.hadoop.HadoopIllegalArgumentException"},
    {Reason::kIllegalArgument, Code::kInvalidArgument, "java.lang.IllegalArgumentException"},
    {Reason::kPathComponentTooLong, Code::kInvalidArgument,
     "org.apache.hadoop.hdfs.protocol.FSLimitException$PathComponentTooLongException"},
    {Reason::kMaxDirectoryItems, Code::kResourceExhausted,
     "org.apache.hadoop.hdfs.protocol.FSLimitException$MaxDirectoryItemsExceededException"},
    {Reason::kNsQuotaExceeded, Code::kResourceExhausted,
     "org.apache.hadoop.hdfs.protocol.NSQuotaExceededException"},
    {Reason::kDsQuotaExceeded, Code::kResourceExhausted,
     "org.apache.hadoop.hdfs.protocol.DSQuotaExceededException"},
    {Reason::kDsQuotaExceeded, Code::kResourceExhausted,
     "org.apache.hadoop.hdfs.protocol.QuotaByStorageTypeExceededException"},
    {Reason::kSnapshotAccessControl, Code::kPermissionDenied,
     "org.apache.hadoop.hdfs.protocol.SnapshotAccessControlException"},
    {Reason::kUnsupportedOperation, Code::kUnimplemented,
     "java.lang.UnsupportedOperationException"},

    {Reason::kAlreadyBeingCreated, Code::kAlreadyExists,
     "org.apache.hadoop.hdfs.protocol.AlreadyBeingCreatedException"},
    {Reason::kRecoveryInProgress, Code::kUnavailable,
     "org.apache.hadoop.hdfs.protocol.RecoveryInProgressException"},
    {Reason::kLeaseExpired, Code::kFailedPrecondition,
     "org.apache.hadoop.hdfs.server.namenode.LeaseExpiredException"},
    {Reason::kNotReplicatedYet, Code::kUnavailable,
     "org.apache.hadoop.hdfs.server.namenode.NotReplicatedYetException"},
    {Reason::kReplicaNotFound, Code::kNotFound,
     "org.apache.hadoop.hdfs.server.datanode.ReplicaNotFoundException"},
    {Reason::kReplicaAlreadyExists, Code::kAlreadyExists,
     "org.apache.hadoop.hdfs.server.datanode.ReplicaAlreadyExistsException"},
    {Reason::kInvalidBlockToken, Code::kUnauthenticated,
     "org.apache.hadoop.hdfs.security.token.block.InvalidBlockTokenException"},

    {Reason::kSafeMode, Code::kUnavailable,
     "org.apache.hadoop.hdfs.server.namenode.SafeModeException"},
    {Reason::kRetriable, Code::kUnavailable, "org.apache.hadoop.ipc.RetriableException"},
    {Reason::kStandby, Code::kUnavailable, "org.apache.hadoop.ipc.StandbyException"},
    {Reason::kStandby, Code::kUnavailable, "org.apache.hadoop.ipc.ObserverRetryOnActiveException"},
    {Reason::kServiceFailed, Code::kFailedPrecondition,
     "org.apache.hadoop.ha.ServiceFailedException"},
    {Reason::kHealthCheckFailed, Code::kUnavailable,
     "org.apache.hadoop.ha.HealthCheckFailedException"},
    {Reason::kUnregisteredNode, Code::kFailedPrecondition,
     "org.apache.hadoop.hdfs.protocol.UnregisteredNodeException"},
    {Reason::kDisallowedDatanode, Code::kPermissionDenied,
     "org.apache.hadoop.hdfs.server.protocol.DisallowedDatanodeException"},
    {Reason::kIncorrectVersion, Code::kFailedPrecondition,
     "org.apache.hadoop.hdfs.server.common.IncorrectVersionException"},

    {Reason::kInvalidToken, Code::kUnauthenticated,
     "org.apache.hadoop.security.token.SecretManager$InvalidToken"},
    {Reason::kAuthorization, Code::kPermissionDenied,
     "org.apache.hadoop.security.authorize.AuthorizationException"},
    {Reason::kNoSuchMethod, Code::kUnimplemented, "org.apache.hadoop.ipc.RpcNoSuchMethodException"},
    {Reason::kNoSuchProtocol, Code::kUnimplemented,
     "org.apache.hadoop.ipc.RpcNoSuchProtocolException"},
    {Reason::kVersionMismatch, Code::kFailedPrecondition,
     "org.apache.hadoop.ipc.RPC$VersionMismatch"},
    {Reason::kRpcServer, Code::kInternal, "org.apache.hadoop.ipc.RpcServerException"},
    {Reason::kInvalidProtobuf, Code::kInvalidArgument,
     "org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException"},

    {Reason::kYarn, Code::kUnknown, "org.apache.hadoop.yarn.exceptions.YarnException"},
    {Reason::kApplicationNotFound, Code::kNotFound,
     "org.apache.hadoop.yarn.exceptions.ApplicationNotFoundException"},
    {Reason::kApplicationAttemptNotFound, Code::kNotFound,
     "org.apache.hadoop.yarn.exceptions.ApplicationAttemptNotFoundException"},
    {Reason::kContainerNotFound, Code::kNotFound,
     "org.apache.hadoop.yarn.exceptions.ContainerNotFoundException"},
    {Reason::kApplicationMasterNotRegistered, Code::kFailedPrecondition,
     "org.apache.hadoop.yarn.exceptions.ApplicationMasterNotRegisteredException"},
    {Reason::kInvalidApplicationMasterRequest, Code::kInvalidArgument,
     "org.apache.hadoop.yarn.exceptions.InvalidApplicationMasterRequestException"},
    {Reason::kInvalidResourceRequest, Code::kInvalidArgument,
     "org.apache.hadoop.yarn.exceptions.InvalidResourceRequestException"},
    {Reason::kInvalidAuxService, Code::kInvalidArgument,
     "org.apache.hadoop.yarn.exceptions.InvalidAuxServiceException"},
    {Reason::kNmNotYetReady, Code::kUnavailable,
     "org.apache.hadoop.yarn.exceptions.NMNotYetReadyException"},

    {Reason::kFenced, Code::kFailedPrecondition, "java.io.IOException"},
    {Reason::kNone, Code::kUnknown, "java.io.IOException"},
};

constexpr std::string_view kIoException = "java.io.IOException";

const Row* FindClass(std::string_view exception_class) {
  if (exception_class == kIoException) return nullptr;  // stands for nothing in particular
  const auto* found = std::find_if(std::begin(kTable), std::end(kTable), [&](const Row& row) {
    return row.exception_class == exception_class;
  });
  return found == std::end(kTable) ? nullptr : found;
}

// Stock servers send the stack trace behind the text.
std::string_view WithoutStackTrace(std::string_view message) {
  return message.substr(0, message.find("\n\tat "));
}

}  // namespace

std::string_view ExceptionClassOf(const Status& error) {
  for (const Row& row : kTable) {
    if (row.reason == error.reason()) return row.exception_class;
  }
  return kIoException;
}

Reason ReasonOfException(std::string_view exception_class) {
  const Row* row = FindClass(exception_class);
  return row == nullptr ? Reason::kNone : row->reason;
}

Status StatusFromException(std::string_view exception_class, std::string_view message) {
  std::string text(WithoutStackTrace(message));
  if (const Row* row = FindClass(exception_class); row != nullptr) {
    return Status(row->code, std::move(text), row->reason);
  }
  return UnknownError(std::move(text));
}

}  // namespace tusk
