#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads under load: many streams, a publisher, and SIGHUP after SIGHUP.

Usage: reload.py [SLUICE [RELOADS [STREAMS]]]   (default build/sluice 1000 2000; about 30 s)

Each reload writes the file anew, with another heartbeat period, so that it is never the same. At
the end every stream must be open and have had every event once and in order, and the memory of the
server must not have grown since the first tenth. Exits with 1 where that is not so. Loopback only.
"""

import json
import os
import pathlib
import re
import resource
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
KEY = "publish-key-of-the-bench"
MEMORY_SLACK_KIB = 4096
DATA = re.compile(rb"data: (\d+)\n")


def config(period):
    return json.dumps({
        "listen": ["127.0.0.1:0"], "workers": 2,
        "routes": [{"path": "/stream", "hub": {"public": ["**"]}}],
        "heartbeat": {"period": f"{period}s"}, "history": {"memory": "4MiB"},
        "limits": {"per-address": "off", "connect-rate": {"rate": "off"}},
        "drain": {"window": "1s", "deadline": "10s"}})


class Server:
    def __init__(self, program, settings=config):
        self.folder = tempfile.TemporaryDirectory(prefix="sluice-bench-")
        self.file = pathlib.Path(self.folder.name) / "sluice.yaml"
        self.file.write_text(settings(15), encoding="utf-8")
        self.process = subprocess.Popen(
            [program, "serve", "-c", str(self.file)], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, env={**os.environ, "SLUICE_PUBLISH_KEY": KEY})
        self.port = int(self.line(r"listening on http://127.0.0.1:(\d+)"))

    def line(self, pattern):
        for line in self.process.stderr:
            found = re.search(pattern, line)
            if found:
                return found.group(1)
        raise SystemExit("the server has ended")

    def reload(self, n):
        self.file.write_text(config(15 + n % 30), encoding="utf-8")
        self.process.send_signal(signal.SIGHUP)
        self.line("(reloaded|nothing has changed)") == "reloaded" or sys.exit("refused")

    def resident(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


class Streams(threading.Thread):
    """Counts what each stream gets; notes the first thing that is not the next number."""

    def __init__(self, port, count):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()
        self.next = {}
        self.rest = {}
        self.faults = []
        self.over = False
        for _ in range(count):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.sendall(b"GET /stream?topic=t HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                         b"Accept: text/event-stream\r\n\r\n")
            head = b""
            while b"event: connected" not in head:
                head += sock.recv(4096)
            sock.setblocking(False)
            self.next[sock] = 0
            self.rest[sock] = b""
            self.selector.register(sock, selectors.EVENT_READ)

    def run(self):
        while not self.over:
            for key, _ in self.selector.select(0.1):
                self.read(key.fileobj)

    def read(self, sock):
        got = sock.recv(65536)
        if not got:
            self.faults.append("a stream was closed")
            self.selector.unregister(sock)
            return
        text = self.rest[sock] + got
        end = 0
        for found in DATA.finditer(text):
            if int(found.group(1)) != self.next[sock]:
                self.faults.append(f"got {found.group(1)!r}, want {self.next[sock]}")
            self.next[sock] = int(found.group(1)) + 1
            end = found.end()
        self.rest[sock] = text[max(end, len(text) - 64):]


class Publisher(threading.Thread):
    def __init__(self, port):
        super().__init__(daemon=True)
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sent = 0
        self.over = False

    def run(self):
        while not self.over:
            body = json.dumps({"topic": "t", "data": str(self.sent)})
            self.sock.sendall((
                "POST /publish HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {KEY}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            ).encode())
            answer = self.sock.recv(4096)
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise SystemExit(f"publish: {answer!r}")
            self.sent += 1
            time.sleep(0.02)  # 50 events a second, to each stream


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "sluice")
    reloads = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    server = Server(program)
    streams, publisher = Streams(server.port, count), Publisher(server.port)
    streams.start()
    publisher.start()
    began = time.monotonic()
    for n in range(reloads):
        if n == reloads // 10:
            first = server.resident()
        server.reload(n)
    took = time.monotonic() - began
    publisher.over = True
    publisher.join()
    deadline = time.monotonic() + 30
    while min(streams.next.values()) < publisher.sent and time.monotonic() < deadline:
        time.sleep(0.05)
    last = server.resident()
    streams.over = True
    streams.join()
    lost = sum(publisher.sent - n for n in streams.next.values())
    print(f"{reloads} reloads in {took:.1f} s ({took / reloads * 1e3:.1f} ms each) under {count} "
          f"streams and {publisher.sent} events: {len(streams.faults)} faults, {lost} events lost, "
          f"resident {first} KiB after a tenth, {last} KiB at the end")
    server.process.terminate()
    print(server.line("(ended after .*)"))
    code = server.process.wait(20)
    good = not streams.faults and lost == 0 and code == 0
    if "asan" not in program and last - first > MEMORY_SLACK_KIB:
        good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
