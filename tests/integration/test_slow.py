# SPDX-License-Identifier: Apache-2.0
"""A publisher at full speed, 1,000 readers, and one among them that never reads.

The others receive everything exactly once and in order; the server's memory stays within the log
and what 1,000 sockets need; the stalled one is told `dropped` and closed when it reads at last.
"""

import hashlib
import json
import resource
import selectors
import threading
import time
import unittest

from harness import RECV_MAX, TIMEOUT
from hub_lab import NDJSON, HubCase, config, is_sanitized, sober_memory

READERS = 200 if is_sanitized() else 1000
EVENTS = 1200
BATCH = 40  # events of one body
END = b"data: end\n\n\r\n"
PADDING = "x" * 200  # 1200 events are about 300 KB: far more than the stalled socket holds
LOG = 4 << 20
GROWTH = (LOG >> 10) + 1024  # KiB of VmRSS: the log, full, and 1 MiB for everything else
PATIENCE = 6 * TIMEOUT  # 1,000 readers in Python take their time
DESCRIPTORS = READERS + 200


class Tally:
    """What one reader has received since `connected`: bytes as they came, not kept."""

    def __init__(self, stream):
        self.stream = stream
        self.stream.sock.setblocking(False)
        self.hash = hashlib.blake2b()
        self.tail = b""

    def add(self, data):
        """True when this was the last of the stream that the test waits for."""
        self.hash.update(data)
        self.tail = (self.tail + data)[-len(END):]
        return not data or self.tail == END


class Slow(HubCase):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < DESCRIPTORS:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
        self.server = self.hub(
            config(limits={"per-address": "off", "write-timeout": "2s"},
                   heartbeat={"mode": "off"}, history={"memory": LOG}), env=sober_memory())

    def read_all(self, tallies):
        """Reads whoever has something, until each has the last event."""
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            for tally in tallies:
                selector.register(tally.stream.sock, selectors.EVENT_READ, tally)
            while selector.get_map() and time.monotonic() < deadline:
                for key, _ in selector.select(TIMEOUT):
                    if key.data.add(key.fileobj.recv(RECV_MAX)):
                        selector.unregister(key.fileobj)

    def publish_all(self, publisher, ids):
        for first in range(0, EVENTS, BATCH):
            lines = "".join(f'{{"topic":"t","data":"{n} {PADDING}"}}\n'
                            for n in range(first, first + BATCH))
            ids += json.loads(publisher.post(lines, NDJSON).body)["ids"]
        ids.append(publisher.publish("end"))

    def expected(self, ids):
        """The bytes of all events as each HTTP/1.1 stream must carry them."""
        data = [f"{n} {PADDING}" for n in range(EVENTS)] + ["end"]
        frames = [f"id: {one}\ndata: {text}\n\n" for one, text in zip(ids, data)]
        return "".join(f"{len(f):x}\r\n{f}\r\n" for f in frames).encode()

    def test_the_stalled_one_harms_nobody(self):
        publisher = self.publisher(self.server)
        stalled = self.stream(self.server, receive_buffer=2304)
        tallies = [Tally(self.stream(self.server)) for _ in range(READERS)]
        memory = self.server.resident()
        ids = []
        thread = threading.Thread(target=self.publish_all, args=(publisher, ids))
        thread.start()
        self.read_all(tallies)
        thread.join(PATIENCE)
        digest = hashlib.blake2b(self.expected(ids)).digest()
        wrong = [tally.tail for tally in tallies if tally.hash.digest() != digest]
        self.assertEqual((len(ids), wrong), (EVENTS + 1, []))
        if not is_sanitized():
            self.assertLess(self.server.resident("VmHWM") - memory, GROWTH)
        self.told_at_last(stalled, ids)

    def told_at_last(self, stalled, ids):
        entry = self.server.log(event="sse_disconnect")
        self.assertEqual(entry["reason"], "write_timeout")
        seen = []
        while (event := stalled.next()) is not None:
            seen.append(event)
        *received, last = seen
        self.assertEqual([e.id for e in received], ids[:len(received)])
        self.assertEqual(last.type, "dropped")
        told = json.loads(last.data)
        self.assertEqual((told["from"], told["to"]), (ids[len(received)], ids[-1]))
        self.assertEqual(entry["dropped"], len(ids) - len(received))


if __name__ == "__main__":
    unittest.main()
