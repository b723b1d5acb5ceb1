"""How long does a put of 1,000 files of 10 KB take, 8 at a time, against the same files made durable
on the same disk without a file system of ours?

The reference writes each file, syncs it and syncs its folder, with 8 threads; for replication 3 it
writes three of each. What was written is deleted at the end only: ext4 looks long for an inode that
was not freed in the last seconds.
"""
import time

from harness.cluster import Cluster
from harness.measure import Failed, median, median_ratio
from harness.report import Row

FILES = 1000
BYTES = 10_000


def measure(bench):
    source = bench.new_folder("small")
    for i in range(FILES):
        (source / f"file{i}").write_bytes(bytes([i % 251]) * BYTES)
    rows = []
    with Cluster(bench) as cluster:
        for replication, bound in ((1, 1.0), (3, None)):
            put, files = bench.pairs(lambda: put_all(cluster, source, replication),
                                     lambda: write_all(bench, replication))
            rows.append(Row(f"put of 1,000 x 10 KB, `-t 8`, replication {replication}", median(put),
                            "s", median(files), f"{replication * FILES:,} files, each synced",
                            ratio=median_ratio(put, files), at_most=bound))
    return rows


def put_all(cluster, source, replication):
    target = f"/small-{time.time_ns()}"
    [run] = cluster.measured("dfs", "-D", f"dfs.replication={replication}", "-put", "-t", "8",
                             source, target)
    [count] = cluster.dfs("-count", target).stdout.splitlines()
    if count.split()[1:3] != [str(FILES), str(FILES * BYTES)]:
        raise Failed(f"put wrote other files: {count}")
    return run["wall_s"]


def write_all(bench, copies):
    folder = bench.new_folder("files")
    return bench.reference("bench_disk_reference", "files", FILES, BYTES, 8, copies,
                           folder)["wall_s"]
