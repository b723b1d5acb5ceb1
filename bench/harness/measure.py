"""Runs of commands with their times, and pairs of them taken in turn."""
import contextlib
import json
import os
import signal
import statistics
import subprocess
import time


class Failed(Exception):
    """A benchmark that could not be run, or whose answer was wrong."""


def run(command, env=None, stdin=None, check=True):
    """The finished process, its output as text."""
    done = subprocess.run([str(word) for word in command], env=env, input=stdin, text=True,
                          capture_output=True)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
                     f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done


def seconds_of(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


def pairs(count, ours, reference):
    """`ours` and `reference` (callables that return seconds) by turns, the order changing with each
    pair, as the machine's state drifts. Returns the two lists."""
    first, second = [], []
    for i in range(count):
        for which in (0, 1) if i % 2 == 0 else (1, 0):
            if which == 0:
                first.append(ours())
            else:
                second.append(reference())
    return first, second


def median(values):
    return statistics.median(values)


def median_ratio(ours, reference):
    return statistics.median(a / b for a, b in zip(ours, reference))


def cpu_seconds(pid):
    """Of all threads of a process."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/task/{task}/schedstat") as text:
                total += int(text.read().split()[0])
    return total / 1e9


def pss_bytes(pid, kind="Pss"):
    """The process's share of memory: its own pages, and its part of those it shares. "Pss_Anon"
    leaves out the pages of files, which are the page cache's."""
    with open(f"/proc/{pid}/smaps_rollup") as text:
        for line in text:
            if line.startswith(kind + ":"):
                return int(line.split()[1]) * 1024
    raise Failed(f"no {kind} for process {pid}")


def eventually(limit_seconds, condition, what):
    deadline = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"did not come true within {limit_seconds} s: {what}")
        time.sleep(0.01)


def kill_hard(pid):
    """kill -9, and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)

    def gone():
        try:
            with open(f"/proc/{pid}/stat") as text:
                return text.read().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True

    eventually(10, gone, f"process {pid} ends")


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
