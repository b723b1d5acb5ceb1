#!/usr/bin/env python3
"""Runs the same command lines with Hadoop's own shell and with ours, and compares what they say.

  shell_comparison.py CONF_DIR JARS PROGRAM FILE... [--show]

CONF_DIR belongs to a running cluster, JARS is the folder of Hadoop's jars, PROGRAM our `hdfs`. Hadoop's
shell runs in one JVM for all commands. Both sides work in a DFS folder and a local folder of their own,
whose names are equally long; the commands name them {D} and {L}, and the user {U}.

  # text                     a comment
  dfs|dfsadmin|fsck WORDS    a command: both must print the same on both streams, and exit alike
  @USER dfs WORDS            the same, as another user of Hadoop's simple authentication
  dfs WORDS < FILE           with a file of the local folder as standard input
  ~ text                     before a command: here we differ, and why; when we do not, the note is stale
  ? text                     before a command: only the exit codes must agree, and why
  ! text                     before a command of a later version: both must fail, Hadoop's shell with this text
"""
import argparse
import difflib
import getpass
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

SIDES = ("theirs", "ours__")
TODAY, TOMORROW = (time.strftime("%Y-%m-%d", time.gmtime(time.time() + day * 86400)) for day in (0, 1))
MASKS = [
    (re.compile(f"({TODAY}|{TOMORROW})" + r" \d\d:\d\d(:\d\d)?"), "{NOW}"),
    (re.compile(r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d (UTC|GMT) \d{4}"), "{NOW}"),
    (re.compile(r"\b1[7-9]\d{11}\b"), "{MILLIS}"),
    (re.compile(r"blk_\d+_\d+"), "blk_N"),
    (re.compile(r"blk_\d+"), "blk_N"),
    (re.compile(r"inode=\d+|inode \d+|fileId=\d+"), "inode N"),
    (re.compile(r"in \d+ milliseconds"), "in N milliseconds"),
    (re.compile(r"BP-\d+-[\d.]+-(\d|\{MILLIS\})+"), "BP-N"),
    (re.compile(r"DS-[0-9a-f-]{36}"), "DS-N"),
    (re.compile(r"127\.0\.10\.\d"), "127.0.10.N"),
    (re.compile(r"NONMAPREDUCE_-?\d+_\d+"), "NONMAPREDUCE_N"),
    # What goes on moving: disks shared with others, replicas on their way out.
    (re.compile(r"(Non DFS Used|DFS (?:Remaining|Used)%?|Present Capacity|Xceivers|Num of Blocks): [\d.]+.*"), r"\1: N"),
    (re.compile(r"Pending deletion blocks: \d+"), "Pending deletion blocks: N"),
    (re.compile(r"(ts|starttime)=\d+"), "ts=N"),
]


def make_local_files(folder):
    (folder / "tree" / "sub").mkdir(parents=True)
    (folder / "small").write_text("hello\nworld\n")
    (folder / "one").write_text("abc")
    (folder / "empty").write_text("")
    (folder / "big").write_bytes(bytes(i * 7 % 251 for i in range(2_500_000)))
    (folder / "lines").write_text("".join(f"line {i}\n" for i in range(400)))
    (folder / "with space").write_text("s\n")
    (folder / "tree" / "a").write_text("hello\nworld\n")
    (folder / "tree" / "sub" / "b").write_text("abc")
    subprocess.run(["gzip", "-k", "-n", "lines"], cwd=folder, check=True)
    (folder / "cut.gz").write_bytes((folder / "lines.gz").read_bytes()[:200])
    for i, path in enumerate(sorted(folder.rglob("*"))):
        os.utime(path, (1300000000 + i * 1000, 1300000000 + i * 1000))


class Stock:
    """Hadoop's shell, its tools as they are, in one JVM."""
    TOOLS = {"dfs": "org.apache.hadoop.fs.FsShell", "dfsadmin": "org.apache.hadoop.hdfs.tools.DFSAdmin",
             "fsck": "org.apache.hadoop.hdfs.tools.DFSck"}

    def __init__(self, conf, jars, log4j):
        options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true",
                   "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8"]
        port = launch_gateway(classpath=f"{conf}:{log4j}:{jars}/*", javaopts=options, die_on_exit=True,
                              redirect_stdout=subprocess.DEVNULL, redirect_stderr=subprocess.DEVNULL)
        self.jvm = JavaGateway(gateway_parameters=GatewayParameters(port=port)).jvm
        self.users = self.jvm.org.apache.hadoop.security.UserGroupInformation
        self.me = self.users.getLoginUser()

    def run(self, tool, words, user, stdin):
        java, io = self.jvm.java.lang.System, self.jvm.java.io
        streams = [io.ByteArrayOutputStream(), io.ByteArrayOutputStream()]
        java.setOut(io.PrintStream(streams[0], True, "UTF-8"))
        java.setErr(io.PrintStream(streams[1], True, "UTF-8"))
        java.setIn(io.FileInputStream(str(stdin or "/dev/null")))
        self.users.setLoginUser(self.users.createRemoteUser(user) if user else self.me)
        arguments = self.jvm.java.lang.reflect.Array.newInstance(
            self.jvm.java.lang.Class.forName("java.lang.String"), len(words))
        for i, word in enumerate(words):
            arguments[i] = word
        conf = self.jvm.org.apache.hadoop.hdfs.HdfsConfiguration()
        tool_class = getattr(self.jvm, self.TOOLS[tool])
        tool = tool_class(conf) if tool != "dfsadmin" else tool_class()
        code = self.jvm.org.apache.hadoop.util.ToolRunner.run(conf, tool, arguments)
        self.jvm.org.apache.hadoop.fs.FileSystem.closeAll()
        return [bytes(stream.toByteArray()) for stream in streams] + [code & 255]


class Ours:
    def __init__(self, conf, program):
        self.program = program
        self.env = dict(os.environ, HADOOP_CONF_DIR=str(conf), TZ="UTC")

    def run(self, tool, words, user, stdin):
        env = dict(self.env, HADOOP_USER_NAME=user) if user else self.env
        with open(stdin or "/dev/null", "rb") as source:
            done = subprocess.run([self.program, tool, *words], env=env, stdin=source, capture_output=True,
                                  timeout=120)
        return [done.stdout, done.stderr, done.returncode]


ATTEMPTS = 20


def tells_of_what_moves(words):
    """Whether the answer may change between the two sides' questions: replicas come and go by themselves."""
    return words[0] == "fsck" or "-report" in words or "-df" in words


def masked(said, names):
    lines = []
    for stream, mark in zip(said[:2], ("", "! ")):
        text = stream.decode("utf-8", "replace")
        for name, place in names:
            text = text.replace(name, place)
        for mask, place in MASKS:
            text = mask.sub(place, text)
        lines += [mark + line for line in text.split("\n")[:-1]]
        if text and not text.endswith("\n"):
            lines += [mark + text.rsplit("\n", 1)[-1] + "{NO NEWLINE}"]
    return lines + [f"= {said[2]}"]


def main():
    parser = argparse.ArgumentParser()
    for name in ("conf", "jars", "program", "scratch"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--show", action="store_true", help="print what both say, in full")
    given = parser.parse_args()
    files = [file.resolve() for file in given.files]
    os.chdir(given.scratch)
    sides = {}
    for side in SIDES:
        local = given.scratch / side
        local.mkdir(parents=True)
        make_local_files(local)
        sides[side] = local
    stock = Stock(given.conf.resolve(), given.jars, pathlib.Path(__file__).resolve().parent / "log4j")
    shells = dict(zip(SIDES, (stock, Ours(given.conf.resolve(), given.program))))
    for side in SIDES:
        assert shells[SIDES[1]].run("dfs", ["-mkdir", "-p", f"/compare/{side}"], None, None)[2] == 0
    usage = {side: shells[side].run("dfs", ["-usage"], None, None)[0].decode() for side in SIDES}
    count = different = 0
    for file in files:
        note = None
        for number, line in enumerate(file.read_text().split("\n"), 1):
            if not line or line.startswith("#"):
                continue
            if line[0] in "~?!":
                note = line
                continue
            words = shlex.split(line)
            user = words.pop(0)[1:] if words[0].startswith("@") else None
            stdin = None
            if len(words) > 2 and words[-2] == "<":
                stdin = words[-1]
                words = words[:-2]
            kind = note[0] if note else " "
            for attempt in range(ATTEMPTS if tells_of_what_moves(words) else 1):
                time.sleep(0.5 if attempt else 0)
                said = []
                for side in SIDES:
                    local = sides[side]
                    places = {"{D}": f"/compare/{side}", "{L}": str(local), "{U}": getpass.getuser()}
                    filled = [re.sub(r"{[DLU]}", lambda found: places[found[0]], word) for word in words]
                    names = ((usage[side], "" if "-usage" in words else "{USAGE}\n"), (str(local), "{L}"),
                             (f"/compare/{side}", "{D}"), (side, "{S}"))
                    answer = shells[side].run(filled[0], filled[1:], user, local / stdin if stdin else None)
                    said.append(masked(answer, names))
                same = said[0] == said[1]
                right = {" ": same, "~": not same, "?": said[0][-1] == said[1][-1],
                         "!": note is not None and note[2:] in "\n".join(said[0]) and
                              "= 0" not in (said[0][-1], said[1][-1])}[kind]
                if right:
                    break
            count += 1
            if not right or given.show:
                print(f"{file.name}:{number}: {line}")
                lines = said[0] if given.show else []
                for change in difflib.ndiff(*said) if not same else ["  " + text for text in lines]:
                    if change[0] in "-+" or (given.show and change[0] == " "):
                        print("   ", {"-": "stock", "+": "ours ", " ": "both "}[change[0]], change[2:])
            if not right:
                different += 1
                print("    NO LONGER DIFFERENT" if kind == "~" else "    DIFFERENT")
            note = None
    print(f"{count} command lines compared with Hadoop's shell, {different} not as expected")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
