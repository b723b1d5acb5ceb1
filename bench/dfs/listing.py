"""How long does `hdfs dfs -ls /` take, from start to exit, and how much memory?

Peak memory is the kernel's (ru_maxrss). The stock client's figures are quoted, not run: 0.9 s and
118 MB on the same kind of machine.
"""
from harness.cluster import Cluster
from harness.measure import median
from harness.report import Row

RUNS = 41


def measure(bench):
    with Cluster(bench) as cluster:
        cluster.dfs("-mkdir", "-p", "/user", "/tmp", "/data/in")
        cluster.measured("dfs", "-ls", "/", runs=3)
        runs = cluster.measured("dfs", "-ls", "/", runs=RUNS)
        floor = bench.measured("/bin/ls", "/", runs=RUNS)
    wall = median([run["wall_s"] for run in runs])
    peak = median([run["peak_kib"] / 1024 for run in runs])
    return [
        Row("`dfs -ls /`, wall time", wall, "s", 0.9, "stock client", at_most=0.010,
            note=f"CPU {1000 * median([run['user_s'] + run['system_s'] for run in runs]):.1f} ms"),
        Row("`dfs -ls /`, peak memory", peak, "MB", 118, "stock client", at_most=15),
        Row("`/bin/ls /`, wall time", median([run["wall_s"] for run in floor]), "s"),
    ]
