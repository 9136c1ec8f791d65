# SPDX-License-Identifier: Apache-2.0
"""slowhttptest against the server: slow headers, slow bodies, slow reading, ranges.

Two hundred connections at a time, while a reader gets its events and new requests their answers.
Each mode prints one line: what the deadlines ended, and how the others fared.
"""

import collections
import json
import re
import shutil
import subprocess
import time
import unittest

from hub_lab import BEARER, JSON, KEY, HubCase, config

CONNECTIONS = 200
BULK = "x" * 16384  # of an event for those who do not read
LIMITS = {"per-address": "off", "head-timeout": "2s", "body-timeout": "3s",
          "write-timeout": "2s", "lag": "3s"}


class Attack:
    """A run of slowhttptest; it ends when it sees that its last connection is closed."""

    def __init__(self, *words, seconds=12):
        self.process = subprocess.Popen(
            ["slowhttptest", *words, "-c", str(CONNECTIONS), "-r", str(CONNECTIONS), "-i", "1",
             "-l", str(seconds), "-p", "3", "-v", "1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def is_on(self):
        return self.process.poll() is None

    def report(self):
        """What it saw until now, without colours. It ends."""
        self.process.terminate()
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.process.communicate()[0])


@unittest.skipUnless(shutil.which("slowhttptest"), "slowhttptest is not installed")
class Hostile(HubCase):
    def setUp(self):
        # The tool cannot say what an event stream is asked for with.
        route = {"path": "/stream", "hub": {"public": ["**"]}, "accept": "any"}
        self.server = self.hub(config(workers=2, routes=[route], limits=LIMITS))
        self.reader = self.stream(self.server)
        self.publisher = self.publisher(self.server)
        self.events = 0
        self.slowest_ms = 0

    def round(self):
        """One event arrives, and one new connection is answered."""
        self.publisher.publish(str(self.events))
        self.assertEqual(self.reader.next("message").data, str(self.events))
        self.events += 1
        before = time.monotonic()
        self.assertEqual(self.fetch(self.server, "GET", "/healthz").status, 200)
        self.slowest_ms = max(self.slowest_ms, (time.monotonic() - before) * 1000)

    def ended(self):
        """Rules of refusals and reasons of closes since the last call."""
        entries = map(json.loads, self.server.stdout.rest_so_far())
        return collections.Counter(entry.get("rule") or entry["reason"] for entry in entries
                                   if entry["event"] in ("sse_refuse", "sse_disconnect"))

    def withstand(self, name, ends, *words, meanwhile=lambda: None):
        """The server ends each connection, by one of `ends`; everything is as before then."""
        self.round()
        idle = self.server.descriptors()
        ended = collections.Counter()
        attack = Attack(*words)
        while attack.is_on() and sum(ended[end] for end in ends) < CONNECTIONS:
            self.round()
            meanwhile()
            ended.update(self.ended())
        self.assertNotIn("service available:   NO", attack.report())
        self.server.settle(lambda: self.server.descriptors() <= idle + 1)
        self.round()
        ended.update(self.ended())
        print(f"\n{name}: {CONNECTIONS} connections, ended by {dict(ended)}; "
              f"{self.events} events on time, slowest answer {self.slowest_ms:.0f} ms, "
              f"{self.server.resident() // 1024} MiB resident")
        self.assertGreaterEqual(sum(ended[end] for end in ends), CONNECTIONS)

    def test_slow_headers(self):
        self.withstand("slow headers", ["G107"], "-H", "-u", self.server.url + "/stream?topic=t")

    def test_slow_bodies(self):
        # The credential goes where the tool lets us write.
        kind = f"{JSON[1]}\r\n{BEARER[0]}: Bearer {KEY}"
        self.withstand("slow bodies", ["G107"], "-B", "-f", kind, "-s", "8192",
                       "-u", self.server.url + "/publish")

    def test_bodies_of_strangers(self):
        self.withstand("slow bodies of strangers", ["G602"], "-B", "-f", JSON[1], "-s", "8192",
                       "-u", self.server.url + "/publish")

    def test_slow_reading(self):
        self.withstand("slow reading", ["write_timeout", "lagging", "out_of_log"], "-X",
                       "-w", "1", "-y", "512", "-z", "5", "-n", "1",
                       "-u", self.server.url + "/stream?topic=bulk",
                       meanwhile=lambda: self.publisher.publish(BULK, topic="bulk"))

    def test_ranges(self):
        self.withstand("ranges", ["G302"], "-R", "-t", "GET", "-a", "1", "-b", "500",
                       "-u", self.server.url + "/nothing")


if __name__ == "__main__":
    unittest.main()
