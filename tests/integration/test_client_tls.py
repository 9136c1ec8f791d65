# SPDX-License-Identifier: Apache-2.0
"""sluice tail and sluice publish over https: servers to believe, and those that are not."""

import json
import ssl
import subprocess
import tempfile
import unittest

from auth_lab import Authority, Server
from client_lab import PATIENCE, STREAM, Running, answer, hold, run

TAKEN = answer("200 OK", b'{"ids":["1.7"]}', "Content-Type: application/json")
KEY = {"SLUICE_PUBLISH_KEY": "k3y"}
NAMES = "DNS:localhost,IP:127.0.0.1"
COMMANDS = ("tail", "publish")


def stop(process):
    process.kill()
    process.communicate()


class TlsCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)
        cls.good = cls.authority.context(NAMES)

    def ask(self, command, url, ca=None):
        """One run of a command against the same URL."""
        words = {"tail": ["--quiet", "--no-reconnect", url], "publish": ["t", "x", "--url", url],
                 "audit": ["--quick", url]}
        return run(command, "--ca", ca or self.authority.ca, *words[command], env=KEY)


class Believed(TlsCase):
    def test_a_stream(self):
        def whole(_, conn):
            conn.sendall(STREAM + b"data: one\n\n")
            conn.unwrap()

        for host in ("localhost", "127.0.0.1"):
            with Server(whole, self.good) as server:
                code, out, err = self.ask("tail", server.url(host=host))
            self.assertEqual((code, out, err), (0, "one\n", ""))

    def test_an_event_with_its_key(self):
        with Server(TAKEN, self.good) as server:
            self.assertEqual(self.ask("publish", server.url()), (0, "1.7\n", ""))
        request = server.requests[0]
        self.assertEqual(request.fields["authorization"], "Bearer k3y")
        self.assertEqual(json.loads(request.body), {"topic": "t", "data": "x"})

    def test_a_ticket_with_its_token(self):
        issued = answer("200 OK", b'{"url":"/stream?ticket=t"}', "Content-Type: application/json")
        with Server(issued, self.good) as server:
            code, out, err = run("token", "ticket", "--ca", self.authority.ca, "--url",
                                 server.url(), env={"SLUICE_TOKEN": "s3cret"})
            self.assertEqual((code, err), (0, ""))
            self.assertEqual(out, server.url("/stream?ticket=t") + "\n")
        self.assertEqual(server.requests[0].fields["authorization"], "Bearer s3cret")

    def test_a_large_event_in_many_records(self):
        text = "x" * (1 << 20)
        with Server(TAKEN, self.good) as server:
            code, _, err = run("publish", "--ca", self.authority.ca, "--url", server.url(), "t",
                               stdin=text.encode(), env=KEY)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(json.loads(server.requests[0].body)["data"], text)

    def test_a_large_event_from_a_stream_in_many_records(self):
        text = b"y" * (1 << 20)
        with Server(hold(STREAM + b"data: " + text + b"\n\n"), self.good) as server:
            code, out, _ = run("tail", "--ca", self.authority.ca, "-n", "1", server.url())
        self.assertEqual((code, out), (0, text.decode() + "\n"))

    def test_the_one_protocol_is_offered(self):
        seen = []
        self.good.set_alpn_protocols(["h2", "http/1.1"])

        def talk(_, conn):
            seen.append(conn.selected_alpn_protocol())
            conn.sendall(TAKEN)

        for command in COMMANDS:
            with Server(talk, self.good) as server:
                self.ask(command, server.url())
        self.assertEqual(seen, ["http/1.1", "http/1.1"])

    def test_tls_1_2_is_enough(self):
        old = self.authority.context(NAMES, version=ssl.TLSVersion.TLSv1_2)
        with Server(TAKEN, old) as server:
            self.assertEqual(self.ask("publish", server.url())[0], 0)

    def test_a_stream_that_breaks_is_opened_again(self):
        with Server(STREAM + b"retry: 100\nid: 1\ndata: a\n\n", self.good) as server, \
                Running("tail", "--ca", self.authority.ca, server.url()) as tail:
            self.assertEqual([tail.line(), tail.line()], ["#1  a\n", "a\n"])
            self.assertEqual(tail.interrupt(), 130)
        self.assertEqual(server.requests[1].fields["last-event-id"], "1")


class NotBelieved(TlsCase):
    def refused(self, tls, why, host="localhost", ca=None):
        for command in COMMANDS:
            with Server(TAKEN, tls) as server:
                code, out, err = self.ask(command, server.url(host=host), ca)
            self.assertEqual((code, out), (3, ""))
            self.assertIn(f"TLS failed: {why}", err)
            self.assertEqual(server.requests, [])

    def test_another_name(self):
        self.refused(self.authority.context("DNS:example.com"), "hostname mismatch")

    def test_another_address(self):
        self.refused(self.authority.context("IP:127.0.0.2"), "IP address mismatch", "127.0.0.1")

    def test_expired(self):
        self.refused(self.authority.context("DNS:localhost", -1), "certificate has expired")

    def test_another_authority(self):
        stranger = Authority()
        self.addCleanup(stranger.close)
        self.refused(self.good, "", ca=stranger.ca)

    def test_the_system_does_not_know_our_authority(self):
        with Server(TAKEN, self.good) as server:
            code, _, err = run("publish", "t", "x", "--url", server.url(), env=KEY)
        self.assertEqual(code, 3)
        self.assertIn("TLS failed: ", err)

    def test_a_version_before_1_2(self):
        self.refused(self.authority.context(NAMES, version=ssl.TLSVersion.TLSv1_1), "")

    def test_http_2_alone(self):
        """The ssl module of Python takes a client that has no protocol in common."""
        certificate, key = self.authority.leaf(NAMES)
        server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-alpn", "h2",
                                   "-cert", certificate, "-key", key], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(stop, server)
        port = next(line.rpartition(":")[2].strip() for line in server.stdout
                    if line.startswith("ACCEPT"))
        for command in (*COMMANDS, "audit"):
            code, _, err = self.ask(command, f"https://localhost:{port}/")
            self.assertEqual(code, 3)
            self.assertIn("TLS failed: the peer does not speak the version of HTTP that was "
                          "offered (ALPN)\n", err)

    def test_a_port_without_tls(self):
        for command in COMMANDS:
            with Server(TAKEN) as server:
                def talk(conn):
                    with conn:
                        conn.sendall(TAKEN)
                server.answer = talk
                code, _, err = self.ask(command, server.url().replace("http:", "https:"))
            self.assertEqual(code, 3)
            self.assertIn("TLS failed: ", err)

    def test_tail_does_not_try_again(self):
        tls = self.authority.context("DNS:example.com")
        with Server(STREAM, tls) as server:
            code, _, err = run("tail", "--ca", self.authority.ca, server.url())
        self.assertEqual((code, server.connections), (3, 1))
        self.assertIn("mismatch", err)

    def test_nothing_of_a_redirect_to_it(self):
        tls = self.authority.context("DNS:example.com")
        with Server(STREAM, tls) as there, \
                Server(answer("302 Found", b"", f"Location: {there.url()}")) as here:
            code, _, err = run("tail", "--ca", self.authority.ca, here.url())
        self.assertEqual((code, there.requests), (3, []))
        self.assertIn("mismatch", err)


class Redirects(TlsCase):
    def test_from_http_to_https_without_what_was_given(self):
        with Server(hold(STREAM + b"data: a\n\n"), self.good) as there, \
                Server(answer("302 Found", b"", f"Location: {there.url()}")) as here:
            code, out, _ = run("tail", "--ca", self.authority.ca, "-n", "1", "-H", "X-Key: k3y",
                               here.url())
        self.assertEqual((code, out), (0, "a\n"))
        self.assertEqual(here.requests[0].fields["x-key"], "k3y")
        self.assertNotIn("x-key", there.requests[0].fields)


class Usage(unittest.TestCase):
    def test_an_authority_that_cannot_be_read(self):
        with tempfile.NamedTemporaryFile() as empty:
            for file in ("/nonexistent", empty.name):
                for command, words in (("tail", ["https://127.0.0.1:1/"]), ("publish", ["t", "x"])):
                    code, out, err = run(command, "--ca", file, *words)
                    self.assertEqual((code, out), (2, ""))
                    self.assertIn(f"--ca: {file}: the file has no certificate authorities", err)

    def test_a_credential_never_goes_in_clear_over_a_network(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("s3cret")
            file.flush()
            for words in (["--bearer", f"@{file.name}"], ["-H", f"Cookie: @{file.name}"],
                          ["-H", f"authorization: @{file.name}"]):
                code, _, err = run("tail", *words, "http://192.0.2.1/")
                self.assertEqual(code, 2)
                self.assertIn("in clear", err)
                self.assertNotIn("s3cret", err)


class Hanging(TlsCase):
    def test_a_handshake_that_hangs_can_be_interrupted(self):
        with Server(None) as server:
            def hang(conn):
                with conn:
                    server.stop.wait(PATIENCE)
            server.answer = hang
            url = server.url().replace("http:", "https:")
            code, _, _ = run("tail", "--max-time", "200ms", url)
        self.assertEqual(code, 3)


if __name__ == "__main__":
    unittest.main()
