// Keys of yarn-site.xml: ResourceManager, NodeManager and their clients.
//
// The table that conf/yarn-default.xml is generated from: a new key is declared here and entered in
// the list at the end (a test compares the two). Only keys that something reads stand here.
#pragma once

#include <chrono>

#include "common/config/config_key.h"

namespace tusk::keys {

using namespace std::chrono_literals;  // NOLINT: the defaults read as 10s

inline constexpr StringKey kResourceManagerHost{.name = "yarn.resourcemanager.hostname",
                                                .fallback = "0.0.0.0",
                                                .doc = "Host of the ResourceManager."};
inline constexpr StringKey kResourceManagerAddress{
    .name = "yarn.resourcemanager.address",
    .fallback = "${yarn.resourcemanager.hostname}:8032",
    .doc = "host:port where clients submit applications."};
inline constexpr StringKey kResourceManagerSchedulerAddress{
    .name = "yarn.resourcemanager.scheduler.address",
    .fallback = "${yarn.resourcemanager.hostname}:8030",
    .doc = "host:port where application masters ask for containers."};
inline constexpr StringKey kResourceManagerWebAddress{
    .name = "yarn.resourcemanager.webapp.address",
    .fallback = "${yarn.resourcemanager.hostname}:8088",
    .doc = "host:port of the ResourceManager's web page and metrics."};
inline constexpr StringKey kResourceManagerLinkAddress{
    .name = "tusk.resourcemanager.link.address",
    .fallback = "${yarn.resourcemanager.hostname}:8031",
    .doc = "host:port where NodeManagers reach the ResourceManager (gRPC)."};
inline constexpr IntKey kAmMaxAttempts{
    .name = "yarn.resourcemanager.am.max-attempts",
    .fallback = 2,
    .min = 1,
    .doc = "How often an application's master is started before the application fails."};
inline constexpr DurationKey kAmExpiry{
    .name = "yarn.am.liveness-monitor.expiry-interval-ms",
    .fallback = 60s,
    .min = 100ms,
    .doc = "A master silent for so long counts as dead. Hadoop: 10 min."};
inline constexpr DurationKey kNodeExpiry{
    .name = "yarn.nm.liveness-monitor.expiry-interval-ms",
    .fallback = 10s,
    .min = 100ms,
    .doc = "A NodeManager silent for so long counts as lost. Hadoop: 10 min."};
inline constexpr IntKey kMinimumAllocationMb{
    .name = "yarn.scheduler.minimum-allocation-mb",
    .fallback = 64,
    .min = 1,
    .doc = "Memory asks are rounded up to a multiple of this. Hadoop: 1024."};
inline constexpr IntKey kMaximumAllocationMb{
    .name = "yarn.scheduler.maximum-allocation-mb",
    .fallback = 1048576,
    .min = 1,
    .doc = "Most memory of one container; also bounded by the largest node."};
inline constexpr IntKey kMinimumAllocationVcores{.name = "yarn.scheduler.minimum-allocation-vcores",
                                                 .fallback = 1,
                                                 .min = 1,
                                                 .doc = "Fewest vcores of one container."};
inline constexpr IntKey kMaximumAllocationVcores{
    .name = "yarn.scheduler.maximum-allocation-vcores",
    .fallback = 1024,
    .min = 1,
    .doc = "Most vcores of one container; also bounded by the largest node."};
inline constexpr StringKey kNodeManagerHost{
    .name = "yarn.nodemanager.hostname",
    .doc = "Host of the NodeManager, as it registers; empty: the machine's name."};
inline constexpr StringKey kNodeManagerAddress{.name = "yarn.nodemanager.address",
                                               .fallback = "0.0.0.0:8041",
                                               .doc = "host:port where masters start containers."};
inline constexpr StringKey kNodeManagerWebAddress{
    .name = "yarn.nodemanager.webapp.address",
    .fallback = "0.0.0.0:8042",
    .doc = "host:port of the NodeManager's web page, logs and metrics."};
inline constexpr StringKey kLocalFileServiceAddress{
    .name = "tusk.nodemanager.local-files.address",
    .fallback = "0.0.0.0:13562",
    .doc = "host:port where applications fetch each other's local files (map outputs)."};
inline constexpr IntKey kNodeMemoryMb{
    .name = "yarn.nodemanager.resource.memory-mb",
    .fallback = -1,
    .min = -1,
    .doc = "Memory for containers; -1: three quarters of the machine's."};
inline constexpr IntKey kNodeVcores{.name = "yarn.nodemanager.resource.cpu-vcores",
                                    .fallback = -1,
                                    .min = -1,
                                    .doc = "vcores for containers; -1: the machine's cores."};
inline constexpr ListKey kNodeLocalDirs{
    .name = "yarn.nodemanager.local-dirs",
    .fallback = "${hadoop.tmp.dir}/nm-local-dir",
    .doc = "Directories for localized files and what containers write."};
inline constexpr ListKey kNodeLogDirs{.name = "yarn.nodemanager.log-dirs",
                                      .fallback = "${hadoop.tmp.dir}/nm-logs",
                                      .doc = "Directories of containers' logs."};
inline constexpr BoolKey kPmemCheck{
    .name = "yarn.nodemanager.pmem-check-enabled",
    .fallback = true,
    .doc = "Whether a container that takes more memory than it was given is killed."};
inline constexpr DurationKey kLogRetain{.name = "yarn.nodemanager.log.retain-seconds",
                                        .fallback = 72h,
                                        .min = Duration(0),
                                        .unit = TimeUnit::kSeconds,
                                        .doc = "How long containers' logs are kept."};
inline constexpr DoubleKey kMaxDiskUtilization{
    .name = "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage",
    .fallback = 90.0,
    .min = 0,
    .max = 100,
    .doc = "A fuller local directory takes no new work."};
inline constexpr DurationKey kNodeLocalityDelay{
    .name = "tusk.scheduler.node-locality-delay",
    .fallback = 200ms,
    .min = Duration(0),
    .doc =
        "How long an ask for a busy node waits for it before it takes another node of its rack."};
inline constexpr DurationKey kRackLocalityDelay{
    .name = "tusk.scheduler.rack-locality-delay",
    .fallback = 200ms,
    .min = Duration(0),
    .doc = "And how long it then waits for its rack before it takes any node."};
inline constexpr DoubleKey kMasterShare{
    .name = "yarn.scheduler.capacity.maximum-am-resource-percent",
    .fallback = 0.5,
    .min = 0,
    .max = 1,
    .doc =
        "Share of the cluster that application masters may hold together; one master may always "
        "start. Hadoop: 0.1."};
inline constexpr IntKey kMaxCompletedApplications{
    .name = "yarn.resourcemanager.max-completed-applications",
    .fallback = 1000,
    .min = 1,
    .doc = "Ended applications that are still listed."};
inline constexpr DurationKey kNodeHeartbeatInterval{
    .name = "yarn.resourcemanager.nodemanagers.heartbeat-interval-ms",
    .fallback = 1s,
    .min = 10ms,
    .doc = "How often a NodeManager says that it lives; news travels at once."};
inline constexpr DurationKey kKillDelay{.name = "yarn.nodemanager.sleep-delay-before-sigkill.ms",
                                        .fallback = 250ms,
                                        .min = Duration(0),
                                        .doc = "Between SIGTERM and SIGKILL to a container."};
inline constexpr IntKey kLocalizerCacheTarget{
    .name = "yarn.nodemanager.localizer.cache.target-size-mb",
    .fallback = 10240,
    .min = 0,
    .doc = "Localized files that nobody uses go when there are more than this (MB)."};
inline constexpr ListKey kEnvWhitelist{
    .name = "yarn.nodemanager.env-whitelist",
    .fallback =
        "JAVA_HOME,HADOOP_COMMON_HOME,HADOOP_HDFS_HOME,HADOOP_CONF_DIR,"
        "CLASSPATH_PREPEND_DISTCACHE,HADOOP_YARN_HOME,HADOOP_HOME,PATH,LANG,TZ,TUSK_CONF_DIR",
    .doc = "Variables of the NodeManager that containers inherit unless they set them."};

inline constexpr KeyRef kYarnKeys[] = {
    &kResourceManagerHost,
    &kResourceManagerAddress,
    &kResourceManagerSchedulerAddress,
    &kResourceManagerWebAddress,
    &kResourceManagerLinkAddress,
    &kAmMaxAttempts,
    &kAmExpiry,
    &kNodeExpiry,
    &kMinimumAllocationMb,
    &kMaximumAllocationMb,
    &kMinimumAllocationVcores,
    &kMaximumAllocationVcores,
    &kNodeManagerHost,
    &kNodeManagerAddress,
    &kNodeManagerWebAddress,
    &kLocalFileServiceAddress,
    &kNodeMemoryMb,
    &kNodeVcores,
    &kNodeLocalDirs,
    &kNodeLogDirs,
    &kPmemCheck,
    &kLogRetain,
    &kMaxDiskUtilization,
    &kNodeLocalityDelay,
    &kRackLocalityDelay,
    &kMasterShare,
    &kMaxCompletedApplications,
    &kNodeHeartbeatInterval,
    &kKillDelay,
    &kLocalizerCacheTarget,
    &kEnvWhitelist,
};

}  // namespace tusk::keys
