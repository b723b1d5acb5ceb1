"""A cluster that a benchmark starts for itself, and what can be asked of it."""
import json
import os
import pathlib
import re
import shutil
import socket
import time
import urllib.request

from harness.measure import Failed, median, run


def free_base_port(begin):
    """The first range of 64 ports from `begin` on of which nobody listens on one."""
    used = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as text:
            next(text)
            used |= {int(line.split()[1].rsplit(":", 1)[1], 16) for line in text}
    for base in range(begin, 32704, 64):
        if not used.intersection(range(base, base + 64)):
            return base
    raise Failed(f"no free range of 64 ports above {begin}")


class Cluster:
    """Started on entering, stopped and removed on leaving.

    `settings` are configuration keys, for the daemons and for every client alike.
    """

    def __init__(self, bench, workers=3, settings=None):
        self.bench = bench
        self.workers = workers
        self.settings = settings or {}
        self.dir = bench.new_folder("cluster")
        self.base_port = 0
        self.env = dict(os.environ, HADOOP_CONF_DIR=str(self.dir / "conf"))
        self.tusk_program = bench.programs / "tusk"

    def __enter__(self):
        self.base_port = free_base_port(self.bench.base_port)
        keys = [word for key, value in self.settings.items() for word in ("-D", f"{key}={value}")]
        run([self.tusk_program, "cluster", "start", "--dir", self.dir, "--workers", self.workers,
             "--base-port", self.base_port, *keys])
        return self

    def __exit__(self, *_):
        run([self.tusk_program, "cluster", "stop", "--dir", self.dir], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    # ---- commands

    def tusk(self, *words, check=True):
        return run([self.tusk_program, *words], env=self.env, check=check)

    def dfs(self, *words, check=True):
        return self.tusk("dfs", *words, check=check)

    def measured(self, *words, runs=1):
        """`tusk WORDS` by bench_run_measured: one dict per run."""
        return self.bench.measured(self.tusk_program, *words, runs=runs, env=self.env)

    def job(self, program, *args, mode="memory", settings=None):
        """One run of `tusk job run`: seconds, what it printed, its application's id."""
        keys = [word for key, value in (settings or {}).items() for word in ("-D", f"{key}={value}")]
        return Job(self, self.tusk_program, ["job", "run", "--mode", mode, *keys, program, *args])

    # ---- processes

    def daemons(self):
        """Name to pid: namenode, datanode-127.0.10.1, ..."""
        return {path.stem: int(path.read_text().split()[0])
                for path in (self.dir / "run").glob("*.pid")}

    def port(self, offset):
        return self.base_port + offset

    def namenode_bean(self, name):
        url = f"http://127.0.0.1:{self.port(2)}/jmx?qry=Hadoop:service=NameNode,name={name}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["beans"][0]


class Job:
    def __init__(self, cluster, tusk, words):
        began = time.monotonic()
        done = run([tusk, *words], env=cluster.env)
        self.seconds = time.monotonic() - began
        self.cluster = cluster
        self.output = done.stdout
        self.errors = done.stderr
        submitted = re.search(r"^submitted application(_\S+)", done.stderr, re.MULTILINE)
        if submitted is None:
            raise Failed(f"no application in: {done.stderr[-1000:]}")
        self.id = "job" + submitted.group(1)

    def iterations(self):
        """Seconds of the lines "tusk-iteration N SECONDS"."""
        found = re.findall(r"^tusk-iteration \d+ ([0-9.]+)$", self.output, re.MULTILINE)
        if not found:
            raise Failed(f"no iterations in: {self.output[-1000:]}")
        return [float(text) for text in found]

    def later_iterations(self):
        """The median of those after the first."""
        return median(self.iterations()[1:])

    def counter(self, group, name):
        done = run([self.cluster.bench.programs / "mapred", "job", "-counter", self.id, group, name],
                   env=self.cluster.env)
        return int(done.stdout.split()[-1])


def wait_for_port(port, process):
    """Until 127.0.0.1:port takes a connection."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                raise Failed(f"{process.args[0]} ended with {process.returncode}") from None
            time.sleep(0.002)
