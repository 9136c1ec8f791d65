# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 by prior knowledge: streams of events, and each flood ended without harm to others."""

import json
import struct
import subprocess
import time
import unittest

import h2_lab
from h2_lab import (CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, GOAWAY, HEADERS,
                    INITIAL_WINDOW_SIZE, NO_ERROR, PING, PRIORITY, PRIORITY_UPDATE, PROTOCOL_ERROR,
                    RST_STREAM, Http2, block, frame, request, reset, setting, window)
from harness import TIMEOUT, Connection
from hub_lab import BEARER, NDJSON, HubCase, config, is_sanitized, sober_memory

STEPS = 20000  # of a flood, at most
GROWTH = 2048  # KiB of VmRSS for all floods together
FRESH = 1.0    # seconds in which a fresh connection is answered
STREAM = ("/stream?topic=t", ("accept", "text/event-stream"))
POST = request(1, "/publish", method="POST", flags=END_HEADERS)
OPEN_HEAD = request(1, flags=END_STREAM)
LONG = ("x", "v" * 2000)


def first(opening, step):
    """A flood whose first step also opens something."""
    return lambda i: (opening if i == 0 else b"") + step


def two(one, other):
    """A flood of pairs of frames, each on a stream of its own."""
    return lambda i: one(2 * i + 1) + other(2 * i + 1)


def bomb(i):
    """One byte that names a field of 2,000 bytes in the table, again and again."""
    return (request(1, flags=END_STREAM) + frame(CONTINUATION, 0, 1, block(LONG, first=b"\x40"))
            if i == 0 else frame(CONTINUATION, 0, 1, b"\xbe" * 100))


# Name, and what one step sends.
FLOODS = (
    ("rapid reset (CVE-2023-44487)", two(lambda s: request(s, *STREAM), reset)),
    ("resets that the server is made to send (CVE-2025-8671)",
     two(lambda s: request(s, *STREAM), lambda s: window(s, 0x7fffffff))),
    ("malformed requests", lambda i: request(2 * i + 1, "/", ("Upper", "case"))),
    ("SETTINGS", lambda i: setting(INITIAL_WINDOW_SIZE, i)),
    ("PING", lambda i: frame(PING, payload=b"12345678")),
    ("CONTINUATION without an end", first(OPEN_HEAD, frame(CONTINUATION, 0, 1))),
    ("a bomb of header fields", bomb),
    ("empty DATA", first(POST, frame(DATA, 0, 1))),
    ("DATA of nothing but padding", first(POST, frame(DATA, 8, 1, b"\3\0\0\0"))),
    ("PRIORITY", lambda i: frame(PRIORITY, 0, 2 * i + 1, b"\0\0\0\0\1")),
    ("PRIORITY_UPDATE", lambda i: frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\1u=1")),
    ("WINDOW_UPDATE", lambda i: window(0, 1)),
    ("GOAWAY", lambda i: frame(GOAWAY, payload=b"\0" * 8)),
    ("frames of unknown types", lambda i: frame(0xbb, 0, i, b"?")),
    ("a window opened byte by byte (CVE-2019-9511)",
     lambda i: setting(INITIAL_WINDOW_SIZE, 0) + request(1, *STREAM) if i == 0 else window(1, 1)),
)


class Floods(HubCase):
    def answered(self, server):
        """A fresh connection, of either version, is answered in time."""
        begin = time.monotonic()
        with Http2(server) as http2, Connection(server) as http1:
            http2.send(request(1))
            self.assertTrue(h2_lab.is_ok(http2.wait(HEADERS, 1)))
            self.assertEqual(http1.request("GET", "/healthz").response().status, 200)
        return time.monotonic() - begin

    def flood(self, server, step, most=STEPS):
        with Http2(server) as http2:
            return http2.flood(step, most)

    def test_each_flood_ends_its_connection_alone(self):
        server = self.hub(config(limits={"per-address": "off"}), env=sober_memory())
        with Http2(server) as bystander:
            bystander.send(request(1, *STREAM))
            bystander.body(1, b"event: connected")
            for _, step in FLOODS:  # what floods need, they have had once
                self.flood(server, step)
            before = server.resident()
            for name, step in FLOODS:
                with self.subTest(name):
                    sent, code = self.flood(server, step)
                    fresh = self.answered(server)
                    print(f"http2 flood: {name}: {sent} steps, GOAWAY {code}, "
                          f"fresh connection answered in {fresh * 1000:.0f} ms", flush=True)
                    self.assertEqual(code, ENHANCE_YOUR_CALM)
                    self.assertLess(sent, STEPS)
                    self.assertLess(fresh, TIMEOUT if is_sanitized() else FRESH)
            growth = server.resident() - before
            print(f"http2 flood: all: {growth} KiB more resident memory", flush=True)
            if not is_sanitized():
                self.assertLess(growth, GROWTH)
            self.publisher(server).publish("still here")
            bystander.body(1, b"still here")

    def test_who_does_not_read_is_ended(self):
        """Answers that are never read fill socket and session; neither grows without an end."""
        server = self.hub(config(limits={"per-address": "off", "write-timeout": "1s"}))
        with Http2(server, receive_buffer=4096) as http2:
            sent = 0
            try:
                http2.sock.settimeout(1)
                for sent in range(1, STEPS):
                    http2.send(request(2 * sent + 1, "/nowhere"))
            except (TimeoutError, ConnectionError):
                pass
            http2.goaway()
            print(f"http2 flood: answers that nobody reads: {sent} requests, closed", flush=True)
            self.assertLess(sent, STEPS - 1)
        self.answered(server)


class Streams(HubCase):
    def open(self, server, **options):
        http2 = Http2(server, **options)
        self.addCleanup(http2.close)
        return http2

    def test_events_of_many_streams_come_over_one_connection(self):
        server = self.hub(config(limits={"per-address": "off"}))
        http2 = self.open(server)
        for stream in range(1, 41, 2):
            http2.send(request(stream, f"/stream?topic=t{stream}", STREAM[1]))
            http2.body(stream, b"event: connected")
        publisher = self.publisher(server)
        for stream in range(1, 41, 2):
            publisher.publish(f"only for {stream}", topic=f"t{stream}")
            self.assertIn(f"only for {stream}\n\n".encode(), http2.body(stream, b"only for"))

    def test_curl_reads_a_stream(self):
        server = self.hub()
        curl = subprocess.Popen(
            ["curl", "-sN", "--http2-prior-knowledge", "-H", "Accept: text/event-stream",
             "-w", "%{http_version}", server.url + "/stream?topic=t"], stdout=subprocess.PIPE)
        self.addCleanup(curl.stdout.close)
        self.addCleanup(curl.wait)
        self.addCleanup(curl.kill)
        while curl.stdout.readline() != b"event: connected\n":
            pass
        self.publisher(server).publish("over http2")
        while (line := curl.stdout.readline()) != b"data: over http2\n":
            self.assertNotEqual(line, b"")

    def post(self, server, body, bearer, *words):
        """curl's status and version for a body of its own making."""
        curl = subprocess.run(
            ["curl", "-s", "--http2-prior-knowledge", "--max-time", str(TIMEOUT), *words,
             "-H", ": ".join(bearer), "-H", ": ".join(NDJSON), "--data-binary", "@-",
             "-w", "%{http_code} %{http_version}", "-o", "/dev/null", server.url + "/publish"],
            input=body, capture_output=True, text=True, check=False)
        return curl.stdout

    def test_a_body_larger_than_the_window_is_taken(self):
        """The window opens again as the body is read, whether its length is told or not."""
        server = self.hub()
        lines = "".join(json.dumps({"topic": "t", "data": "x" * 30000}) + "\n" for _ in range(10))
        for words in ((), ("-H", "Content-Length:")):
            self.assertEqual(self.post(server, lines, BEARER, *words), "200 2", words)

    def test_a_refusal_is_read_before_the_body_is_whole(self):
        server = self.hub()
        for words in ((), ("-H", "Content-Length:")):
            body = "x" * (4 << 20)
            self.assertEqual(self.post(server, body, BEARER, *words), "413 2", words)
            wrong = ("Authorization", "Bearer wrong")
            self.assertEqual(self.post(server, body, wrong, *words), "401 2", words)

    def test_a_malformed_request_is_reset_and_the_others_go_on(self):
        http2 = self.open(self.hub())
        for stream, field in enumerate((("Upper", "case"), ("connection", "close"),
                                        ("te", "gzip"), ("x", "a\rb"), ("host", "other.example"))):
            http2.send(request(2 * stream + 1, "/healthz", field))
            error = http2.wait(RST_STREAM, 2 * stream + 1).payload
            self.assertEqual(struct.unpack(">I", error)[0], PROTOCOL_ERROR, field)
        http2.send(request(99))
        self.assertTrue(h2_lab.is_ok(http2.wait(HEADERS, 99)))
        self.assertNotIn(GOAWAY, [f.type for f in http2.frames])

    def test_a_window_that_never_opens_is_a_slow_reader(self):
        server = self.hub(config(limits={"write-timeout": "1s"}))
        http2 = self.open(server, settings=setting(INITIAL_WINDOW_SIZE, 0))
        http2.send(request(1, *STREAM))
        http2.wait(HEADERS, 1)
        server.log(event="sse_connect")
        self.publisher(server).publish("x")
        self.assertEqual(server.log(event="sse_disconnect")["reason"], "write_timeout")

    def test_sigterm_ends_streams_and_says_goaway(self):
        server = self.unclean()
        http2 = self.open(server)
        http2.send(request(1, *STREAM))
        http2.body(1, b"event: connected")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(http2.goaway(), NO_ERROR)
        ends = [f for f in http2.frames if f.type in (DATA, HEADERS) and f.flags & END_STREAM]
        self.assertEqual(len(ends), 1)

    def test_the_server_offers_no_extended_connect(self):
        http2 = self.open(self.hub())
        settings = http2.wait(h2_lab.SETTINGS).payload
        numbers = [struct.unpack(">HI", settings[i:i + 6])[0] for i in range(0, len(settings), 6)]
        self.assertNotIn(8, numbers)  # RFC 8441 3
        http2.send(request(1, "/stream", (":protocol", "websocket"), method="CONNECT"))
        error = http2.wait(RST_STREAM, 1).payload
        self.assertEqual(struct.unpack(">I", error)[0], PROTOCOL_ERROR)


if __name__ == "__main__":
    unittest.main()
