# SPDX-License-Identifier: Apache-2.0
"""serve --canary: events with numbers and send times, by a schedule, for everybody."""

import json
import unittest

from harness import Server, Stream, TestCase, run

PATH = "/canary/stream"
PERIOD_NS = 100_000_000


def read(stream, count):
    return [json.loads(stream.next("canary").data) for _ in range(count)]


class Canary(TestCase):
    def canary(self, **options):
        return self.serve(args=("--canary", "--listen", "127.0.0.1:0"), **options)

    def test_events_are_numbered_and_say_when_they_were_sent(self):
        with Stream(self.canary(), PATH) as stream:
            self.assertEqual(stream.status, 200)
            events = read(stream, 5)
        first = events[0]["seq"]
        self.assertEqual([e["seq"] for e in events], list(range(first, first + 5)))
        for event in events:
            # By the schedule: never early, however late the machine is.
            self.assertGreaterEqual(event["sinceNs"], event["seq"] * PERIOD_NS)
            self.assertEqual(event["periodMs"] * 1_000_000, PERIOD_NS)
            self.assertEqual(int(event["unixNs"]) // 1_000_000, event["sentMs"])
        self.assertEqual(events, sorted(events, key=lambda e: e["sinceNs"]))

    def test_two_readers_get_the_same_events(self):
        server = self.canary()
        with Stream(server, PATH) as one, Stream(server, PATH) as two:
            later = read(two, 1)[0]
            event = read(one, 1)[0]
            while event["seq"] < later["seq"]:
                event = read(one, 1)[0]
        self.assertEqual(event, later)

    def test_its_topic_is_bound_and_without_the_option_it_is_not_there(self):
        server = self.canary()
        self.assertEqual(self.fetch(server, "GET", PATH + "?topic=news",
                                    (("Accept", "text/event-stream"),)).status, 403)
        with Server(args=("--listen", "127.0.0.1:0")) as plain:
            self.assertEqual(self.fetch(plain, "GET", PATH).status, 404)

    def test_the_audit_finds_nothing_wrong_with_it(self):
        server = self.canary()
        url = server.url + PATH
        result = run("audit", "--quick", "--silent", "--format", "json", "--fail-on", "warning",
                     "--via", f"app={url}", url)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual(report["changes"], [])
        for hop in report["hops"]:
            self.assertGreater(hop["latency"]["events"], 5)
            self.assertEqual(hop["latency"]["missing"], 0)


if __name__ == "__main__":
    unittest.main()
