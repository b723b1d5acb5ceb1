"""One of 4 DataNodes is killed: after how long has each of 300 small blocks its replication again?

300 files of 100 KB at replication 3; from kill -9 until the NameNode counts the node as dead and
nothing as missing or under-replicated. Once with the defaults, once with the settings for lessons.
"""
import re
import time

from harness.cluster import Cluster
from harness.measure import eventually, kill_hard
from harness.report import Row

FILES = 300

# What docs/operations.md recommends for lessons.
TEACHING = {
    "dfs.heartbeat.interval": "200ms",
    "dfs.namenode.heartbeat.recheck-interval": "250",
}


def measure(bench):
    source = bench.new_folder("blocks")
    for i in range(FILES):
        (source / f"file{i}").write_bytes(bytes([i % 251]) * 100_000)
    return [
        Row("a DataNode of 4 killed, 300 blocks: all healthy, default settings",
            recover(bench, source, {}), "s", 1000, "stock Hadoop", at_most=40),
        Row("the same, settings for lessons", recover(bench, source, TEACHING), "s", 15,
            "stock Hadoop with wide limits", at_most=5),
    ]


def recover(bench, source, settings):
    with Cluster(bench, workers=4, settings=settings) as cluster:
        cluster.dfs("-put", source, "/blocks")
        victim = cluster.daemons()["datanode-127.0.10.2"]
        began = time.monotonic()
        kill_hard(victim)
        eventually(300, lambda: healed(cluster), "all blocks have their replication")
        return time.monotonic() - began


def healed(cluster):
    state = cluster.namenode_bean("FSNamesystem")
    if state["NumDeadDataNodes"] != 1 or state["UnderReplicatedBlocks"] != 0:
        return False
    text = cluster.tusk("fsck", "/blocks").stdout  # every block's replicas, counted
    return (re.search(r"Total blocks \(validated\):\s+300 ", text) is not None
            and re.search(r"Average block replication:\s+3\.0\s", text) is not None)
