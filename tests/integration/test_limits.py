# SPDX-License-Identifier: Apache-2.0
"""At a cap the new one is refused with Retry-After, the old ones go on, and a freed slot is used.

Caps: streams of one address, streams in all, connections in all, topics of a stream, events of a
publisher, bytes of a replay. Refusals keep no slot.
"""

import json
import unittest

from harness import Connection
from hub_lab import ACCEPT, NDJSON, HubCase, config

NATIVE = (ACCEPT, ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"),
          ("Sec-Fetch-Site", "same-origin"))
TARGET = "/stream?topic=t"


def limited(**limits):
    return config(workers=1, limits=limits)


class Caps(HubCase):
    def shed(self, response, status, rule):
        """Refused, with a time to come back that is drawn from the longer interval."""
        body = self.refused(response, status, rule)
        self.assertTrue(5 <= int(dict(response.headers)["retry-after"]) <= 31)
        return body

    def frees(self, server, stream):
        """A stream closes; its slot is free when its line is in the log."""
        stream.close()
        server.log(event="sse_disconnect")

    def test_streams_of_one_address(self):
        server = self.hub(limited(**{"per-address": 2}))
        first, second = self.stream(server, TARGET), self.stream(server, TARGET)
        self.shed(self.fetch(server, "GET", TARGET, (ACCEPT,)), 429, "G502")
        self.stream(server, TARGET, source="127.0.0.2")
        self.publisher(server).publish("still here")
        self.assertEqual([s.next("message").data for s in (first, second)], ["still here"] * 2)
        self.frees(server, first)
        self.stream(server, TARGET)
        self.shed(self.fetch(server, "GET", TARGET, (ACCEPT,)), 429, "G502")

    def test_streams_in_all(self):
        server = self.hub(limited(streams=2))
        first = self.stream(server, TARGET)
        self.stream(server, TARGET, source="127.0.0.2")
        self.shed(self.fetch(server, "GET", TARGET, (ACCEPT,)), 503, "G501")
        self.assertEqual(self.fetch(server, "GET", "/healthz").status, 200)
        self.frees(server, first)
        self.stream(server, TARGET)

    def test_connections_in_all(self):
        server = self.hub(limited(connections=3))
        first, second = self.stream(server, TARGET), self.stream(server, TARGET)
        publisher = self.publisher(server)
        publisher.publish("one")
        with Connection(server) as late:
            self.shed(late.response(), 503, "G501")
            self.assertTrue(late.is_closed())
        server.log(event="sse_refuse", rule="G501", remoteAddr="127.0.0.1", authMethod="none")
        publisher.publish("two")
        self.assertEqual([first.next().data, first.next().data], ["one", "two"])
        self.frees(server, second)
        self.stream(server, TARGET)

    def test_a_refusal_keeps_no_slot(self):
        server = self.hub(limited(streams=1, **{"per-address": 1}))
        for headers, status in (((), 406), ((ACCEPT, ("Origin", "null")), 403),
                                ((ACCEPT, ("Last-Event-ID", "a b")), 400)):
            for _ in range(3):
                self.assertEqual(self.fetch(server, "GET", TARGET, headers).status, status)
        for _ in range(3):
            self.assertEqual(self.fetch(server, "HEAD", TARGET, (ACCEPT,)).status, 200)
        self.stream(server, TARGET)

    def test_a_browser_that_is_shed_is_told_in_the_stream(self):
        server = self.hub(limited(streams=1))
        self.stream(server, TARGET)
        response = self.fetch(server, "GET", TARGET, NATIVE)
        self.assertEqual(response.status, 200)
        self.assertRegex(response.body, rb"^event: overloaded\nretry: \d+\ndata: \{\}\n\n$"
                         rb"|^retry: \d+\nevent: overloaded\ndata: \{\}\n\n$")
        server.log(event="sse_refuse", rule="G501", soft=True)

    def test_topics_of_one_stream(self):
        server = self.hub(config(limits={"topics-per-stream": 2}))
        self.stream(server, "/stream?topic=a&topic=b")
        self.refused(self.fetch(server, "GET", "/stream?topic=a&topic=b&topic=c", (ACCEPT,)),
                     400, "G704")

    def test_events_of_one_publisher(self):
        server = self.hub(config(workers=1, publish={"rate": 1}))
        publisher = self.publisher(server)
        lines = "\n".join(['{"topic":"t","data":"x"}'] * 4096)
        answers = [publisher.post(lines, NDJSON) for _ in range(2)]
        self.shed(answers[-1], 429, "G808")


class Replay(HubCase):
    def test_more_than_a_replay_may_hold_is_a_resync(self):
        server = self.hub(limited(**{"replay-events": 3}))
        publisher = self.publisher(server)
        ids = [publisher.publish(str(n)) for n in range(5)]
        fits = self.stream(server, TARGET, (("Last-Event-ID", ids[1]),))
        self.assertEqual([fits.next().data for _ in range(3)], ["2", "3", "4"])
        past = self.stream(server, TARGET, (("Last-Event-ID", ids[0]),))
        told = json.loads(past.next("resync").data)
        self.assertEqual(told["reason"], "too_many")


if __name__ == "__main__":
    unittest.main()
