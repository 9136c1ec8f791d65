# SPDX-License-Identifier: Apache-2.0
"""SIGTERM: not ready first, closes spread, whole frames, every client told and able to come back.

What one signal does to a few streams is in test_faults.py; bench/drain.py draws the histogram of
2,000.
"""

import json
import signal
import time
import unittest

import harness
from harness import Connection
from hub_lab import HubCase, config

STREAMS = 200
WINDOW = 2.0  # seconds
LIMITS = {"per-address": "off", "connect-rate": {"rate": "off"}}


class Listener:
    """What Connection wants of a server."""

    def __init__(self, url):
        self.port = int(url.rpartition(":")[2])


class Spread(HubCase):
    def test_closes_are_spread_and_nothing_is_torn_or_lost(self):
        server = self.hub(config(workers=2, limits=LIMITS,
                                 drain={"window": f"{WINDOW:.0f}s", "deadline": "15s"}))
        streams = [self.stream(server) for _ in range(STREAMS)]
        publisher = self.publisher(server)
        for n in range(20):
            last = publisher.publish(str(n))
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(2 * harness.TIMEOUT), 0)
        self.assertIn(f"{STREAMS} told to come back, 0 cut", server.stderr.rest()[-1])
        retries = set()
        for stream in streams:
            for n in range(20):
                event = stream.next("message")
                self.assertEqual(event.data, str(n))
            self.assertEqual(event.id, last)
            told = stream.next()
            self.assertEqual(told.type, "draining")
            self.assertEqual(json.loads(told.data)["retry"], int(told.retry))
            retries.add(int(told.retry))
            self.assertIsNone(stream.next())  # behind the last chunk
        self.assertGreater(len(retries), STREAMS // 2)
        self.spread(server)
        self.come_back(last)

    def spread(self, server):
        """By the log: no quarter of the window has more than half of the closes."""
        ages = [json.loads(line) for line in server.stdout.rest()]
        at = [entry["timestamp"] for entry in ages if entry["event"] == "sse_disconnect"]
        self.assertEqual(len(at), STREAMS)
        seconds = sorted(60 * int(t[14:16]) + float(t[17:23]) for t in at)
        first = seconds[0]
        quarters = [0] * 4
        for second in seconds:
            quarters[min(3, int((second - first) % 3600 / WINDOW * 4))] += 1
        self.assertLess(max(quarters), STREAMS // 2, quarters)
        self.assertGreater(min(quarters), 0, quarters)

    def come_back(self, last):
        server = self.hub(config(limits=LIMITS))
        streams = [self.stream(server, headers=(("Last-Event-ID", last),)) for _ in range(STREAMS)]
        for stream in streams:
            self.assertEqual(json.loads(stream.next("resync").data)["reason"], "server_restarted")
        self.publisher(server).publish("next")
        for stream in streams:
            self.assertEqual(stream.next("message").data, "next")


class Delay(HubCase):
    """Balancers learn it first; until they have, everything is served."""

    def setUp(self):
        self.server = self.hub(config(admin="127.0.0.1:0", drain={
            "delay": "2s", "window": "0s", "deadline": "5s"}), listeners=2)
        self.admin = Listener(self.server.urls[1])

    def ask(self, server, target, *headers):
        with Connection(server) as connection:
            return connection.request("GET", target, headers).head()[0]

    def test_readiness_goes_off_first(self):
        self.assertEqual(self.ask(self.admin, "/readyz"), 200)
        stream = self.stream(self.server)
        self.server.signal(signal.SIGTERM)
        self.server.stderr.wait(lambda line: "not ready any more" in line)
        began = time.monotonic()
        self.assertEqual(self.ask(self.admin, "/readyz"), 503)
        self.server.settle(lambda: self.ask(self.server, "/healthz") == 503)
        late = self.stream(self.server)
        self.publisher(self.server).publish("in the meantime")
        for each in (stream, late):
            self.assertEqual(each.next("message").data, "in the meantime")
            self.assertEqual(each.next().type, "draining")
        self.assertGreater(time.monotonic() - began, 1)
        self.assertEqual(self.server.process.wait(harness.TIMEOUT), 0)

    def test_second_signal_does_not_wait(self):
        stream = self.stream(self.server)
        self.server.signal(signal.SIGTERM)
        self.server.stderr.wait(lambda line: "not ready any more" in line)
        began = time.monotonic()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(stream.next("draining").type, "draining")
        self.assertEqual(self.server.process.wait(harness.TIMEOUT), 0)
        self.assertLess(time.monotonic() - began, 1.5)
        self.assertIn("0 told to come back, 1 cut", self.server.stderr.rest()[-1])

    def test_no_reload_on_the_way_down(self):
        self.server.signal(signal.SIGTERM)
        self.server.stderr.wait(lambda line: "not ready any more" in line)
        self.server.signal(signal.SIGHUP)
        self.server.stderr.wait(lambda line: "not reloaded: the server is going down" in line)


if __name__ == "__main__":
    unittest.main()
