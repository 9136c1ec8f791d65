# SPDX-License-Identifier: Apache-2.0
"""Above limits.memory the server says no to what is new, keeps what is open, and recovers."""

import json
import unittest

from hub_lab import ACCEPT, BEARER, JSON, HubCase, config, is_sanitized

BODY = 4 << 20


@unittest.skipIf(is_sanitized(), "an instrumented program holds freed memory back")
class Memory(HubCase):
    def flood(self, server, count):
        """Bodies of which all but the last byte have been sent: they stay in memory."""
        held = []
        for _ in range(count):
            held.append(self.connect(server).send(
                f"POST /publish HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                f"{BEARER[0]}: {BEARER[1]}\r\n{JSON[0]}: {JSON[1]}\r\n"
                f"Content-Length: {BODY}\r\n\r\n" + " " * (BODY - 1)))
        return held

    def publish(self, server, data):
        return self.fetch(server, "POST", "/publish", (BEARER, JSON),
                          json.dumps({"topic": "t", "data": data}))

    def test_a_flood_ends_in_refusals_and_passes(self):
        server = self.hub(config(
            workers=1, history={"memory": "1MiB"}, publish={"max-body": "4MiB"},
            limits={"memory": "48MiB", "per-address": "off", "body-timeout": "120s"}))
        reader = self.stream(server)
        self.assertEqual(self.publish(server, "before").status, 200)
        self.assertEqual(reader.next("message").data, "before")

        held = self.flood(server, 12)
        server.stderr.wait(lambda line: "memory is short" in line)
        refused = self.fetch(server, "GET", "/stream?topic=t", (ACCEPT,))
        self.refused(refused, 503, "G507")
        self.assertGreater(int(dict(refused.headers)["retry-after"]), 0)
        self.refused(self.publish(server, "during"), 503, "G507")
        self.assertEqual(self.fetch(server, "GET", "/healthz").status, 200)
        server.log(event="sse_refuse", rule="G507")

        for connection in held:
            connection.close()
        server.stderr.wait(lambda line: "memory is enough again" in line)
        self.assertEqual(self.publish(server, "after").status, 200)
        self.assertEqual(reader.next("message").data, "after")
        self.stream(server)


if __name__ == "__main__":
    unittest.main()
