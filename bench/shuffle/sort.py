"""How long does sorting 5 M records of 100 bytes take in both modes, against GNU sort with two
threads?

GNU sort reads local files and writes a local file, which is then synced, as our output is; its
default memory. Our output has one replica; the job's start is counted.
"""
from harness.cluster import Cluster
from harness.measure import Failed, median, median_ratio, run, seconds_of
from harness.report import Row
from modes import inputs

RECORDS = 5_000_000
FILES = 6
REDUCERS = 3


def measure(bench):
    rows = []
    with Cluster(bench, settings={"dfs.replication": 1}) as cluster:
        files = inputs.records(bench, cluster, RECORDS, FILES)
        target = bench.new_folder("sorted") / "sorted"
        for mode, bound in (("memory", 1.0), ("disk", 1.5)):
            job, alone = bench.pairs(lambda: sort_records(cluster, mode),
                                     lambda: gnu_sort(files, target))
            rows.append(Row(f"sort of 5 M records, {mode} mode", median(job), "s", median(alone),
                            "`LC_ALL=C sort --parallel=2`, synced", ratio=median_ratio(job, alone),
                            ratio_at_most=bound))
            validate(cluster, target)
    return rows


def sort_records(cluster, mode, settings=None):
    cluster.dfs("-rm", "-r", "-f", "-skipTrash", "/sorted")
    return cluster.job("terasort", "/records", "/sorted", mode=mode,
                       settings={"mapreduce.job.reduces": REDUCERS, **(settings or {})}).seconds


def gnu_sort(files, target, *options):
    environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TMPDIR": str(target.parent)}

    def work():
        run(["sort", "--parallel=2", *options, "-o", target, *files], env=environment)
        run(["sync", "-d", target])

    return seconds_of(work)


def validate(cluster, target):
    """Both are sorted alike: the same bytes."""
    ours = cluster.dir / "sorted"
    cluster.dfs("-getmerge", "/sorted", ours)
    if run(["cmp", ours, target], check=False).returncode != 0:
        raise Failed("GNU sort's output differs")
    ours.unlink()
