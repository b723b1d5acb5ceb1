#!/usr/bin/env python3
"""Clients that only burden a server, until standard input ends; says "there" when all of them stand.

    crowd.py idle HOST PORT COUNT             connect, and say no more
    crowd.py idle-rpc HOST PORT COUNT         open an RPC connection each, and say no more
    crowd.py unread HOST PORT COUNT PATH      ask for the listing of PATH again and again, and read nothing
    crowd.py huge HOST PORT COUNT             announce a frame of 2 GB, or one of 120 MB of which little comes

At the end prints how many connections the server had closed.
"""
import select
import socket
import struct
import sys
import time

CLIENT_PROTOCOL = b"org.apache.hadoop.hdfs.protocol.ClientProtocol"


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def number_field(tag, value):
    return varint(tag << 3) + varint(value)


def bytes_field(tag, value):
    return varint(tag << 3 | 2) + varint(len(value)) + value


def frame(*messages):
    body = b"".join(varint(len(message)) + message for message in messages)
    return struct.pack("!i", len(body)) + body


def request_header(call_id):
    zigzag = call_id * 2 if call_id >= 0 else -call_id * 2 - 1
    return number_field(1, 2) + number_field(2, 0) + number_field(3, zigzag) + bytes_field(4, b"c" * 16)


def handshake():
    user = bytes_field(1, b"crowd")
    return b"hrpc\x09\x00\x00" + frame(request_header(-3), bytes_field(2, user) + bytes_field(3, CLIENT_PROTOCOL))


def listing(call_id, path):
    method = bytes_field(1, b"getListing") + bytes_field(2, CLIENT_PROTOCOL) + number_field(3, 1)
    return frame(request_header(call_id), method, bytes_field(1, path) + bytes_field(2, b"") + number_field(3, 0))


def send_until_stuck(peers, block):
    """Sends the block on all, again and again, until none takes any more for a second."""
    last = time.monotonic()
    until = last + 20
    open_peers = set(peers)
    while open_peers and time.monotonic() - last < 1 and time.monotonic() < until:
        for peer in select.select([], list(open_peers), [], 0.1)[1]:
            try:
                if peer.send(block) > 0:
                    last = time.monotonic()
            except BlockingIOError:
                pass
            except ConnectionError:
                open_peers.discard(peer)


def main():
    kind, host, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    peers = []
    for i in range(count):
        peer = socket.create_connection((host, port), timeout=30)
        if kind == "idle-rpc":
            peer.sendall(handshake())
        elif kind == "huge":
            peer.sendall(handshake() + struct.pack("!i", 0x7FFFFFFF if i % 2 else 120 << 20) + b"x" * 1000)
        elif kind == "unread":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.sendall(handshake())
        peer.setblocking(False)
        peers.append(peer)
    if kind == "unread":
        send_until_stuck(peers, b"".join(listing(i, sys.argv[5].encode()) for i in range(500)))
    print("there", flush=True)
    sys.stdin.read()
    closed = 0
    for peer in peers:
        try:
            while data := peer.recv(1 << 20):
                if kind == "unread":
                    break
            closed += not data
        except BlockingIOError:
            pass
        except ConnectionError:
            closed += 1
    print(f"{closed} of {count} were closed by the server", flush=True)


if __name__ == "__main__":
    main()
