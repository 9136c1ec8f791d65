#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A drain of many streams: how the closes are spread, and whether any stream is torn.

Usage: drain.py [SLUICE [STREAMS]]   (default build/sluice 2000; about 20 s)

Events are published up to the signal. Each stream must end with `draining` and the last chunk,
behind every event in order; then a new server is started, each comes back with the id
it had last, must hear `resync` and get the next event. Prints a histogram of the closes; exits with
1 where something was torn, lost or late. Loopback only.
"""

import collections
import json
import re
import resource
import selectors
import signal
import socket
import sys
import time

from reload import KEY, ROOT, Server, config

WINDOW_S = 5
BUCKETS = 20
EVENTS = 10
END = b"0\r\n\r\n"
EVENT = re.compile(rb"data: (\d+)\n")
ID = re.compile(rb"id: (\S+)\n")
RETRY = re.compile(rb"event: draining\ndata: \{\"retry\":(\d+)\}\n\n\r\n0\r\n\r\n$")


def settings(_):
    return json.dumps({**json.loads(config(15)),
                       "drain": {"window": f"{WINDOW_S}s", "deadline": "20s"}})


def connect(port, last_id=None):
    sock = socket.create_connection(("127.0.0.1", port))
    resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
    sock.sendall(("GET /stream?topic=t HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                  f"Accept: text/event-stream\r\n{resume}\r\n").encode())
    text = b""
    while b"event: connected" not in text:
        text += sock.recv(4096)
    sock.setblocking(False)
    return sock, text


def publish(sock, n):
    body = json.dumps({"topic": "t", "data": str(n)})
    sock.sendall(("POST /publish HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                  f"Authorization: Bearer {KEY}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
                  ).encode())
    return b" 200 " in sock.recv(4096)


def read_until(texts, selector, over):
    """Reads all streams until over(); gives when each closed."""
    closed = {}
    while not over(closed):
        for key, _ in selector.select(0.02):
            got = key.fileobj.recv(65536)
            texts[key.fileobj] += got
            if not got:
                closed[key.fileobj] = time.monotonic()
                selector.unregister(key.fileobj)
    return closed


def unchunk(text):
    body = text.split(b"\r\n\r\n", 1)[1]
    out = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        n = int(size, 16)
        if len(rest) < n + 2 or rest[n:n + 2] != b"\r\n":
            raise ValueError("a torn chunk")
        out, body = out + rest[:n], rest[n + 2:]
        if n == 0 and body:
            raise ValueError("bytes behind the end")
    return out


def judge(text):
    """What is wrong with a whole stream; None: nothing."""
    try:
        payload = unchunk(text)
    except ValueError as fault:
        return str(fault)
    if not text.endswith(END) or not payload.endswith(b"\n\n"):
        return "a torn end"
    numbers = [int(n) for n in EVENT.findall(payload)]
    if numbers != list(range(EVENTS)):
        return "events lost or out of order"
    return None if RETRY.search(text) else "no draining at the end"


def histogram(began, closed):
    counts = collections.Counter(
        min(BUCKETS - 1, int((at - began) / WINDOW_S * BUCKETS)) for at in closed)
    for i in range(BUCKETS):
        print(f"  {i * WINDOW_S / BUCKETS:5.2f} s  {counts[i]:5d}  {'#' * (counts[i] // 4)}")


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "sluice")
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    server = Server(program, settings)
    publisher = socket.create_connection(("127.0.0.1", server.port))
    selector, texts = selectors.DefaultSelector(), {}
    for _ in range(count):
        sock, text = connect(server.port)
        texts[sock] = text
        selector.register(sock, selectors.EVENT_READ)
    for n in range(EVENTS):
        publish(publisher, n)
    server.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    closed = read_until(texts, selector, lambda closed: len(closed) == count)
    server.process.wait(20)
    took = time.monotonic() - began
    print(server.line("(ended after .*)"))
    faults = collections.Counter(filter(None, map(judge, texts.values())))
    retries = [int(RETRY.search(text).group(1)) for text in texts.values() if RETRY.search(text)]
    print(f"{count} streams drained in {took:.1f} s of a window of {WINDOW_S} s, "
          f"faults: {dict(faults)}, retry {min(retries)} to {max(retries)} ms; closes:")
    histogram(began, closed.values())
    return 0 if not faults and come_back(program, texts) else 1


def come_back(program, texts):
    server = Server(program, settings)
    selector, again = selectors.DefaultSelector(), {}
    for text in texts.values():
        sock, first = connect(server.port, ID.findall(text)[-1].decode())
        again[sock] = first
        selector.register(sock, selectors.EVENT_READ)
    publish(socket.create_connection(("127.0.0.1", server.port)), 7)
    deadline = time.monotonic() + 20
    read_until(again, selector, lambda _: time.monotonic() > deadline or all(
        b"data: 7\n" in text for text in again.values()))
    told = sum(b"event: resync" in text for text in again.values())
    got = sum(b"data: 7\n" in text for text in again.values())
    server.process.kill()
    print(f"a new server: {told} of {len(again)} told to resync, {got} got the next event")
    return told == got == len(again)


if __name__ == "__main__":
    sys.exit(main())
