"""How long does a NameNode with 1,000,000 files take from its start to its first answer, and how much
memory does a file with one block cost it?

100 files per directory, names of 12 characters, loaded from an image in the page cache. Memory is
the process's own pages (not those of the image's files), less those of one without files; no
DataNode has reported.
"""
import shutil
import subprocess
import time

from harness.cluster import free_base_port, wait_for_port
from harness.measure import Failed, median, pss_bytes, run
from harness.report import Row

FILES = 1_000_000
STARTS = 5


def measure(bench):
    folder = bench.new_folder("namenode")
    secret = folder / "secret"
    secret.write_text("a secret of the benchmark's own\n")
    secret.chmod(0o600)
    (folder / "conf").mkdir()
    full = [start(bench, folder, FILES) for _ in range(STARTS)]
    empty = start(bench, folder, 0)
    shutil.rmtree(folder)
    bytes_each = (median([found["own"] for found in full]) - empty["own"]) / FILES
    core = bench.reference("bench_namespace_memory", FILES)
    return [
        Row("start of a NameNode with 1,000,000 files",
            median([found["seconds"] for found in full]), "s", 3.5,
            "stock NameNode, 500,000 files", at_most=2),
        Row("memory of the process per file with one block", bytes_each, "B", 254,
            "stock NameNode (254-551 B)", at_most=200,
            note=f"an empty NameNode: {empty['own'] / 1e6:.1f} MB"),
        Row("of which the namespace's tables", core["bytes_per_file"], "B"),
    ]


def start(bench, folder, files):
    name_dir = folder / f"name{files}"
    if not name_dir.exists():
        run([bench.references / "bench_make_namespace", name_dir, files])
    port = free_base_port(bench.base_port)
    keys = {
        "fs.defaultFS": f"hdfs://127.0.0.1:{port}",
        "dfs.namenode.name.dir": name_dir,
        "dfs.namenode.rpc-address": f"127.0.0.1:{port}",
        "dfs.namenode.http-address": f"127.0.0.1:{port + 2}",
        "tusk.namenode.link.address": f"127.0.0.1:{port + 1}",
        "tusk.cluster.secret.file": folder / "secret",
    }
    words = [word for key, value in keys.items() for word in ("-D", f"{key}={value}")]
    client = [bench.programs / "tusk", "dfs", "-D", f"fs.defaultFS=hdfs://127.0.0.1:{port}"]
    last = f"/d{(files - 1) // 100:011d}/f{files - 1:011d}" if files > 0 else "/"
    with open(folder / "log", "w") as log:
        began = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in
             [bench.programs / "tusk-namenode", "--config", folder / "conf", *words]],
            stdout=log, stderr=log)
        try:
            wait_for_port(port, process)
            run([*client, "-test", "-e", last])
            seconds = time.monotonic() - began
            if files > 0 and run([*client, "-test", "-e", last + "x"], check=False).returncode == 0:
                raise Failed("a file is there that was never made")
            return {"seconds": seconds, "own": pss_bytes(process.pid, "Pss_Anon")}
        except Failed as error:
            raise Failed(f"{error}\n{(folder / 'log').read_text()[-2000:]}") from None
        finally:
            process.terminate()
            process.wait(timeout=30)

