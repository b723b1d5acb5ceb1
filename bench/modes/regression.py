"""What does an iteration of logistic regression over 5 M points of 10 features take: over cached
points against a two-thread loop over the same doubles, and in a chain of MapReduce jobs against
reading and parsing the text once?

The loop is compiled for this machine; its share of the memory's read bandwidth is measured in the
same process. Iterations are medians of those after the first. The ratio of the modes is not a
target: it is the cost of reading, parsing and starting a job each time.
"""
from harness.cluster import Cluster
from harness.measure import Failed, median, median_ratio
from harness.report import Row
from modes import inputs

POINTS = 5_000_000
FILES = 6
MEMORY_ITERATIONS = 10
DISK_ITERATIONS = 3


def measure(bench):
    with Cluster(bench, settings={"dfs.replication": 1}) as cluster:
        files = inputs.points(bench, cluster, POINTS, FILES)
        loops = []
        cached, loop = bench.pairs(lambda: train_cached(cluster),
                                   lambda: train_alone(bench, files, loops))
        chained, parsed = bench.pairs(lambda: train_chained(cluster),
                                      lambda: parse_alone(bench, files, loops))
    for found in loops:
        if found["points"] != POINTS:
            raise Failed(f"the reference parsed {found['points']} points")
    share = median([found["share_of_bandwidth"] for found in loops])
    bandwidth = median([found["read_bytes_per_s"] for found in loops]) / 1e9
    return [
        Row("logistic regression 5 M x 10, iteration over cached points", median(cached), "s",
            median(loop), f"two-thread loop at {100 * share:.0f} % of {bandwidth:.0f} GB/s",
            ratio=median_ratio(cached, loop), ratio_at_most=1.3),
        Row("the same by a chain of MapReduce jobs, disk mode", median(chained), "s",
            median(parsed), "reading and parsing the text once, two threads",
            ratio=median_ratio(chained, parsed), ratio_at_most=1.5),
        Row("disk mode against memory mode, an iteration", median(chained), "s", median(cached),
            "cached points", ratio=median_ratio(chained, cached)),
    ]


def train_cached(cluster):
    cluster.dfs("-rm", "-r", "-f", "-skipTrash", "/weights")
    return cluster.job("lr-rdd", "/points", "/weights", MEMORY_ITERATIONS).later_iterations()


def train_chained(cluster):
    cluster.dfs("-rm", "-r", "-f", "-skipTrash", "/weights")
    return cluster.job("lr-mapreduce", "/points", "/weights", DISK_ITERATIONS,
                       mode="disk").later_iterations()


def train_alone(bench, files, loops):
    loops.append(bench.reference("bench_regression_reference", 2, 20, *files))
    return loops[-1]["iteration_s"]


def parse_alone(bench, files, loops):
    loops.append(bench.reference("bench_regression_reference", 2, 1, *files))
    return loops[-1]["parse_s"]
