# SPDX-License-Identifier: Apache-2.0
"""Four workers, one hub: the same events in the same order for all, ids that all understand.

64 connections reach all four (the chance that one is missed is below 1 in 10 million).
"""

import threading
import unittest

from hub_lab import ACCEPT, NDJSON, HubCase, config

STREAMS = 64
EVENTS = 50


class Workers(HubCase):
    def setUp(self):
        self.server = self.hub(config(workers=4, limits={"per-address": "off"}))

    def streams(self, count=STREAMS, **options):
        return [self.stream(self.server, **options) for _ in range(count)]

    def test_one_publisher_reaches_all_in_order(self):
        streams = self.streams()
        publisher = self.publisher(self.server)
        ids = [publisher.publish(str(n)) for n in range(EVENTS)]
        for stream in streams:
            events = [stream.next() for _ in range(EVENTS)]
            self.assertEqual([e.id for e in events], ids)
            self.assertEqual([e.data for e in events], [str(n) for n in range(EVENTS)])

    def test_publishers_at_once_give_one_order(self):
        streams = self.streams()
        publishers = [self.publisher(self.server) for _ in range(8)]
        threads = [threading.Thread(target=self.publish_all, args=(p, name))
                   for name, p in enumerate(publishers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total = EVENTS * len(publishers)
        first, *others = [[stream.next() for _ in range(total)] for stream in streams]
        for other in others:
            self.assertEqual(other, first)
        for name in range(len(publishers)):
            own = [e.data for e in first if e.data.startswith(f"{name}:")]
            self.assertEqual(own, [f"{name}:{n}" for n in range(EVENTS)])

    def publish_all(self, publisher, name):
        for n in range(0, EVENTS, 2):
            lines = "".join(f'{{"topic":"t","data":"{name}:{n + i}"}}\n' for i in range(2))
            self.assertEqual(publisher.post(lines, NDJSON).status, 200)

    def test_an_id_is_good_at_every_worker(self):
        publisher = self.publisher(self.server)
        ids = [publisher.publish(str(n)) for n in range(4)]
        for stream in self.streams(headers=(("Last-Event-ID", ids[1]),)):
            self.assertEqual([stream.next()[:3] for _ in range(2)],
                             [("message", ids[2], "2"), ("message", ids[3], "3")])

    def test_the_first_id_of_one_worker_resumes_at_another(self):
        before = self.streams(8)
        self.publisher(self.server).publish("missed")
        for stream in before:
            again = self.stream(self.server, headers=(("Last-Event-ID", stream.first_id),))
            self.assertEqual(again.next().data, "missed")

    def test_a_cap_counts_all_workers(self):
        server = self.hub(config(workers=4, limits={"per-address": 8}))
        for _ in range(8):
            self.stream(server)
        for _ in range(16):
            self.refused(self.fetch(server, "GET", "/stream?topic=t", (ACCEPT,)), 429, "G502")


if __name__ == "__main__":
    unittest.main()
