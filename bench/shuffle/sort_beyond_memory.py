"""Does a sort of four times the memory of all its containers end within their grants, and how long
does it take against GNU sort with as much memory?

3 runners of 128 MB, 1.5 GB of records. Each runner's peak is its own measurement of its anonymous
and shared memory.
"""
from harness.cluster import Cluster
from harness.measure import median, median_ratio
from harness.report import Row
from modes import inputs
from shuffle.sort import gnu_sort, validate

GRANT_MB = 128
RUNNERS = 3
RECORDS = 4 * RUNNERS * GRANT_MB * 2**20 // 100
SETTINGS = {"tusk.runner.count": RUNNERS, "tusk.runner.memory-mb": GRANT_MB}


def measure(bench):
    rows = []
    with Cluster(bench, settings={"dfs.replication": 1}) as cluster:
        files = inputs.records(bench, cluster, RECORDS, 12)
        target = bench.new_folder("sorted") / "sorted"
        for mode in ("disk", "memory"):
            peaks = []
            job, alone = bench.pairs(lambda: sort_within(cluster, mode, peaks),
                                     lambda: gnu_sort(files, target, f"-S{RUNNERS * GRANT_MB}M"),
                                     count=3)
            rows.append(Row(f"sort of {RECORDS * 100 / 1e9:.1f} GB within 3 x {GRANT_MB} MB, {mode} mode",
                            median(job), "s", median(alone), "GNU sort, `-S384M`, synced",
                            ratio=median_ratio(job, alone)))
            rows.append(Row(f"its largest runner, {mode} mode", max(peaks) / 2**20, "MB",
                            at_most=GRANT_MB))
            validate(cluster, target)
    return rows


def sort_within(cluster, mode, peaks):
    cluster.dfs("-rm", "-r", "-f", "-skipTrash", "/sorted")
    job = cluster.job("terasort", "/records", "/sorted", mode=mode,
                      settings={"mapreduce.job.reduces": 2 * RUNNERS, **SETTINGS})
    peaks.append(job.counter("Tusk Engine", "RUNNER_MEMORY_BYTES_PEAK"))
    return job.seconds
