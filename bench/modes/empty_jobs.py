"""How long does an empty job take from submission to its end, and 1,000 empty tasks in a program that
runs already?

Empty is: an RDD program without an action, and word count of one word, which has a map, a shuffle
and a reduce. Stock Hadoop's figure is its smallest job (pi, 2 maps).
"""
from harness.cluster import Cluster
from harness.measure import median
from harness.report import Row

RUNS = 15
ROUNDS = 20


def measure(bench):
    rows = []
    empty = bench.references / "bench_empty_tasks"
    word = bench.new_folder("word") / "word"
    word.write_text("word\n")
    with Cluster(bench) as cluster:
        cluster.dfs("-put", word, "/word")
        for mode, stock, name in (("disk", 17, "Hadoop"), ("memory", 3.5, "Spark")):
            runs = [cluster.job(empty, 1, 0, mode=mode).seconds for _ in range(RUNS)]
            rows.append(Row(f"empty program, {mode} mode", median(runs), "s", stock,
                            f"stock {name}", at_most=0.5))
            runs = [count_word(cluster, mode) for _ in range(RUNS)]
            rows.append(Row(f"word count of one word, {mode} mode", median(runs), "s", stock,
                            f"stock {name}", at_most=0.5))
        tasks = cluster.job(empty, 1000, ROUNDS).iterations()
    rows.append(Row("1,000 empty tasks", median(tasks[1:]), "s", 1.0, "Spark", at_most=0.3))
    return rows


def count_word(cluster, mode):
    cluster.dfs("-rm", "-r", "-f", "-skipTrash", "/counted")
    return cluster.job("wordcount", "/word", "/counted", mode=mode).seconds
