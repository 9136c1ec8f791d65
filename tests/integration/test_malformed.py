# SPDX-License-Identifier: Apache-2.0
"""Malformed, oversize and ambiguous requests, byte for byte over raw sockets.

Each gets one answer with the right status and rule, in JSON, and a closed connection; and after
each an open stream still gets the next event. When all is over, descriptors and memory are as
before. Groups: lines, versions, targets, Host, fields, sizes, body framing, chunks, slowness.
"""

import json
import re
import socket
import time
import unittest

from harness import TIMEOUT, Connection
from hub_lab import KEY, HubCase, config, is_sanitized, sober_memory

LINE_MAX, HEAD_MAX, FIELDS_MAX = 8192, 16384, 64
BODY_MAX = 65536
GROWTH = 1024  # KiB that the second round over all cases may add to VmRSS
TRICKLE = 0.02  # seconds between two bytes of a slow client

GET = "GET /stream?topic=t HTTP/1.1\r\n"
HOST = "Host: 127.0.0.1\r\n"
ACCEPT = "Accept: text/event-stream\r\n"
POST = f"POST /publish HTTP/1.1\r\n{HOST}Authorization: Bearer {KEY}\r\n"
JSON = "Content-Type: application/json\r\n"
BODY = '{"topic":"t","data":"smuggled"}'
CHUNKED = "Transfer-Encoding: chunked\r\n"


def get(fields="", line=GET, host=HOST):
    return f"{line}{host}{ACCEPT}{fields}\r\n"


def post(fields, body=BODY):
    return f"{POST}{JSON}{fields}\r\n{body}"


def chunks(text):
    return post(CHUNKED, text)


def line_of(size):
    """A request whose line has so many bytes."""
    return get(line="GET /" + "a" * (size - len("GET / HTTP/1.1")) + " HTTP/1.1\r\n")


def fields_of(count):
    return f"GET /nothing HTTP/1.1\r\n{HOST}" + "X: y\r\n" * (count - 1) + "\r\n"


def head_of(size):
    start = f"GET /nothing HTTP/1.1\r\n{HOST}X: "
    return start + "y" * (size - len(start) - 4) + "\r\n\r\n"


LINES = [
    ("LF ends the request line", "GET / HTTP/1.1\n" + HOST + "\r\n", 400, "G101"),
    ("LF ends a field line", f"{GET}Host: 127.0.0.1\n\r\n", 400, "G101"),
    ("LF ends the head", f"{GET}{HOST}\n", 400, "G101"),
    ("CR alone in a field", get("X: a\rb\r\n"), 400, "G101"),
    ("CR alone forges a field", get("X: a\rTransfer-Encoding: chunked\r\n"), 400, "G101"),
    ("NUL in the target", get(line="GET /stream\0 HTTP/1.1\r\n"), 400, "G101"),
    ("NUL in a field value", get("X: a\0b\r\n"), 400, "G101"),
    ("NUL in a field name", get("X\0: a\r\n"), 400, "G101"),
    ("NUL first", "\0" + get(), 400, "G101"),
    ("DEL in a field value", get("X: \x7f\r\n"), 400, "G101"),
    ("vertical tab before a value", get("Transfer-Encoding:\x0bchunked\r\n"), 400, "G101"),
    ("many empty lines first", "\r\n\r\n\r\n" + get(), 400, "G101"),
    ("two spaces after the method", get(line="GET  /stream HTTP/1.1\r\n"), 400, "G101"),
    ("a tab after the method", get(line="GET\t/stream HTTP/1.1\r\n"), 400, "G101"),
    ("a space before the line end", get(line="GET / HTTP/1.1 \r\n"), 400, "G101"),
    ("a space in the target", get(line="GET /a b HTTP/1.1\r\n"), 400, "G101"),
    ("a method that is not a token", get(line="G(T / HTTP/1.1\r\n"), 400, "G101"),
    ("a TLS client hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "G101"),
]
VERSIONS = [
    ("HTTP/0.9", "GET /\r\n\r\n", 400, "G101"),
    ("HTTP/1.2", get(line="GET / HTTP/1.2\r\n"), 505, "G104"),
    ("HTTP/2.0", get(line="GET / HTTP/2.0\r\n"), 505, "G104"),
    ("the preface of HTTP/2 where it is off", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "G104"),
    ("http in small letters", get(line="GET / http/1.1\r\n"), 400, "G101"),
    ("two digits of minor version", get(line="GET / HTTP/1.10\r\n"), 400, "G101"),
    ("no minor version", get(line="GET / HTTP/1\r\n"), 400, "G101"),
]
TARGETS = [
    ("CONNECT", get(line="CONNECT 127.0.0.1:80 HTTP/1.1\r\n"), 400, "G101"),
    ("a target without a slash", get(line="GET stream HTTP/1.1\r\n"), 400, "G101"),
    ("a fragment", get(line="GET /stream#a HTTP/1.1\r\n"), 400, "G101"),
    ("asterisk for GET", get(line="GET * HTTP/1.1\r\n"), 400, "G101"),
    ("bytes past ASCII", get(line="GET /\xff HTTP/1.1\r\n"), 400, "G101"),
    ("absolute form of another host", get(line="GET http://other/stream HTTP/1.1\r\n"),
     400, "G201"),
    ("absolute form with a user", get(line="GET http://a@127.0.0.1/ HTTP/1.1\r\n"), 400, "G101"),
]
HOSTS = [
    ("no Host", get(host=""), 400, "G201"),
    ("two equal Hosts", get(host=HOST + HOST), 400, "G201"),
    ("two different Hosts", get(host=HOST + "Host: other\r\n"), 400, "G201"),
    ("a list of Hosts", get(host="Host: 127.0.0.1, other\r\n"), 400, "G201"),
    ("a Host with a user", get(host="Host: a@127.0.0.1\r\n"), 400, "G201"),
    ("a Host with a path", get(host="Host: 127.0.0.1/a\r\n"), 400, "G201"),
    ("a port past 65535", get(host="Host: 127.0.0.1:65536\r\n"), 400, "G201"),
    ("an empty Host", get(host="Host:\r\n"), 400, "G201"),
]
FIELDS = [
    ("a folded line", get("X: a\r\n b\r\n"), 400, "G101"),
    ("a first line that is folded", f"{GET} {HOST}\r\n", 400, "G101"),
    ("a space before the colon", get("Transfer-Encoding : chunked\r\n"), 400, "G101"),
    ("no colon", get("Transfer-Encoding\r\n"), 400, "G101"),
    ("an empty name", get(": a\r\n"), 400, "G101"),
    ("a space in a name", get("X Y: a\r\n"), 400, "G101"),
    ("65 field lines", fields_of(FIELDS_MAX + 1), 431, "G103"),
    ("a head past its maximum", head_of(HEAD_MAX + 1), 431, "G103"),
    ("a head far past its maximum", head_of(HEAD_MAX * 8), 431, "G103"),
    ("a line past its maximum", line_of(LINE_MAX + 1), 414, "G102"),
    ("a line far past its maximum", line_of(LINE_MAX * 8), 414, "G102"),
    ("a line without end", "A" * (LINE_MAX * 4), 414, "G102"),
]
FRAMING = [
    ("both framings, chunked last", post(CHUNKED + "Content-Length: 4\r\n", "0\r\n\r\n" + get()),
     400, "G101"),
    ("both framings, length last", post("Content-Length: 4\r\n" + CHUNKED, "0\r\n\r\n" + get()),
     400, "G101"),
    ("two equal lengths", post("Content-Length: 31\r\n" * 2), 400, "G101"),
    ("two lengths in one line", post("Content-Length: 31, 31\r\n"), 400, "G101"),
    ("a signed length", post("Content-Length: +31\r\n"), 400, "G101"),
    ("a negative length", post("Content-Length: -1\r\n"), 400, "G101"),
    ("a hexadecimal length", post("Content-Length: 0x1f\r\n"), 400, "G101"),
    ("a length with a space in it", post("Content-Length: 3 1\r\n"), 400, "G101"),
    ("a length past 64 bits", post("Content-Length: 18446744073709551647\r\n"), 400, "G101"),
    ("an empty length", post("Content-Length:\r\n"), 400, "G101"),
    ("a tab before a length", post("Content-Length:\t31\r\n"), 400, "G101"),
    ("no framing at all", post(""), 411, "G803"),
    ("a declared body past its maximum", post(f"Content-Length: {BODY_MAX + 1}\r\n", ""),
     413, "G802"),
    ("a stream request with a length", get(f"Content-Length: {len(BODY)}\r\n") + BODY,
     400, "G106"),
    ("a stream request in chunks", get(CHUNKED) + "0\r\n\r\n", 400, "G106"),
    ("chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400, "G101"),
    ("two coding lines", post(CHUNKED * 2, "0\r\n\r\n"), 400, "G101"),
    ("gzip, then chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501, "G105"),
    ("chunked, then gzip", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 400, "G101"),
    ("identity", post("Transfer-Encoding: identity\r\n"), 501, "G105"),
    ("xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501, "G105"),
    ("chunked in quotes", post('Transfer-Encoding: "chunked"\r\n', "0\r\n\r\n"), 501, "G105"),
    ("an empty coding", post("Transfer-Encoding:\r\n"), 400, "G101"),
    ("a tab before the coding", post("Transfer-Encoding:\tchunked\r\n", "0\r\n\r\n"), 400, "G101"),
    ("chunked on HTTP/1.0", chunks("0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0"), 400, "G101"),
    ("an unknown expectation", post("Expect: 200-ok\r\nContent-Length: 31\r\n"), 417, "G303"),
]
CHUNKS = [
    ("an empty size", chunks("\r\n"), 400, "G101"),
    ("a size with 0x", chunks("0x5\r\nhello\r\n0\r\n\r\n"), 400, "G101"),
    ("a signed size", chunks("+5\r\nhello\r\n0\r\n\r\n"), 400, "G101"),
    ("a negative size", chunks("-1\r\nhello\r\n0\r\n\r\n"), 400, "G101"),
    ("a space before the size", chunks(" 5\r\nhello\r\n0\r\n\r\n"), 400, "G101"),
    ("a size past 64 bits", chunks("10000000000000005\r\nhello\r\n0\r\n\r\n"), 400, "G101"),
    ("LF ends the size", chunks("5\nhello\r\n0\r\n\r\n"), 400, "G101"),
    ("data longer than its size", chunks("5\r\nhello!\r\n0\r\n\r\n"), 400, "G101"),
    ("LF after the data", chunks("5\r\nhello\n0\r\n\r\n"), 400, "G101"),
    ("NUL in an extension", chunks("5;a=\0\r\nhello\r\n0\r\n\r\n"), 400, "G101"),
    ("an endless extension", chunks("5;" + "a" * 20000), 400, "G101"),
    ("a trailer that is no field", chunks("0\r\ntrailer\r\n\r\n"), 400, "G101"),
    ("endless trailers", chunks("0\r\n" + "X: y\r\n" * 20000), 431, "G103"),
    ("chunks past the maximum", chunks(f"{BODY_MAX:x}\r\n{'x' * BODY_MAX}\r\n1\r\nx\r\n"),
     413, "G802"),
    ("one chunk past the maximum", chunks(f"{BODY_MAX + 1:x}\r\n{'x' * (BODY_MAX + 1)}\r\n"),
     413, "G802"),
]
CASES = LINES + VERSIONS + TARGETS + HOSTS + FIELDS + FRAMING + CHUNKS

AT_THE_LIMIT = [
    ("a line at its maximum", line_of(LINE_MAX), 404),
    ("64 field lines", fields_of(FIELDS_MAX), 404),
    ("a head at its maximum", head_of(HEAD_MAX), 404),
    ("one empty line first", "\r\n" + get(line="GET /nothing HTTP/1.1\r\n"), 404),
    ("absolute form of this host", get(line="GET http://127.0.0.1/nothing HTTP/1.1\r\n"), 404),
    ("OPTIONS *", get(line="OPTIONS * HTTP/1.1\r\n"), 404),
    ("a body at its maximum", post(f"Content-Length: {BODY_MAX}\r\n",
                                   '{"topic":"x","data":"1"}'.ljust(BODY_MAX)), 200),
]


class Malformed(HubCase):
    def setUp(self):
        self.server = self.hub(config(listen=[{"address": "127.0.0.1:0", "h2c": "off"}],
                                      publish={"max-body": BODY_MAX, "max-event": 1024}),
                               env=sober_memory())
        self.witness = self.stream(self.server)
        self.backend = self.publisher(self.server)
        self.published = 0

    def witness_goes_on(self):
        self.published += 1
        self.backend.publish(str(self.published))
        self.assertEqual(self.witness.next().data, str(self.published))

    def answer_to(self, data):
        """All bytes until the close; the peer may stop reading before it has taken all."""
        with Connection(self.server) as connection:
            try:
                connection.send(data)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has closed with an answer on the way, or the assertions will say so
            return connection.read_to_close()

    def refused_once(self, data, status, rule):
        answer = self.answer_to(data)
        self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+)", answer), [str(status).encode()], answer)
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertIn(b"\r\nContent-Type: application/json\r\n", head)
        self.assertIn(b"\r\nConnection: close", head)
        self.assertEqual(json.loads(body)["rule"], rule, body)

    def one_round(self):
        for name, data, status, rule in CASES:
            with self.subTest(name):
                self.refused_once(data, status, rule)
                self.witness_goes_on()

    def test_each_is_refused_and_nobody_else_notices(self):
        self.witness_goes_on()
        descriptors = self.server.descriptors()
        self.one_round()
        memory = self.server.resident()
        self.one_round()
        self.server.settle(lambda: self.server.descriptors() == descriptors + 1)
        if not is_sanitized():
            self.assertLess(self.server.resident() - memory, GROWTH)

    def test_what_is_just_within_the_limits_is_taken(self):
        for name, data, status in AT_THE_LIMIT:
            with self.subTest(name), Connection(self.server) as connection:
                self.assertEqual(connection.send(data).response().status, status)
                self.witness_goes_on()

    def test_bytes_behind_a_refused_body_are_no_request(self):
        inner = post(f"Content-Length: {len(BODY)}\r\n")
        for outer in (f"PUT /publish HTTP/1.1\r\n{HOST}Content-Length: {len(inner)}\r\n\r\n",
                      f"GET /healthz HTTP/1.1\r\n{HOST}Content-Length: {len(inner)}\r\n\r\n",
                      f"POST /publish HTTP/1.1\r\n{HOST}Content-Length: {len(inner)}\r\n\r\n"):
            answer = self.answer_to(outer + inner)
            self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)
            self.witness_goes_on()

    def test_pipelined_requests_are_answered_in_order(self):
        one = post(f"Content-Length: {len(BODY)}\r\n").replace("smuggled", "pipeline")
        health = f"GET /healthz HTTP/1.1\r\n{HOST}\r\n"
        with Connection(self.server) as connection:
            connection.send((one + health) * 3)
            bodies = [json.loads(connection.response().body) for _ in range(6)]
        self.assertEqual(["ids" in body for body in bodies], [True, False] * 3)
        self.assertEqual([self.witness.next().data for _ in range(3)], ["pipeline"] * 3)

    def test_byte_by_byte_is_the_same_request(self):
        with Connection(self.server) as connection:
            for byte in post(f"Content-Length: {len(BODY)}\r\n").encode():
                connection.send(bytes([byte]))
            self.assertEqual(connection.response().status, 200)
        self.assertEqual(self.witness.next().data, "smuggled")


class Slow(HubCase):
    """Deadlines are for the whole head and body: a byte now and then does not move them."""

    def setUp(self):
        self.server = self.hub(config(limits={
            "head-timeout": "300ms", "body-timeout": "300ms", "idle-timeout": "300ms"}))

    def trickle(self, start):
        """Sends a byte whenever nothing comes, until the server answers; gives the answer."""
        deadline = time.monotonic() + TIMEOUT
        with Connection(self.server) as connection:
            connection.send(start)
            connection.sock.settimeout(TRICKLE)
            while time.monotonic() < deadline:
                try:
                    connection.pending = connection.sock.recv(1)
                    break
                except socket.timeout:
                    connection.send(b"a")
            connection.sock.settimeout(TIMEOUT)
            response = connection.response()
            self.assertTrue(connection.is_closed())
            return response

    def test_a_head_that_never_ends(self):
        self.refused(self.trickle("GET /"), 408, "G107")

    def test_fields_that_never_end(self):
        self.refused(self.trickle(get()[:-2] + "X: "), 408, "G107")

    def test_a_body_that_never_ends(self):
        self.refused(self.trickle(post("Content-Length: 60000\r\n", "")), 408, "G107")

    def test_a_chunk_that_never_ends(self):
        self.refused(self.trickle(chunks("fff0\r\n")), 408, "G107")

    def test_a_connection_that_asks_nothing_is_closed_without_a_word(self):
        with Connection(self.server) as connection:
            self.assertTrue(connection.is_closed())
        with Connection(self.server) as connection:
            connection.request("GET", "/healthz").response()
            self.assertTrue(connection.is_closed())


if __name__ == "__main__":
    unittest.main()
