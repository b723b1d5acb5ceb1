"""How long do put and get of 1 GiB take, against copies on the same disk that do the same work?

put: against `cp` with the same fallocate and fdatasync, as many copies at once as there are
replicas. get: against `cp` of cached pages; neither syncs. The source is in the page cache. The
shell and the DataNodes are on one machine, so what a user gets is a read by descriptor; the second
row is the same read over TCP, as on another machine, still without a network between.
"""
import os
import shutil

from harness.cluster import Cluster
from harness.measure import Failed, median, median_ratio
from harness.report import Row

BYTES = 1 << 30
OVER_TCP = ("-D", "dfs.client.read.shortcircuit=false")


def measure(bench):
    folder = bench.new_folder("transfer")
    source = folder / "source"
    make_source(source)
    rows = []
    with Cluster(bench) as cluster:
        for replication in (1, 3):
            put, copy = bench.pairs(lambda: put_one(cluster, source, replication),
                                    lambda: copy_durably(bench, folder, source, replication))
            rows.append(Row(f"put of 1 GiB, replication {replication}", median(put), "s",
                            median(copy), f"{replication} synced cop{'y' if replication == 1 else 'ies'}",
                            ratio=median_ratio(put, copy), ratio_at_most=1.25))
        cluster.dfs("-D", "dfs.replication=1", "-put", source, "/gigabyte")
        ways = (("get of 1 GiB, default settings: by descriptor", (), {"ratio_at_most": 1.5}),
                ("get of 1 GiB over TCP, as from another machine", OVER_TCP, {}))
        for what, settings, target in ways:
            get, copy = bench.pairs(lambda: get_one(cluster, folder / "got", settings),
                                    lambda: copy_cached(bench, source, folder / "copy"))
            rows.append(Row(what, median(get), "s", median(copy), "`cp` of cached pages",
                            ratio=median_ratio(get, copy), **target))
    shutil.rmtree(folder)
    return rows


def make_source(path):
    piece = os.urandom(1 << 20)
    with open(path, "wb") as out:
        for i in range(BYTES >> 20):
            out.write(i.to_bytes(8, "big") + piece[8:])
        os.fsync(out.fileno())


def put_one(cluster, source, replication):
    [run] = cluster.measured("dfs", "-D", f"dfs.replication={replication}", "-put", source, "/put")
    [size] = cluster.dfs("-stat", "%b %r", "/put").stdout.splitlines()
    if size != f"{BYTES} {replication}":
        raise Failed(f"put wrote {size}")
    cluster.dfs("-rm", "-skipTrash", "/put")
    return run["wall_s"]


def copy_durably(bench, folder, source, copies):
    targets = [folder / f"copy{i}" for i in range(copies)]
    seconds = bench.measured(bench.references / "bench_disk_reference", "copy", source,
                             *targets)[0]["wall_s"]
    for target in targets:
        target.unlink()
    return seconds


def get_one(cluster, target, settings):
    [run] = cluster.measured("dfs", *settings, "-get", "/gigabyte", target)
    if target.stat().st_size != BYTES:
        raise Failed("get lost bytes")
    target.unlink()
    return run["wall_s"]


def copy_cached(bench, source, target):
    seconds = bench.measured("/bin/cp", "--reflink=never", source, target)[0]["wall_s"]
    target.unlink()
    return seconds
