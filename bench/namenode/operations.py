"""How many calls of each kind does the NameNode answer to 32 clients over real connections, and for
how much CPU, against the same RPC server with an empty handler?

Client and server share the machine's cores. The server's CPU time per call is what is compared;
calls per second are there to be read. For create: against the disk's rate of syncs of batches as
large as the NameNode's were, times the calls in a batch. The disk is measured while nobody else
takes the processor: once with a file that grows, and once as the NameNode's journal is written,
over zeros.
"""
import subprocess

from harness.cluster import Cluster
from harness.measure import json_lines, median, run
from harness.report import Row

CLIENTS = 32
CALLS = 64_000
OPERATIONS = ("create", "getFileInfo", "rename", "delete")
EDIT_BYTES = 200  # of a create, about


class EmptyServer:
    def __init__(self, bench):
        self.bench = bench

    def __enter__(self):
        self.process = subprocess.Popen([self.bench.references / "bench_empty_server"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=10)


def measure(bench):
    rounds = {operation: [] for operation in OPERATIONS}
    empty, batches, syncs, over_zeros = [], [], [], []
    with Cluster(bench, workers=1) as cluster, EmptyServer(bench) as server:
        pid = cluster.daemons()["namenode"]
        for i in range(bench.pair_count):
            folder = f"/bench{i}"
            load(bench, cluster.port(0), pid, "mkdirs", folder)
            before = syncs_of(cluster)
            rounds["create"].append(load(bench, cluster.port(0), pid, "create", folder))
            made = syncs_of(cluster)
            batches.append((made[0] - before[0]) / max(1, made[1] - before[1]))
            syncs.append(sync_rate(bench, "append", batches[-1]))
            over_zeros.append(sync_rate(bench, "overwrite", batches[-1]))
            rounds["getFileInfo"].append(load(bench, cluster.port(0), pid, "getFileInfo", folder))
            empty.append(load(bench, server.port, server.process.pid, "getFileInfo", folder))
            for operation in ("rename", "delete"):
                rounds[operation].append(load(bench, cluster.port(0), pid, operation, folder))
    return rows_of(rounds, empty, batches, syncs, over_zeros)


def rows_of(rounds, empty, batches, syncs, over_zeros):
    floor = [found["server_cpu_us"] for found in empty]
    rows = []
    for operation, found in rounds.items():
        cpu = [each["server_cpu_us"] for each in found]
        rate = median([each["calls_per_s"] for each in found])
        rows.append(Row(f"{operation}, CPU of the NameNode per call", median(cpu), "us",
                        median(floor), "empty handler", note=f"{rate:,.0f} calls/s",
                        ratio=median([a / b for a, b in zip(cpu, floor)]),
                        ratio_at_most=2 if operation == "getFileInfo" else None))
    created = [found["calls_per_s"] for found in rounds["create"]]
    rows.append(durable_row("create, durable", created, syncs, batches, "", ratio_at_most=1.5))
    rows.append(durable_row("the same against a journal over zeros", created, over_zeros, batches,
                            " over zeros"))
    return rows


def durable_row(what, created, syncs, batches, how, ratio_at_most=None):
    possible = [rate * batch for rate, batch in zip(syncs, batches)]
    return Row(what, median(created), "/s", median(possible),
               f"{median(syncs):,.0f} syncs/s{how} x {median(batches):.1f} calls in each",
               ratio=median([b / a for a, b in zip(created, possible)]),
               ratio_at_most=ratio_at_most)


def load(bench, port, pid, operation, folder):
    done = run([bench.references / "bench_rpc_load", "--server", f"127.0.0.1:{port}", "--pid", pid,
                "--operation", operation, "--clients", CLIENTS, "--calls", CALLS, "--directory",
                folder])
    [found] = json_lines(done.stdout)
    return found


def syncs_of(cluster):
    """Edits written so far, and the syncs they took."""
    return (cluster.namenode_bean("FSNamesystem")["LastWrittenTransactionId"],
            cluster.namenode_bean("NameNodeActivity")["SyncsNumOps"])


def sync_rate(bench, how, batch):
    folder = bench.new_folder("syncs")
    found = bench.reference("bench_disk_reference", how, int(EDIT_BYTES * batch) + 1, 4000,
                            folder / "journal")
    (folder / "journal").unlink()
    return found["per_second"]
