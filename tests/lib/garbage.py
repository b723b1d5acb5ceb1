#!/usr/bin/env python3
"""Sends garbage, truncated frames and oversized lengths to every port some processes listen on.

    garbage.py PID...

Each connection must be closed by the server: at once when what it was sent can never become right,
and when the writing side has ended where it might have (a truncated frame). Prints what was not, and
then fails.
"""
import os
import random
import re
import select
import socket
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor

PATIENCE_S = 15  # a busy machine; nothing here waits that long when all is well


def listening(pid):
    """What the process listens on: (address, port) pairs and the paths of Unix sockets."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            continue
        if match:
            inodes.add(match.group(1))
    ports = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as lines:
            for line in list(lines)[1:]:
                fields = line.split()
                if fields[3] != "0A" or fields[9] not in inodes:
                    continue
                address, port = fields[1].split(":")
                host = socket.inet_ntoa(bytes.fromhex(address[-8:])[::-1])
                ports.append((host if host != "0.0.0.0" else "127.0.0.1", int(port, 16)))
    with open("/proc/net/unix") as lines:
        for line in list(lines)[1:]:
            fields = line.split()
            if len(fields) == 8 and fields[3] == "00010000" and fields[6] in inodes:
                ports.append(fields[7])
    return ports


def hrpc(*frames, auth=0):
    return b"hrpc\x09\x00" + bytes([auth]) + b"".join(frames)


def frame(payload, length=None):
    return struct.pack("!i", len(payload) if length is None else length) + payload


RANDOM = random.Random(7).randbytes(4096)

# name -> bytes
CASES = {
    "nothing at all": b"",
    "random bytes": RANDOM,
    "RPC: length 2147483647": hrpc(frame(b"", 0x7FFFFFFF)),
    "RPC: negative length": hrpc(frame(b"", -2)),
    "RPC: truncated frame": hrpc(frame(b"0123456789", 100)),
    "RPC: a frame of random bytes": hrpc(frame(RANDOM[:200])),
    "RPC: header longer than its frame": hrpc(frame(b"\xff\xff\xff\xff\x0f" + RANDOM[:20])),
    "RPC: a version of the past": b"hrpc\x04\x00\x00" + frame(RANDOM[:20]),
    "RPC: SASL that is none": hrpc(frame(RANDOM[:100]), auth=0xDF),
    "RPC: truncated preamble": b"hrp",
    "DataTransfer: length of 34 GB": b"\x00\x1c\x51\xff\xff\xff\xff\x7f",
    "DataTransfer: endless length": b"\x00\x1c\x50" + b"\xff" * 20,
    "DataTransfer: truncated header": b"\x00\x1c\x50\x64" + RANDOM[:10],
    "DataTransfer: a header of random bytes": b"\x00\x1c\x51\x64" + RANDOM[:100],
    "DataTransfer: unknown operation": b"\x00\x1c\x7f" + RANDOM[:10],
    "DataTransfer: a version of the past": b"\x00\x0e\x51\x00",
    "HTTP: no such version": b"GET / HTTP/9.9\r\n\r\n",
    "HTTP: endless header": b"GET / HTTP/1.1\r\nA: " + b"a" * 200000,
    "HTTP: endless body": b"POST /jmx HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999\r\n\r\n",
    "HTTP: bad chunk": b"POST /jmx HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n",
    "HTTP: truncated": b"GET /jm",
    "HTTP/2: oversized frame": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\x04\x00\x00\x00\x00\x00" + RANDOM,
    "HTTP/2: random frames": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + RANDOM,
    "HTTP/2: truncated preface": b"PRI * HT",
}


def closed(peer, seconds):
    """Reads until the end; False when the end does not come in time."""
    until = time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([peer], [], [], left)[0]:
            return False
        try:
            if not peer.recv(65536):
                return True
        except ConnectionError:
            return True


def may_go_on(data):
    """Whether more bytes could make it right for some of the protocols."""
    return len(data) < 8 or data in (CASES["RPC: truncated frame"], CASES["HTTP/2: truncated preface"],
                                     CASES["DataTransfer: truncated header"])


def attempt(address, data):
    """None when all is well, else what was wrong."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as peer:
        peer.settimeout(PATIENCE_S)
        peer.connect(address)
        try:
            peer.sendall(data)
            if may_go_on(data):
                peer.shutdown(socket.SHUT_WR)
        except ConnectionError:
            return None  # closed while we were still sending
        return None if closed(peer, PATIENCE_S) else f"open after {PATIENCE_S} s"


def try_all(program, address):
    problems = []
    for name, data in CASES.items():
        try:
            problem = attempt(address, data)
        except OSError as error:
            problem = str(error)
        if problem:
            problems.append(f"{program} {address} {name}: {problem}")
    return problems


def main():
    targets = []
    for pid in sys.argv[1:]:
        with open(f"/proc/{pid}/comm") as comm:
            program = comm.read().strip()
        targets += [(program, address) for address in listening(pid)]
    with ThreadPoolExecutor(16) as threads:
        problems = sum(threads.map(lambda target: try_all(*target), targets), [])
    print("\n".join(problems + [f"{len(targets)} ports, {len(CASES)} kinds of garbage each"]))
    return 1 if problems or not targets else 0


if __name__ == "__main__":
    sys.exit(main())
