// What a DataNode and its NameNode say to each other, in plain C++.
//
// One stream per (DataNode, NameNode). Upwards: registration, heartbeats, numbered replica events,
// full block reports in chunks, answers to commands. Downwards: the registration's answer,
// commands, acknowledgement of events. The gRPC edges (namenode/link, datanode/link) carry these
// structs as proto/tusk/datanode_link.proto; the cores see only this file.
//
// Events are numbered (incarnation, n): the incarnation is random at each start of the DataNode, n
// counts from 1. A reconnect of the same incarnation resumes after the last number the NameNode
// took; a new incarnation must send a full report. A full report is a snapshot at event N.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/protocol/block.h"
#include "common/protocol/datanode_info.h"

namespace tusk {

struct NamespaceInfo {
  std::string cluster_id;
  std::string block_pool_id;
  int32_t namespace_id = 0;
  int32_t layout_version = 0;
  int64_t creation_time_ms = 0;
};

// ---- upwards -----------------------------------------------------------------------------------

struct DatanodeRegistration {
  DatanodeId id;
  std::string software_version;
  std::string cluster_id;     // empty: a DataNode that has never joined a cluster
  std::string block_pool_id;  // empty likewise
  int32_t namespace_id = 0;
  int32_t layout_version = 0;
  int32_t recovery_port = 0;       // gRPC between DataNodes
  std::string domain_socket_path;  // empty: no descriptors are passed
  uint64_t incarnation = 0;
  std::vector<StorageReport> storages;
};

struct Heartbeat {
  std::vector<StorageReport> storages;
  int32_t xceiver_count = 0;
  int32_t transfers_in_progress = 0;  // copies this node makes for the NameNode
  int32_t failed_volumes = 0;
};

enum class ReplicaEventType : uint8_t {
  kReceiving = 1,  // an rbw exists
  kReceived = 2,   // finalized, with this length and generation stamp
  kDeleted = 3,
};

struct ReplicaEvent {
  uint64_t number = 0;
  ReplicaEventType type = ReplicaEventType::kReceiving;
  Block block;
  std::string storage_uuid;
  std::string delete_hint;  // uuid of the DataNode that may drop its replica (balancer)
};

struct ReplicaEvents {
  std::vector<ReplicaEvent> events;  // consecutive numbers
};

struct ReportedReplica {
  Block block;
  ReplicaState state = ReplicaState::kFinalized;
};

// One chunk of a full report. The first has `first` set, the last `last`; chunks of one report
// carry one `report_id` and the event number the snapshot stands at.
struct BlockReportChunk {
  uint64_t report_id = 0;
  uint64_t at_event = 0;
  bool first = false;
  bool last = false;
  std::string storage_uuid;
  std::vector<ReportedReplica> replicas;
  std::vector<std::string> all_storage_uuids;  // with `last`: every storage the report covered
};

// A replica whose checksum failed, or that cannot be read, on this DataNode or on another.
struct BadReplica {
  Block block;
  std::string datanode_uuid;
  std::string storage_uuid;
};

// Outcome of a recovery this DataNode led as the primary.
struct BlockSynchronization {
  Block block;                           // as the command named it (old generation stamp)
  GenerationStamp new_generation_stamp;  // = the recovery id
  int64_t new_length = 0;
  bool close_file = true;
  bool delete_block = false;                // no replica held anything
  std::vector<std::string> datanode_uuids;  // the new locations
  std::vector<std::string> storage_uuids;
};

// A copy the NameNode asked for did not come about: it goes back to its queue at once.
struct TransferFailed {
  Block block;
  std::string target_uuid;
  std::string error;
};

using DatanodeMessage =
    std::variant<DatanodeRegistration, Heartbeat, ReplicaEvents, BlockReportChunk, BadReplica,
                 BlockSynchronization, TransferFailed>;

// ---- downwards ---------------------------------------------------------------------------------

struct RegistrationAccepted {
  NamespaceInfo namespace_info;
  uint64_t epoch = 0;             // of the NameNode's role; a command with a lower one is ignored
  uint64_t last_event_taken = 0;  // of this incarnation
  bool need_full_report = true;
  int64_t heartbeat_interval_ms = 1000;
};

struct RegistrationRefused {
  std::string message;  // says which ids differ, and where
  bool permanent = true;
};

struct EventsTaken {
  uint64_t up_to = 0;
};

struct TransferBlock {  // copy this finalized replica to the targets (a pipeline)
  ExtendedBlock block;
  std::vector<DatanodeInfo> targets;
  std::vector<StorageType> target_storage_types;
  std::vector<std::string> target_storage_ids;
};

struct InvalidateBlocks {  // delete these replicas, of this or an older generation stamp only
  std::string pool_id;
  std::vector<Block> blocks;
};

struct RecoverBlock {  // be the primary of this block's recovery
  ExtendedBlock block;
  GenerationStamp recovery_id;  // becomes the new generation stamp
  std::vector<DatanodeInfo> locations;
  std::vector<int32_t> recovery_ports;  // one per location
  int64_t truncate_to = -1;             // -1: not a truncate
};

struct SendFullReport {};

struct NamenodeCommand {
  uint64_t epoch = 0;
  std::variant<TransferBlock, InvalidateBlocks, RecoverBlock, SendFullReport> work;
};

using NamenodeMessage =
    std::variant<RegistrationAccepted, RegistrationRefused, EventsTaken, NamenodeCommand>;

}  // namespace tusk
