"""How long does word count of 512 MB of text take in both modes, against one process with two threads
that uses the same hash table?

The job reads from the DFS, checks checksums, shuffles, and writes its output with one replica; its
start is counted. The reference reads a local file. Both inputs are in the page cache.
"""
from harness.cluster import Cluster
from harness.measure import Failed, median, median_ratio
from harness.report import Row
from modes import inputs

BYTES = 512 << 20


def measure(bench):
    rows = []
    with Cluster(bench, settings={"dfs.replication": 1}) as cluster:
        local = inputs.text(bench, cluster, BYTES)
        counts = bench.new_folder("counts") / "counts"
        for mode, target, stock in (("memory", 1.5, "Spark 12 s"), ("disk", 2, "Hadoop 63 s")):
            job, loop = bench.pairs(lambda: count_words(cluster, mode),
                                    lambda: count_alone(bench, local, counts))
            rows.append(Row(f"word count of 512 MB, {mode} mode", median(job), "s", median(loop),
                            f"one process, two threads; {stock}", ratio=median_ratio(job, loop),
                            ratio_at_most=target))
            compare(cluster, mode, counts)
    return rows


def count_words(cluster, mode):
    cluster.dfs("-rm", "-r", "-f", "-skipTrash", f"/counts-{mode}")
    return cluster.job("wordcount", "/text", f"/counts-{mode}", mode=mode).seconds


def count_alone(bench, local, counts):
    [run] = bench.measured(bench.references / "bench_word_count_reference", 2, counts, local)
    return run["wall_s"]


def compare(cluster, mode, counts):
    ours = sorted(cluster.dfs("-cat", f"/counts-{mode}/part-*").stdout.splitlines())
    if ours != sorted(counts.read_text().splitlines()):
        raise Failed(f"{mode} mode and the reference count differently")
