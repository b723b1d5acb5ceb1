"""How much memory do all daemons of a cluster of 3 workers take together while nothing happens?

The sum of Pss: a page that several processes share counts once.
"""
import time

from harness.cluster import Cluster
from harness.measure import pss_bytes
from harness.report import Row


def measure(bench):
    with Cluster(bench) as cluster:
        time.sleep(5)  # what the start has left behind goes
        by_kind = {}
        for name, pid in cluster.daemons().items():
            by_kind.setdefault(name.split("-")[0], []).append(pss_bytes(pid) / 1e6)
    total = sum(sum(values) for values in by_kind.values())
    parts = ", ".join(f"{kind} {sum(values) / len(values):.1f}"
                      for kind, values in sorted(by_kind.items()))
    return [Row("idle, 3 workers, 8 daemons", total, "MB", 1140, "stock Hadoop", at_most=150,
                note=f"each, MB: {parts}")]
