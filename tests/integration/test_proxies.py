# SPDX-License-Identifier: Apache-2.0
"""Trusted proxies: whom X-Forwarded-For, Forwarded and PROXY v2 are believed from, and in what."""

import socket
import struct
import unittest

from harness import Connection
from hub_lab import ACCEPT, HubCase, config

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
TARGET = "/stream?topic=t"


def header(client="203.0.113.9", command=1, tlvs=b""):
    """A PROXY v2 header for TCP over IPv4 or IPv6."""
    family, pack = (2, 16) if ":" in client else (1, 4)
    ends = socket.inet_pton(socket.AF_INET6 if family == 2 else socket.AF_INET, client)
    ends += bytes(pack) + struct.pack("!HH", 4711, 443) + tlvs
    return SIGNATURE + struct.pack("!BBH", 0x20 | command, family << 4 | 1, len(ends)) + ends


def ask(fields=""):
    return (f"GET {TARGET} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            f"{fields}\r\n").encode()


def is_ended(connection):
    """Closed; with a reset where bytes were left unread."""
    try:
        return connection.is_closed()
    except ConnectionResetError:
        return True


class Forwarded(HubCase):
    def hub_behind(self, field, **keys):
        return self.hub(config(workers=1, hosts=["127.0.0.1"],
                               proxies={"trusted": ["127.0.0.1"], "field": field}, **keys))

    def test_each_field_is_read_where_it_is_configured(self):
        for field, line, addr in (
                ("x-forwarded-for", ("X-Forwarded-For", "6.6.6.6, 203.0.113.9"), "203.0.113.9"),
                ("x-forwarded-for", ("Forwarded", "for=203.0.113.9"), "127.0.0.1"),
                ("forwarded", ("Forwarded", 'for="[2001:db8::9]:4711"'), "2001:db8::9"),
                ("forwarded", ("X-Forwarded-For", "203.0.113.9"), "127.0.0.1"),
                ("none", ("X-Forwarded-For", "203.0.113.9"), "127.0.0.1")):
            with self.subTest(field=field, line=line):
                server = self.hub_behind(field)
                stream = self.stream(server, TARGET, (line, ("Host", "127.0.0.1")))
                self.assertEqual(server.log(event="sse_connect")["remoteAddr"], addr)
                stream.close()
                self.assertEqual(server.log(event="sse_disconnect")["remoteAddr"], addr)

    def test_another_address_is_not_believed(self):
        server = self.hub_behind("x-forwarded-for")
        self.stream(server, TARGET, (("X-Forwarded-For", "203.0.113.9"), ("Host", "127.0.0.1")),
                    source="127.0.0.2")
        self.assertEqual(server.log(event="sse_connect")["remoteAddr"], "127.0.0.2")

    def test_limits_count_clients(self):
        server = self.hub_behind("x-forwarded-for", limits={"per-address": 1})
        host = ("Host", "127.0.0.1")
        self.stream(server, TARGET, (("X-Forwarded-For", "203.0.113.1"), host))
        self.stream(server, TARGET, (("X-Forwarded-For", "203.0.113.2"), host))
        again = self.fetch(server, "GET", TARGET,
                           (ACCEPT, ("X-Forwarded-For", "203.0.113.1"), host))
        self.refused(again, 429, "G502")

    def test_the_scheme_brings_hsts(self):
        server = self.hub_behind("x-forwarded-for")
        for value, wanted in (("https", True), ("http", False), (None, False)):
            with self.subTest(value=value):
                fields = (("X-Forwarded-Proto", value),) if value else ()
                response = self.fetch(server, "GET", "/healthz", (("Host", "127.0.0.1"), *fields))
                self.assertEqual("strict-transport-security" in dict(response.headers), wanted)


class ProxyProtocol(HubCase):
    def setUp(self):
        self.server = self.hub(config(
            listen=[{"address": "127.0.0.1:0", "proxy-protocol": True}], workers=1,
            hosts=["127.0.0.1"], proxies={"trusted": ["127.0.0.1"]},
            limits={"handshake-timeout": "300ms"}))

    def opens(self, data, addr):
        connection = self.connect(self.server).send(data)
        self.assertIn(b"200 OK", connection.read_until(b"\r\n\r\n"))
        self.assertEqual(self.server.log(event="sse_connect")["remoteAddr"], addr)

    def test_the_header_names_the_client(self):
        for name, head, addr in (
                ("IPv4", header(), "203.0.113.9"),
                ("IPv6", header("2001:db8::9"), "2001:db8::9"),
                ("with TLVs", header(tlvs=b"\x04\x00\x02xy"), "203.0.113.9"),
                ("1 KiB of TLVs", header(tlvs=b"\x04\x04\x00" + bytes(1024)), "203.0.113.9"),
                ("LOCAL", header(command=0), "127.0.0.1")):
            with self.subTest(name):
                self.opens(head + ask(), addr)

    def test_byte_by_byte(self):
        connection = self.connect(self.server)
        for byte in header() + ask():
            connection.send(bytes([byte]))
        self.assertIn(b"200 OK", connection.read_until(b"\r\n\r\n"))
        self.assertEqual(self.server.log(event="sse_connect")["remoteAddr"], "203.0.113.9")

    def test_what_is_no_header_is_closed(self):
        for name, data in (("a request", ask()),
                           ("version 1", b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\n" + ask()),
                           ("datagrams", SIGNATURE + b"\x21\x12\x00\x00" + ask()),
                           ("too long", SIGNATURE + b"\x21\x11\xff\xff" + ask())):
            with self.subTest(name):
                connection = self.connect(self.server).send(data)
                self.assertTrue(is_ended(connection))

    def test_half_a_header_has_a_deadline(self):
        connection = self.connect(self.server).send(header()[:20])
        self.assertTrue(is_ended(connection))
        silent = self.connect(self.server)
        self.assertTrue(is_ended(silent))

    def test_half_a_header_and_an_end_cost_no_time(self):
        before = self.cpu()
        held = [self.connect(self.server).send(header()[:20]) for _ in range(20)]
        for connection in held:
            connection.sock.shutdown(socket.SHUT_WR)
        for connection in held:
            self.assertTrue(is_ended(connection))
        self.assertLess(self.cpu() - before, 20)

    def cpu(self):
        """Ticks of 10 ms."""
        with open(f"/proc/{self.server.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def test_strangers_are_closed_at_once(self):
        with Connection(self.server, source="127.0.0.2") as stranger:
            self.assertTrue(is_ended(stranger))

    def test_what_the_header_names_is_not_trusted_for_more(self):
        fields = "X-Forwarded-For: 198.51.100.1\r\n"
        self.opens(header() + ask(fields), "203.0.113.9")
        self.opens(header("127.0.0.1") + ask(fields), "198.51.100.1")


if __name__ == "__main__":
    unittest.main()
