# SPDX-License-Identifier: Apache-2.0
"""The fetcher of key sets and verdicts against servers that behave, and that do not."""

import socket
import ssl
import threading
import unittest

from auth_lab import Authority, Server, fetch, need_driver, slam
from client_lab import PATIENCE, answer, chunk, hold

JSON = "Content-Type: application/json"
CHUNKED = f"HTTP/1.1 200 OK\r\n{JSON}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()


def setUpModule():
    need_driver()


class Answers(unittest.TestCase):
    def ask(self, script, **words):
        with Server(script) as server:
            said = fetch(server.url(), **words)
            self.request = server.requests[0]
        return said

    def test_a_body_with_a_length(self):
        said = self.ask(answer("200 OK", b"{}", "Content-Type: Application/JSON;charset=utf-8"))
        self.assertEqual(said, "status 200 type application/json length 2 max-age none")

    def test_chunks_and_what_the_request_says(self):
        said = self.ask(CHUNKED + chunk(b"abc") + chunk(b"d") + b"0\r\n\r\n")
        self.assertEqual(said, "status 200 type application/json length 4 max-age none")
        self.assertEqual(self.request.target, "/keys")
        self.assertEqual(self.request.fields["connection"], "close")

    def test_a_body_until_close(self):
        said = self.ask(b"HTTP/1.1 200 OK\r\n\r\nabc")
        self.assertEqual(said, "status 200 type  length 3 max-age none")

    def test_the_shortest_max_age_counts(self):
        said = self.ask(answer("200 OK", b"", "Cache-Control: public, max-age=600",
                               "Cache-Control: max-age=60"))
        self.assertTrue(said.endswith("max-age 60"), said)

    def test_interim_answers_are_read_over(self):
        said = self.ask(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 8 + answer("404 Not Found"))
        self.assertTrue(said.startswith("status 404"), said)

    def test_too_many_interim_answers(self):
        said = self.ask(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 9 + answer("200 OK"))
        self.assertEqual(said, "fault the answer is not HTTP/1.x")

    def test_a_body_at_and_past_the_maximum(self):
        self.assertIn("length 1000", self.ask(answer("200 OK", b"x" * 1000)))
        for body in (answer("200 OK", b"x" * 1001), CHUNKED + chunk(b"x" * 1001),
                     b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001):
            self.assertEqual(self.ask(body),
                             "fault the body of the answer is longer than its maximum")

    def test_a_huge_head(self):
        self.assertEqual(self.ask(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 20000),
                         "fault the head of the answer is longer than its maximum")

    def test_no_redirect_is_followed(self):
        for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
            with Server(answer("200 OK")) as other:
                said = self.ask(answer(status, b"", f"Location: {other.url()}"))
                self.assertEqual(said, "fault the answer is a redirect, and none is followed")
                self.assertEqual(other.connections, 0)

    def test_garbage(self):
        self.assertEqual(self.ask(b"\x16\x03\x01 hello\r\n\r\n"),
                         "fault the answer is not HTTP/1.x")
        self.assertEqual(self.ask(CHUNKED + b"zz\r\n"), "fault the answer is not HTTP/1.x")

    def test_an_answer_that_stops_in_the_middle(self):
        for part in (b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
                     CHUNKED + b"5\r\nabc"):
            said = self.ask(part)
            self.assertEqual(said, "fault the connection closed before the answer was complete")

    def test_a_reset_in_the_middle(self):
        def half(server, conn):
            conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
            slam(server, conn)
        self.assertEqual(self.ask(half), "fault the connection broke: Connection reset by peer")

    def test_a_server_that_says_nothing_is_left_in_time(self):
        self.assertEqual(self.ask(hold(b""), timeout=200), "fault no complete answer in time")

    def test_a_server_that_drips_cannot_stretch_the_time(self):
        def drip(server, conn):
            conn.sendall(b"HTTP/1.1 200 OK\r\n")
            while not server.stop.wait(0.02):
                conn.sendall(b"A: b\r\n")
        self.assertEqual(self.ask(drip, timeout=300), "fault no complete answer in time")


class Addresses(unittest.TestCase):
    def test_plain_http_stays_at_home(self):
        for url in ("http://example.com/", "http://10.0.0.1/", "http://localhost.example.com/",
                    "http://a.localhost/", "http://[::2]/"):
            self.assertEqual(fetch(url), "fault http is for localhost and loopback addresses "
                             "only: use https", url)

    def test_localhost_needs_no_name_server(self):
        with Server(answer("200 OK")) as server:
            said = fetch(server.url(host="LocalHost"), servers="127.0.0.1:1")
        self.assertTrue(said.startswith("status 200"), said)

    def test_nobody_listens(self):
        with Server(b"") as server:
            url = server.url()
        self.assertEqual(fetch(url), "fault cannot connect: Connection refused")

    def test_a_name_server_that_is_silent(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dns:
            dns.bind(("127.0.0.1", 0))
            said = fetch("https://keys.example/", timeout=300,
                         servers=f"127.0.0.1:{dns.getsockname()[1]}")
        self.assertEqual(said, "fault no complete answer in time: "
                         "the name was not resolved in time")

    def test_a_name_that_does_not_exist(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dns:
            dns.bind(("127.0.0.1", 0))
            dns.settimeout(PATIENCE)
            stop = threading.Event()

            def no_such_name():
                while not stop.is_set():
                    query, peer = dns.recvfrom(512)
                    dns.sendto(query[:2] + b"\x81\x83" + query[4:6] + b"\0" * 6 + query[12:],
                               peer)

            thread = threading.Thread(target=no_such_name, daemon=True)
            thread.start()
            port = dns.getsockname()[1]
            said = fetch("https://keys.example/", servers=f"127.0.0.1:{port}")
            stop.set()
            dns.sendto(b"\0" * 12, ("127.0.0.1", port))  # ends the wait
            thread.join(PATIENCE)
        self.assertTrue(said.startswith("fault the host name cannot be resolved: "), said)


class Request(unittest.TestCase):
    def test_a_value_that_would_forge_a_field_is_not_sent(self):
        with Server(answer("200 OK")) as server:
            for value in ("a\r\nHost: evil", "a\nb", "a\rb", "a\x01"):
                self.assertEqual(fetch(server.url(), field=value),
                                 "fault a field of the request holds a control byte")
            self.assertEqual(server.requests, [])
            fetch(server.url(), field="a b")
            self.assertEqual(server.requests[0].fields["x-test"], "a b")

    def test_a_value_that_does_not_fit(self):
        with Server(answer("200 OK")) as server:
            self.assertEqual(fetch(server.url(), field="x" * 20480),
                             "fault the request is longer than its maximum")


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.good = cls.authority.context("DNS:localhost,IP:127.0.0.1")

    @classmethod
    def tearDownClass(cls):
        cls.authority.close()

    def ask(self, tls, host="localhost", script=answer("200 OK", b"{}", JSON), ca=None, **words):
        with Server(script, tls) as server:
            said = fetch(server.url(host=host), ca=ca or self.authority.ca, **words)
            self.requests = server.requests
        return said

    def test_a_certificate_that_fits(self):
        for host in ("localhost", "127.0.0.1"):
            self.assertEqual(self.ask(self.good, host),
                             "status 200 type application/json length 2 max-age none")

    def test_certificates_that_do_not_fit(self):
        cases = (
            ("another host", "DNS:example.com", "localhost", 1, "hostname mismatch"),
            ("another address", "IP:127.0.0.2", "127.0.0.1", 1, "IP address mismatch"),
            ("a name where an address is asked", "DNS:127.0.0.1", "127.0.0.1", 1,
             "IP address mismatch"),
            ("half a label as wildcard", "DNS:local*", "localhost", 1, "hostname mismatch"),
            ("expired", "DNS:localhost", "localhost", -1, "certificate has expired"),
        )
        for name, names, host, days, why in cases:
            with self.subTest(name):
                said = self.ask(self.authority.context(names, days), host)
                self.assertEqual(said, f"fault TLS failed: {why}")
                self.assertEqual(self.requests, [])

    def test_an_authority_that_is_not_ours(self):
        stranger = Authority()
        self.addCleanup(stranger.close)
        said = self.ask(self.good, ca=stranger.ca)
        self.assertIn("TLS failed: ", said)
        self.assertEqual(self.requests, [])

    def test_tls_before_1_2_is_refused(self):
        old = self.authority.context("DNS:localhost", version=ssl.TLSVersion.TLSv1_1)
        self.assertIn("TLS failed: ", self.ask(old))

    def test_tls_1_2_is_enough(self):
        old = self.authority.context("DNS:localhost,IP:127.0.0.1",
                                     version=ssl.TLSVersion.TLSv1_2)
        self.assertTrue(self.ask(old).startswith("status 200"))

    def test_a_body_until_close_needs_the_goodbye(self):
        def cut(_, conn):
            conn.sendall(b"HTTP/1.1 200 OK\r\n\r\nabc")  # and no close_notify
        said = self.ask(self.good, script=cut)
        self.assertIn("TLS failed: ", said)

    def test_a_handshake_that_hangs(self):
        with Server(None) as server:
            def hang(conn):
                with conn:
                    server.stop.wait(PATIENCE)
            server.answer = hang
            said = fetch(server.url().replace("http:", "https:"), ca=self.authority.ca,
                         timeout=200)
        self.assertEqual(said, "fault no complete answer in time")

    def test_a_server_that_speaks_plain_http(self):
        with Server(answer("200 OK")) as server:
            def talk(conn):
                conn.sendall(answer("200 OK"))
                conn.close()
            server.answer = talk
            said = fetch(server.url().replace("http:", "https:"), ca=self.authority.ca)
        self.assertIn("TLS failed: ", said)


if __name__ == "__main__":
    unittest.main()
