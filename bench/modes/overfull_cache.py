"""What does an iteration over cached points cost when the cache needs twice what the runners have,
against reading and parsing the text each time?

6 M points take 528 MB; two runners of 128 MB. The other program is the same without Cache().
"""
from harness.cluster import Cluster
from harness.measure import Failed, median, median_ratio
from harness.report import Row
from modes import inputs

POINTS = 6_000_000
GRANT_MB = 128  # containers come in multiples of it
RUNNERS = {"tusk.runner.count": 2, "tusk.runner.memory-mb": GRANT_MB}


def measure(bench):
    with Cluster(bench, settings={"dfs.replication": 1}) as cluster:
        inputs.points(bench, cluster, POINTS, 24)
        peaks = []
        cached, again = bench.pairs(lambda: train(bench, cluster, True, peaks),
                                    lambda: train(bench, cluster, False, peaks), count=3)
    if max(peaks) > GRANT_MB << 20:
        raise Failed(f"a runner took {max(peaks)} bytes of {GRANT_MB} MB")
    return [Row("a cache of twice the grant, an iteration", median(cached), "s", median(again),
                "reading and parsing again", ratio=median_ratio(cached, again), ratio_at_most=1.3,
                note=f"largest runner {max(peaks) / 2**20:.0f} of {GRANT_MB} MB")]


def train(bench, cluster, with_cache, peaks):
    cluster.dfs("-rm", "-r", "-f", "-skipTrash", "/weights")
    program = "lr-rdd" if with_cache else bench.references / "bench_regression_without_cache"
    job = cluster.job(program, "/points", "/weights", 4, settings=RUNNERS)
    peaks.append(job.counter("Tusk Engine", "RUNNER_MEMORY_BYTES_PEAK"))
    return job.later_iterations()
