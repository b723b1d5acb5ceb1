// Keys of hdfs-site.xml: NameNode, DataNode and their clients.
//
// The table that conf/hdfs-default.xml is generated from: a new key is declared here and entered in
// the list at the end (a test compares the two). Only keys that something reads stand here.
#pragma once

#include <chrono>

#include "common/config/config_key.h"

namespace tusk::keys {

using namespace std::chrono_literals;  // NOLINT: the defaults read as 10s

inline constexpr IntKey kReplication{
    .name = "dfs.replication",
    .fallback = 3,
    .min = 1,
    .max = 512,
    .doc = "Replicas of a file's blocks when its writer does not say."};
inline constexpr SizeKey kBlockSize{.name = "dfs.blocksize",
                                    .fallback = 128 * kMiB,
                                    .min = 512,
                                    .doc = "Block size of a file when its writer does not say."};
inline constexpr IntKey kReplicationMin{
    .name = "dfs.namenode.replication.min",
    .fallback = 1,
    .min = 1,
    .doc = "Replicas a block must have before its file can be closed."};
inline constexpr IntKey kReplicationMax{.name = "dfs.replication.max",
                                        .fallback = 512,
                                        .min = 1,
                                        .doc = "Most replicas a file may ask for."};
inline constexpr StringKey kNameNodeRpcAddress{
    .name = "dfs.namenode.rpc-address",
    .doc = "host:port of the NameNode's RPC; empty: the authority of fs.defaultFS."};
inline constexpr StringKey kNameNodeRpcBindHost{
    .name = "dfs.namenode.rpc-bind-host",
    .doc = "Address the NameNode's RPC listens on; empty: that of its address."};
inline constexpr StringKey kNameNodeHttpAddress{
    .name = "dfs.namenode.http-address",
    .fallback = "0.0.0.0:9870",
    .doc = "host:port of the NameNode's web page, metrics, fsck and WebHDFS."};
inline constexpr StringKey kNameNodeLinkAddress{
    .name = "tusk.namenode.link.address",
    .doc =
        "host:port where DataNodes reach the NameNode (gRPC); empty: the RPC address's host, port "
        "8021."};
inline constexpr ListKey kNameDirs{.name = "dfs.namenode.name.dir",
                                   .fallback = "file://${hadoop.tmp.dir}/dfs/name",
                                   .doc = "Directories of the namespace image, each a full copy."};
inline constexpr ListKey kEditsDirs{.name = "dfs.namenode.edits.dir",
                                    .fallback = "${dfs.namenode.name.dir}",
                                    .doc = "Directories of the edit log."};
inline constexpr IntKey kNameNodeHandlers{
    .name = "dfs.namenode.handler.count",
    .fallback = 10,
    .min = 1,
    .max = 1000,
    .doc = "Threads for calls that may take long; fast calls need none."};
inline constexpr IntKey kRetryCacheEntries{.name = "tusk.namenode.retry-cache.entries",
                                           .fallback = 1000000,
                                           .min = 1000,
                                           .doc = "Answers kept for clients that repeat a call."};
inline constexpr DurationKey kHeartbeatInterval{
    .name = "dfs.heartbeat.interval",
    .fallback = 1s,
    .min = 100ms,
    .unit = TimeUnit::kSeconds,
    .doc = "How often a DataNode reports to its NameNodes. Hadoop: 3 s."};
inline constexpr DurationKey kHeartbeatRecheckInterval{
    .name = "dfs.namenode.heartbeat.recheck-interval",
    .fallback = 10s,
    .min = 100ms,
    .doc =
        "A DataNode counts as dead after 2 x this + 10 x dfs.heartbeat.interval. Hadoop: 5 min."};
inline constexpr DurationKey kStaleDatanodeInterval{
    .name = "dfs.namenode.stale.datanode.interval",
    .fallback = 3s,
    .min = 100ms,
    .doc = "A DataNode silent for so long is the last choice for reads and writes. Hadoop: 30 s."};
inline constexpr DoubleKey kSafemodeThreshold{
    .name = "dfs.namenode.safemode.threshold-pct",
    .fallback = 0.999,
    .min = 0,
    .max = 1.5,
    .doc = "Share of complete blocks that must be reported before safe mode ends."};
inline constexpr DurationKey kSafemodeExtension{
    .name = "dfs.namenode.safemode.extension",
    .fallback = Duration(0),
    .min = Duration(0),
    .doc = "How long safe mode goes on after its threshold. Hadoop: 30 s."};
inline constexpr IntKey kSafemodeMinDatanodes{
    .name = "dfs.namenode.safemode.min.datanodes",
    .fallback = 0,
    .min = 0,
    .doc = "DataNodes that must be alive before safe mode ends."};
inline constexpr DurationKey kRedundancyInterval{
    .name = "dfs.namenode.redundancy.interval.seconds",
    .fallback = 3s,
    .min = 10ms,
    .unit = TimeUnit::kSeconds,
    .doc = "How often blocks with too few replicas are looked through."};
inline constexpr IntKey kReplicationMaxStreams{
    .name = "dfs.namenode.replication.max-streams",
    .fallback = 2,
    .min = 1,
    .doc = "Copies one DataNode makes at a time for re-replication."};
inline constexpr IntKey kReplicationMaxStreamsHard{
    .name = "dfs.namenode.replication.max-streams-hard-limit",
    .fallback = 4,
    .min = 1,
    .doc = "The same for the most urgent blocks."};
inline constexpr IntKey kReplicationWorkMultiplier{
    .name = "dfs.namenode.replication.work.multiplier.per.iteration",
    .fallback = 2,
    .min = 1,
    .doc = "Blocks handed out per DataNode and round of re-replication."};
inline constexpr DurationKey kCheckpointPeriod{.name = "dfs.namenode.checkpoint.period",
                                               .fallback = 1h,
                                               .min = 1s,
                                               .unit = TimeUnit::kSeconds,
                                               .doc = "Longest time between two checkpoints."};
inline constexpr IntKey kCheckpointTxns{.name = "dfs.namenode.checkpoint.txns",
                                        .fallback = 1000000,
                                        .min = 1,
                                        .doc = "Edits after which a checkpoint is written."};
inline constexpr IntKey kMaxComponentLength{
    .name = "dfs.namenode.fs-limits.max-component-length",
    .fallback = 255,
    .min = 0,
    .doc = "Longest name of a file or directory, in bytes of UTF-8; 0: no bound."};
inline constexpr IntKey kMaxDirectoryItems{.name = "dfs.namenode.fs-limits.max-directory-items",
                                           .fallback = 1048576,
                                           .min = 1,
                                           .max = 6400000,
                                           .doc = "Most entries of one directory."};
inline constexpr SizeKey kMinBlockSize{.name = "dfs.namenode.fs-limits.min-block-size",
                                       .fallback = 1 * kMiB,
                                       .min = 0,
                                       .doc = "Smallest block size a file may ask for."};
inline constexpr IntKey kMaxBlocksPerFile{.name = "dfs.namenode.fs-limits.max-blocks-per-file",
                                          .fallback = 10000,
                                          .min = 1,
                                          .doc = "Most blocks of one file."};
inline constexpr DurationKey kAccessTimePrecision{
    .name = "dfs.namenode.accesstime.precision",
    .fallback = 1h,
    .min = Duration(0),
    .doc = "Access times are exact to this; 0: not kept."};
inline constexpr BoolKey kPermissionsEnabled{
    .name = "dfs.permissions.enabled", .fallback = true, .doc = "Whether permissions are checked."};
inline constexpr StringKey kSuperuserGroup{.name = "dfs.permissions.superusergroup",
                                           .fallback = "supergroup",
                                           .doc = "Members of this group are superusers."};
inline constexpr IntKey kListLimit{.name = "dfs.ls.limit",
                                   .fallback = 1000,
                                   .min = 1,
                                   .doc = "Entries of one answer to a listing."};
inline constexpr DurationKey kLeaseSoftLimit{
    .name = "tusk.namenode.lease.soft-limit",
    .fallback = 60s,
    .min = 1ms,
    .doc = "After so long without renewal another writer may take a file over."};
inline constexpr DurationKey kLeaseHardLimit{
    .name = "dfs.namenode.lease-hard-limit-sec",
    .fallback = 20min,
    .min = 1ms,
    .unit = TimeUnit::kSeconds,
    .doc = "After so long without renewal the NameNode closes the file."};
inline constexpr StringKey kHostsFile{
    .name = "dfs.hosts", .doc = "File of the hosts whose DataNodes may register; empty: all."};
inline constexpr StringKey kHostsExcludeFile{
    .name = "dfs.hosts.exclude", .doc = "File of the hosts whose DataNodes are turned away."};
inline constexpr StringKey kDataNodeAddress{.name = "dfs.datanode.address",
                                            .fallback = "0.0.0.0:9866",
                                            .doc = "host:port where a DataNode takes block data."};
inline constexpr StringKey kDataNodeHttpAddress{
    .name = "dfs.datanode.http.address",
    .fallback = "0.0.0.0:9864",
    .doc = "host:port of a DataNode's web page and metrics."};
inline constexpr StringKey kDataNodeIpcAddress{.name = "dfs.datanode.ipc.address",
                                               .fallback = "0.0.0.0:9867",
                                               .doc = "host:port of a DataNode's RPC."};
inline constexpr StringKey kDataNodeLinkAddress{
    .name = "tusk.datanode.link.address",
    .fallback = "0.0.0.0:9869",
    .doc = "host:port where DataNodes reach each other for block recovery (gRPC)."};
inline constexpr StringKey kDataNodeHostName{
    .name = "dfs.datanode.hostname",
    .doc = "The name a DataNode registers under; empty: that of its address or machine."};
inline constexpr ListKey kDataDirs{.name = "dfs.datanode.data.dir",
                                   .fallback = "file://${hadoop.tmp.dir}/dfs/data",
                                   .doc =
                                       "Directories of replicas, one per disk, with an optional "
                                       "[SSD], [DISK], [ARCHIVE] or [RAM_DISK] in front."};
inline constexpr SizeKey kDuReserved{.name = "dfs.datanode.du.reserved",
                                     .fallback = 0,
                                     .min = 0,
                                     .doc = "Bytes per volume that a DataNode leaves to others."};
inline constexpr IntKey kFailedVolumesTolerated{
    .name = "dfs.datanode.failed.volumes.tolerated",
    .fallback = 0,
    .min = -1,
    .doc = "Volumes that may fail before the DataNode stops."};
inline constexpr IntKey kMaxTransferThreads{.name = "dfs.datanode.max.transfer.threads",
                                            .fallback = 4096,
                                            .min = 1,
                                            .doc = "Block streams a DataNode moves at a time."};
inline constexpr SizeKey kBalanceBandwidth{
    .name = "dfs.datanode.balance.bandwidthPerSec",
    .fallback = 100 * kMiB,
    .min = 1 * kKiB,
    .doc = "Bytes per second a DataNode spends on balancing."};
inline constexpr BoolKey kSyncOnClose{
    .name = "dfs.datanode.synconclose",
    .fallback = true,
    .doc = "Whether a replica is on the disk before its file counts as closed. Hadoop: false."};
inline constexpr BoolKey kUseDatanodeHostname{
    .name = "dfs.client.use.datanode.hostname",
    .fallback = false,
    .doc = "Whether clients connect to a DataNode by name instead of address."};
inline constexpr BoolKey kShortCircuit{.name = "dfs.client.read.shortcircuit",
                                       .fallback = true,
                                       .doc =
                                           "Whether readers on a DataNode's own host read through "
                                           "descriptors it passes. Hadoop: false."};
inline constexpr StringKey kDomainSocketPath{
    .name = "dfs.domain.socket.path",
    .doc = "Unix socket of the DataNode for local readers; _PORT in it stands for the data port."};
inline constexpr StringKey kTuskDomainSocketPath{
    .name = "tusk.domain.socket.path",
    .doc =
        "The same for our own daemons and clients; _HOST in it stands for the DataNode's address. "
        "Wins over dfs.domain.socket.path."};
inline constexpr DurationKey kClientSocketTimeout{
    .name = "dfs.client.socket-timeout",
    .fallback = 60s,
    .min = 1ms,
    .doc = "How long a client waits for bytes from a DataNode."};
inline constexpr DurationKey kDataNodeWriteTimeout{
    .name = "dfs.datanode.socket.write.timeout",
    .fallback = 8min,
    .min = 1ms,
    .doc = "How long bytes may wait to be taken by the other end."};
inline constexpr SizeKey kWritePacketSize{.name = "dfs.client-write-packet-size",
                                          .fallback = 64 * kKiB,
                                          .min = 512,
                                          .max = 16 * kMiB,
                                          .doc = "Bytes of data in one packet of a pipeline."};
inline constexpr IntKey kBytesPerChecksum{.name = "dfs.bytes-per-checksum",
                                          .fallback = 512,
                                          .min = 1,
                                          .max = 1048576,
                                          .doc = "Bytes that share one checksum."};
inline constexpr StringKey kChecksumType{
    .name = "dfs.checksum.type", .fallback = "CRC32C", .doc = "CRC32C, CRC32 or NULL."};
inline constexpr BoolKey kReplaceDatanodeEnable{
    .name = "dfs.client.block.write.replace-datanode-on-failure.enable",
    .fallback = true,
    .doc = "Whether a writer asks for another DataNode in place of one that failed."};
inline constexpr StringKey kReplaceDatanodePolicy{
    .name = "dfs.client.block.write.replace-datanode-on-failure.policy",
    .fallback = "DEFAULT",
    .doc = "ALWAYS, NEVER or DEFAULT (with 3 replicas or more, when few are left)."};
inline constexpr BoolKey kReplaceDatanodeBestEffort{
    .name = "dfs.client.block.write.replace-datanode-on-failure.best-effort",
    .fallback = true,
    .doc =
        "Whether a writer goes on without a replacement when there is none; the NameNode copies "
        "the "
        "block later. Hadoop: false, so that on three DataNodes the loss of one ends every write "
        "that was flushed."};
inline constexpr IntKey kBlockWriteRetries{
    .name = "dfs.client.block.write.retries",
    .fallback = 3,
    .min = 0,
    .doc = "How often a writer asks for other DataNodes when a pipeline cannot be set up."};
inline constexpr IntKey kLocateFollowingBlockRetries{
    .name = "dfs.client.block.write.locateFollowingBlock.retries",
    .fallback = 5,
    .min = 0,
    .doc = "How often a writer asks again for the next block or the close."};
inline constexpr ListKey kLocalInterfaces{
    .name = "dfs.client.local.interfaces",
    .doc =
        "Local address a client binds its connections to. Then it stands on that worker only; "
        "without one it stands on the machine."};
inline constexpr IntKey kClientFailoverMaxAttempts{
    .name = "dfs.client.failover.max.attempts",
    .fallback = 15,
    .min = 0,
    .doc = "How often a client turns to the other NameNode."};
inline constexpr DurationKey kClientFailoverSleepBase{
    .name = "dfs.client.failover.sleep.base.millis",
    .fallback = 500ms,
    .min = Duration(0),
    .doc = "First pause between two of these."};
inline constexpr DurationKey kClientFailoverSleepMax{.name = "dfs.client.failover.sleep.max.millis",
                                                     .fallback = 15s,
                                                     .min = Duration(0),
                                                     .doc = "Longest pause between two of these."};
inline constexpr StringKey kChecksumCombineMode{
    .name = "dfs.checksum.combine.mode",
    .fallback = "MD5MD5CRC",
    .doc = "How a file's checksum is made of its blocks': MD5MD5CRC or COMPOSITE_CRC."};

inline constexpr KeyRef kHdfsKeys[] = {
    &kReplication,
    &kBlockSize,
    &kReplicationMin,
    &kReplicationMax,
    &kNameNodeRpcAddress,
    &kNameNodeRpcBindHost,
    &kNameNodeHttpAddress,
    &kNameNodeLinkAddress,
    &kNameDirs,
    &kEditsDirs,
    &kNameNodeHandlers,
    &kRetryCacheEntries,
    &kHeartbeatInterval,
    &kHeartbeatRecheckInterval,
    &kStaleDatanodeInterval,
    &kSafemodeThreshold,
    &kSafemodeExtension,
    &kSafemodeMinDatanodes,
    &kRedundancyInterval,
    &kReplicationMaxStreams,
    &kReplicationMaxStreamsHard,
    &kReplicationWorkMultiplier,
    &kCheckpointPeriod,
    &kCheckpointTxns,
    &kMaxComponentLength,
    &kMaxDirectoryItems,
    &kMinBlockSize,
    &kMaxBlocksPerFile,
    &kAccessTimePrecision,
    &kPermissionsEnabled,
    &kSuperuserGroup,
    &kListLimit,
    &kLeaseSoftLimit,
    &kLeaseHardLimit,
    &kHostsFile,
    &kHostsExcludeFile,
    &kDataNodeAddress,
    &kDataNodeHttpAddress,
    &kDataNodeIpcAddress,
    &kDataNodeLinkAddress,
    &kDataNodeHostName,
    &kDataDirs,
    &kDuReserved,
    &kFailedVolumesTolerated,
    &kMaxTransferThreads,
    &kBalanceBandwidth,
    &kSyncOnClose,
    &kUseDatanodeHostname,
    &kShortCircuit,
    &kDomainSocketPath,
    &kTuskDomainSocketPath,
    &kClientSocketTimeout,
    &kDataNodeWriteTimeout,
    &kWritePacketSize,
    &kBytesPerChecksum,
    &kChecksumType,
    &kReplaceDatanodeEnable,
    &kReplaceDatanodePolicy,
    &kReplaceDatanodeBestEffort,
    &kBlockWriteRetries,
    &kLocateFollowingBlockRetries,
    &kLocalInterfaces,
    &kClientFailoverMaxAttempts,
    &kClientFailoverSleepBase,
    &kClientFailoverSleepMax,
    &kChecksumCombineMode,
};

}  // namespace tusk::keys
