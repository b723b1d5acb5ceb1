// Keys of core-site.xml: what all of Hadoop shares.
//
// The table that conf/core-default.xml is generated from: a new key is declared here and entered in
// the list at the end (a test compares the two). Only keys that something reads stand here.
#pragma once

#include <chrono>

#include "common/config/config_key.h"

namespace tusk::keys {

using namespace std::chrono_literals;  // NOLINT: the defaults read as 10s

inline constexpr StringKey kDefaultFs{.name = "fs.defaultFS",
                                      .fallback = "file:///",
                                      .doc =
                                          "The filesystem that paths without a scheme mean: "
                                          "hdfs://host:port, or hdfs://nameservice."};
inline constexpr StringKey kHadoopTmpDir{
    .name = "hadoop.tmp.dir",
    .fallback = "${user.home}/.tusk",
    .doc =
        "Where directories without a place of their own go. Hadoop has it under /tmp, which loses "
        "the namespace when the machine restarts."};
inline constexpr SizeKey kIoFileBufferSize{
    .name = "io.file.buffer.size",
    .fallback = 64 * kKiB,
    .min = 512,
    .doc = "Size of buffers for sequential reads and writes."};
inline constexpr DurationKey kTrashInterval{
    .name = "fs.trash.interval",
    .fallback = Duration(0),
    .min = Duration(0),
    .unit = TimeUnit::kMinutes,
    .doc = "How long deleted files stay in the trash; 0: they are deleted at once."};
inline constexpr StringKey kUmask{
    .name = "fs.permissions.umask-mode",
    .fallback = "022",
    .doc = "Permission bits that new files and directories do not get, octal (022) or symbolic."};
inline constexpr StringKey kAuthentication{
    .name = "hadoop.security.authentication",
    .fallback = "simple",
    .doc = "simple: the client names its user. Others are not supported yet."};
inline constexpr BoolKey kAuthorization{.name = "hadoop.security.authorization",
                                        .fallback = false,
                                        .doc = "Whether service-level authorization is checked."};
inline constexpr StringKey kTopologyTableFile{
    .name = "net.topology.table.file.name",
    .doc = "File of lines \"host-or-address rack\" that tells which rack a host stands on."};
inline constexpr IntKey kIpcConnectMaxRetries{
    .name = "ipc.client.connect.max.retries",
    .fallback = 10,
    .min = 0,
    .doc = "How often a client tries again to connect to a server that refuses."};
inline constexpr DurationKey kIpcConnectTimeout{.name = "ipc.client.connect.timeout",
                                                .fallback = 20s,
                                                .min = 1ms,
                                                .doc = "How long a client waits for a connection."};
inline constexpr DurationKey kIpcRpcTimeout{
    .name = "ipc.client.rpc-timeout.ms",
    .fallback = 120s,
    .min = Duration(0),
    .doc = "How long a client waits for the answer to a call; 0: for ever, with pings."};
inline constexpr DurationKey kIpcPingInterval{
    .name = "ipc.ping.interval",
    .fallback = 60s,
    .min = 1ms,
    .doc = "How often a waiting client pings its server."};
inline constexpr SizeKey kIpcMaxDataLength{.name = "ipc.maximum.data.length",
                                           .fallback = 128 * kMiB,
                                           .min = 64 * kKiB,
                                           .max = 1 * kGiB,
                                           .doc = "The largest RPC message a server takes."};
inline constexpr DurationKey kIpcConnectionMaxIdle{
    .name = "ipc.client.connection.maxidletime",
    .fallback = 10s,
    .min = 1ms,
    .doc = "A client closes a connection that has been idle for so long."};
inline constexpr StringKey kClusterSecretFile{
    .name = "tusk.cluster.secret.file",
    .doc = "File (mode 0600) with the secret by which the daemons of one cluster know each other."};
inline constexpr StringKey kLogDir{
    .name = "tusk.log.dir",
    .doc = "Directory of the daemons' log files; empty: standard error only."};
inline constexpr StringKey kLogLevel{
    .name = "tusk.log.level",
    .fallback = "info",
    .doc = "Least severe line that is logged: trace, debug, info, warn, error."};

inline constexpr KeyRef kCoreKeys[] = {
    &kDefaultFs,
    &kHadoopTmpDir,
    &kIoFileBufferSize,
    &kTrashInterval,
    &kUmask,
    &kAuthentication,
    &kAuthorization,
    &kTopologyTableFile,
    &kIpcConnectMaxRetries,
    &kIpcConnectTimeout,
    &kIpcRpcTimeout,
    &kIpcPingInterval,
    &kIpcMaxDataLength,
    &kIpcConnectionMaxIdle,
    &kClusterSecretFile,
    &kLogDir,
    &kLogLevel,
};

}  // namespace tusk::keys
