#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a herd of reconnects with distinct tokens costs those who are already watching.

Usage: herd.py [SLUICE]   (default build/sluice; writes bench/IDENTITY.md; less than 90 s)

`sluice bench` holds its streams open and publishes at a steady rate: alone, while the herd comes,
and with the herd open and idle. Each of the herd brings a token of its own, signed beforehand, and
nothing is cached: each connect is one ES256 verification. Loopback only.
"""

import collections
import datetime
import json
import os
import pathlib
import platform
import resource
import secrets
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from harness import LISTENING  # noqa: E402
from identity_lab import SigningKey, claims, jwt, key_set, minter  # noqa: E402
from results import cpu_model  # noqa: E402

STREAMS = 1000
RATE = 10  # events a second
HERD = 5000
AT_ONCE = 500  # connects of the herd that are under way: less than the server's bound on checks
DESCRIPTORS = 20000
WAVES = 4  # the herd comes, leaves and comes again, so that it fills the measurement
ROUNDS = 3
EVENTS = 3 * RATE  # of a measurement without the herd
LIMIT = 85  # seconds for the whole run, which then fails

TEXT = """# A herd of reconnects

Written by `bench/herd.py`; do not edit. One run on one machine, whose cores the server, the
publisher, {streams:,} readers and the herd share: the columns are to be compared with each other.

- Date: {date}
- Machine: {cpu}, {cores} cores, Linux {kernel}; load average before the run: {load} (figures taken
  beside other work are worth little)
- Command: `bench/herd.py` ({workers} workers; `auth.cache: 0s`, so nothing is remembered)
- Readers: `sluice bench -c {streams} --rate {rate}`: {streams:,} streams, {rate} events a second;
  latency counts from when an event was due to its receipt in each stream
- Herd: {herd:,} connects, at most {at_once} under way, each with an ES256 token of its own; when
  all are open they leave and come again, {waves} times, and the last stay
- {rounds} rounds; the median of each figure

| | connects per second | p50, ms | p99, ms | max, ms |
|---|---:|---:|---:|---:|
{rows}

Herd alone, nobody watching: {alone:,.0f} connects per second, {cpu_us:.0f} µs of server CPU each.
Answers to the herd beside the readers: {answers}.
"""


class Server:
    """`sluice serve` that takes tokens of `key`; its topic is public for `sluice bench`."""

    def __init__(self, program, folder, key):
        (folder / "keys.json").write_text(json.dumps(key_set(key)), encoding="utf-8")
        conf = {
            "listen": ["127.0.0.1:0"],
            "auth": {"cache": "0s", "jwt": jwt(folder / "keys.json")},
            "routes": [{"path": "/stream", "hub": {"public": ["bench"]}}],
            "limits": {"per-address": "off", "per-user": "off", "per-token": "off",
                       "connect-rate": {"rate": "off"}},
            "drain": {"window": "0s", "deadline": "5s"},
        }
        (folder / "sluice.yaml").write_text(json.dumps(conf), encoding="utf-8")
        self.env = {**os.environ, "SLUICE_PUBLISH_KEY": secrets.token_hex(16)}
        self.program = program
        with open(folder / "server.log", "wb") as log:
            self.process = subprocess.Popen([program, "serve", "-c", str(folder / "sluice.yaml")],
                                            stdout=log, stderr=subprocess.PIPE, env=self.env)
        for line in self.process.stderr:
            found = LISTENING.search(line.decode())
            if found:
                self.url = found.group(1)
                self.port = int(self.url.rsplit(":", 1)[1])
                return
        raise SystemExit("herd.py: the server does not start")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def bench(self, events):
        """Starts the readers and the publisher; returns when all streams are open."""
        words = ["bench", f"{self.url}/stream?topic=bench", "-c", str(STREAMS), "-m", str(events),
                 "--rate", str(RATE), "--idle", "1s", "--format", "json"]
        bench = subprocess.Popen([self.program, *words], env=self.env, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for line in bench.stderr:
            if "opening" not in line:
                break
        return bench

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        self.process.stderr.close()


def report(bench):
    out, err = bench.communicate(timeout=LIMIT)
    if bench.returncode != 0:
        raise SystemExit(f"herd.py: sluice bench ended with {bench.returncode}: {out}{err}")
    return json.loads(out)


class Herd:
    """Connects with one token each and reads the status; the streams stay open."""

    def __init__(self, port):
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.open = []
        self.answers = collections.Counter()

    def start_one(self, token):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(("127.0.0.1", self.port))
        request = (f"GET /stream?topic=private HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
                   f"Accept: text/event-stream\r\nAuthorization: Bearer {token}\r\n\r\n")
        self.selector.register(sock, selectors.EVENT_WRITE, request.encode())

    def advance(self, sock, request):
        """True when the answer is there."""
        if request:
            sock.send(request)  # less than an empty socket buffer
            self.selector.modify(sock, selectors.EVENT_READ, None)
            return False
        status = sock.recv(4096)[9:12].decode()
        self.answers[status] += 1
        self.selector.unregister(sock)
        self.open.append(sock)
        return True

    def come(self, tokens):
        """Until all have an answer."""
        waiting, under_way = list(tokens), 0
        while waiting or under_way:
            while waiting and under_way < AT_ONCE:
                self.start_one(waiting.pop())
                under_way += 1
            for key, _ in self.selector.select(10):
                under_way -= self.advance(key.fileobj, key.data)

    def waves(self, tokens):
        """Seconds for all of them; the last stays."""
        start = time.monotonic()
        for _ in range(WAVES):
            self.leave()
            self.come(tokens)
        return time.monotonic() - start

    def leave(self):
        for sock in self.open:
            sock.close()
        self.open = []


def alone(server, tokens):
    """(connects per second, µs of server CPU for each) with nobody watching."""
    herd = Herd(server.port)
    cpu = server.cpu_seconds()
    seconds = herd.waves(tokens)
    cpu = server.cpu_seconds() - cpu
    herd.leave()
    return WAVES * HERD / seconds, cpu / (WAVES * HERD) * 1e6


def measure(server, tokens, herd_s, answers):
    """The three reports of a round, and what `sluice bench` does not know: connects per second."""
    herd = Herd(server.port)
    before = report(server.bench(EVENTS))
    bench = server.bench(max(EVENTS, round(RATE * herd_s)))
    seconds = herd.waves(tokens)
    during = report(bench)
    after = report(server.bench(EVENTS))
    herd.leave()
    answers.update(herd.answers)
    return before, {**during, "connects": WAVES * HERD / seconds}, after


def row(name, reports):
    def middle(figure):
        return statistics.median(r[figure] for r in reports)

    connects = f"{middle('connects'):,.0f}" if "connects" in reports[0] else "-"
    times = (middle(f"latency_{p}_ns") / 1e6 for p in ("p50", "p99", "max"))
    return f"| {name} | {connects} | " + " | ".join(f"{ms:.2f}" for ms in times) + " |"


def run(server, tokens):
    """What TEXT wants to know of the run."""
    connects, cpu_us = alone(server, tokens)
    answers = collections.Counter()
    rounds = [measure(server, tokens, WAVES * HERD / connects, answers) for _ in range(ROUNDS)]
    names = ("before the herd", "while it comes", "with it open")
    said = ", ".join(f"{n:,} with {status}" for status, n in sorted(answers.items()))
    return {"alone": connects, "cpu_us": cpu_us, "answers": said,
            "rows": "\n".join(row(name, r) for name, r in zip(names, zip(*rounds)))}


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "sluice")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
    signal.alarm(LIMIT)
    load = pathlib.Path("/proc/loadavg").read_text(encoding="ascii").split()[0]
    key = SigningKey()
    tokens = key.tokens([claims(sub=f"u{i}") for i in range(HERD)])
    minter().close()
    with tempfile.TemporaryDirectory(prefix="sluice-herd-") as folder:
        server = Server(program, pathlib.Path(folder), key)
        try:
            result = run(server, tokens)
        finally:
            server.stop()
    text = TEXT.format(
        date=datetime.date.today(), cpu=cpu_model(), cores=os.cpu_count(), load=load,
        kernel=platform.release(), workers=os.cpu_count(), streams=STREAMS, rate=RATE, herd=HERD,
        at_once=AT_ONCE, waves=WAVES, rounds=ROUNDS, **result)
    (ROOT / "bench" / "IDENTITY.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
