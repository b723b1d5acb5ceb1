"""Inputs of the jobs: in the DFS and, the same bytes, as local files for the references."""
from harness.measure import Failed, run


def text(bench, cluster, size):
    """One file of words: local path; /text in the DFS."""
    local = bench.new_folder("text") / "text"
    run([bench.references / "bench_make_text", size, local])
    cluster.dfs("-put", local, "/text")
    return local


def points(bench, cluster, count, files):
    """Local paths; /points in the DFS."""
    cluster.job("lrgen", count, "/points", files)
    return fetched(bench, cluster, "/points")


def records(bench, cluster, count, files):
    """Local paths; /records in the DFS: 100 bytes each."""
    cluster.job("teragen", count, "/records", settings={"mapreduce.job.maps": files})
    return fetched(bench, cluster, "/records")


def fetched(bench, cluster, path):
    folder = bench.new_folder("input")
    cluster.dfs("-get", f"{path}/part-*", folder)
    found = sorted(folder.iterdir())
    if not found:
        raise Failed(f"{path} is empty")
    return found
