# SPDX-License-Identifier: Apache-2.0
"""The server behind TLS: who gets in, with which certificate, and what a stream is like there."""

import functools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import unittest
import urllib.request

import harness
from auth_lab import Authority
from harness import Connection
from hub_lab import BEARER, JSON, KEY, HubCase, config
from test_metrics import scrape
from test_proxies import header

NAMES = "DNS:one.example,IP:127.0.0.1"


def hello(version, suites):
    """The first record of a client, of an old version and without extensions (RFC 5246 7.4.1.2)."""
    body = struct.pack(">H", version) + os.urandom(32) + b"\0"
    body += struct.pack(">H", 2 * len(suites)) + b"".join(struct.pack(">H", s) for s in suites)
    body += b"\1\0"
    message = b"\1" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack(">H", len(message)) + message


class TlsCase(HubCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)
        cls.certificate, cls.key = cls.authority.leaf(NAMES)

    def secure(self, tls=None, listen=(), **keys):
        """A server whose first listener speaks TLS."""
        first = {"address": "127.0.0.1:0",
                 "tls": {"certificate": self.certificate, "key": self.key, **(tls or {})}}
        return self.hub(config(listen=[first, *listen], **keys), listeners=1 + len(listen) +
                        ("admin" in keys))

    def client(self, name="one.example", alpn=(), certificate=None, maximum=None, session=None):
        """For Connection: makes TLS of a socket."""
        context = ssl.create_default_context(cafile=self.authority.ca)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        if certificate:
            context.load_cert_chain(*certificate)
        if maximum:
            context.maximum_version = maximum
        return functools.partial(context.wrap_socket, server_hostname=name, session=session)

    def ask(self, server, target="/healthz", method="GET", headers=(), body=None, **options):
        with Connection(server, tls=self.client(**options)) as connection:
            return connection.request(method, target, headers, body).response()


class Handshakes(TlsCase):
    def curl(self, server, *words):
        url = server.url.replace("127.0.0.1", "one.example") + "/healthz"
        return subprocess.run(
            ["curl", "-sS", "-i", "--cacert", self.authority.ca, "--max-time",
             str(int(harness.TIMEOUT)), "--connect-to", f"::127.0.0.1:{server.port}", *words, url],
            capture_output=True, text=True, check=False)

    def test_curl_speaks_both_versions_and_both_protocols(self):
        server = self.secure()
        for version in ("1.2", "1.3"):
            for protocol, first in (("--http1.1", "HTTP/1.1 200"), ("--http2", "HTTP/2 200")):
                with self.subTest(version, protocol=protocol):
                    done = self.curl(server, f"--tlsv{version}", "--tls-max", version, protocol)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertTrue(done.stdout.startswith(first), done.stdout)
                    self.assertIn("strict-transport-security: max-age=", done.stdout.lower())

    def test_only_what_came_by_tls_is_told_to_stay_there(self):
        server = self.secure(listen=["127.0.0.1:0"])
        clear = urllib.request.urlopen(server.urls[1] + "/healthz", timeout=harness.TIMEOUT)
        with clear as response:
            self.assertNotIn("strict-transport-security",
                             [name.lower() for name in response.headers])
        self.assertIn("strict-transport-security", dict(self.ask(server).headers))

    def alert(self, server, first):
        """The alert with which the server answers these bytes."""
        with Connection(server) as connection:
            answer = connection.send(first).read_to_close()
        self.assertEqual(answer[:1], b"\x15", answer)
        return answer[6]

    def test_old_versions_and_ciphers_are_refused(self):
        server = self.secure()
        broken = [0x0005, 0x000a, 0x002f, 0x009c, 0xc011, 0xc012, 0xc009, 0xc013]
        for version in (0x0300, 0x0301, 0x0302):
            self.assertIn(self.alert(server, hello(version, [0xc02b, 0xc009])), (40, 70))
        for suite in broken:
            with self.subTest(hex(suite)):
                self.assertEqual(self.alert(server, hello(0x0303, [suite])), 40)
        self.assertEqual(self.ask(server).status, 200)
        entry = server.log(event="tls_refuse", reason="no shared cipher")
        self.assertEqual(entry["remoteAddr"], "127.0.0.1")

    def test_1_2_is_refused_where_1_3_is_the_minimum(self):
        server = self.secure({"minimum": "1.3"})
        self.assertEqual(self.ask(server).status, 200)
        with self.assertRaisesRegex(ssl.SSLError, "(?i)protocol.version"):
            self.ask(server, maximum=ssl.TLSVersion.TLSv1_2)

    def test_the_protocol_is_agreed_on(self):
        server = self.secure()
        for offer, chosen in ((["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"),
                              (["http/1.1"], "http/1.1"), ([], None)):
            with self.subTest(offer), Connection(server, tls=self.client(alpn=offer)) as peer:
                self.assertEqual(peer.sock.selected_alpn_protocol(), chosen)
        with self.assertRaisesRegex(ssl.SSLError, "(?i)no.application.protocol"):
            Connection(server, tls=self.client(alpn=["smtp"]))

    def test_http2_can_be_turned_off(self):
        server = self.secure(http2={"enabled": False})
        with Connection(server, tls=self.client(alpn=["h2", "http/1.1"])) as peer:
            self.assertEqual(peer.sock.selected_alpn_protocol(), "http/1.1")

    def test_the_name_chooses_the_certificate(self):
        second = self.authority.leaf("DNS:two.example,DNS:*.wild.example")
        server = self.secure({"certificate": [self.certificate, second[0]],
                              "key": [self.key, second[1]]})
        for name in ("one.example", "two.example", "a.wild.example"):
            with self.subTest(name):
                self.assertEqual(self.ask(server, name=name).status, 200)
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.ask(server, name="a.b.wild.example")

    def test_a_header_of_a_proxy_comes_before_the_handshake(self):
        first = {"address": "127.0.0.1:0", "proxy-protocol": True,
                 "tls": {"certificate": self.certificate, "key": self.key}}
        server = self.hub(config(listen=[first], workers=1, hosts=["127.0.0.1"],
                                 proxies={"trusted": ["127.0.0.1"], "field": "none"}))

        def wrap(sock):
            sock.sendall(header("203.0.113.9"))
            return self.client()(sock)

        stream = self.stream(server, "/stream?topic=t", (("Host", "127.0.0.1"),), tls=wrap)
        self.assertEqual(server.log(event="sse_connect")["remoteAddr"], "203.0.113.9")
        self.publisher(server, tls=wrap).publish("behind it")
        self.assertEqual(stream.next("message").data, "behind it")

    def test_sessions_resume_on_every_worker(self):
        server = self.secure(workers=2, admin="127.0.0.1:0")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(cafile=self.authority.ca)
            context.maximum_version = version
            wrap = functools.partial(context.wrap_socket, server_hostname="one.example")
            with Connection(server, tls=wrap) as first:
                first.request("GET", "/healthz").response()
                session = first.sock.session
            # So many ports that both workers have some of them.
            for _ in range(16):
                again = functools.partial(wrap, session=session)
                with Connection(server, tls=again) as peer:
                    self.assertTrue(peer.sock.session_reused)
                    self.assertEqual(peer.request("GET", "/healthz").response().status, 200)
        samples = scrape(server.urls[1])
        self.assertEqual(samples["sluice_tls_handshakes_total"], 34)
        self.assertEqual(samples["sluice_tls_resumed_total"], 32)
        self.assertGreater(samples["sluice_tls_certificate_expires_seconds"], 1700000000)


class Strangers(TlsCase):
    def test_plain_http_is_told_to_speak_tls(self):
        server = self.secure()
        for request in ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
            with self.subTest(request), Connection(server) as connection:
                self.refused(connection.send(request).response(), 400, "G108")
                self.assertTrue(connection.is_closed())
        server.log(event="sse_refuse", rule="G108")

    def test_who_says_nothing_or_half_is_closed(self):
        server = self.secure(limits={"handshake-timeout": "200ms"}, admin="127.0.0.1:0")
        first = hello(0x0303, [0xc02b])
        for said in (b"", first[:1], first[:20]):
            with self.subTest(said), Connection(server) as connection:
                self.assertTrue(connection.send(said).is_closed())
        self.assertEqual(self.ask(server).status, 200)

    def test_garbage_is_closed(self):
        server = self.secure()
        for said in (b"\0" * 64, b"\x16\3\1\xff\xff" + b"x" * 100, b"\x17\3\3\0\5hello",
                     b"\x80\x2e\1\0\2\0\x15\0\0\0\x10"):
            with self.subTest(said), Connection(server) as connection:
                connection.send(said)
                try:
                    connection.sock.shutdown(socket.SHUT_WR)
                    answer = connection.read_to_close()
                except OSError:  # closed with bytes of ours unread
                    answer = b""
                self.assertIn(answer[:1], (b"", b"\x15"))
        self.assertEqual(self.ask(server).status, 200)


class Clients(TlsCase):
    def test_the_subject_is_the_user(self):
        ada = self.authority.leaf("DNS:x", subject="/O=Lab/CN=ada")
        server = self.secure({"client-ca": self.authority.ca},
                             routes=[{"path": "/stream", "hub": {"public": ["p"]}}])
        stream = self.stream(server, tls=self.client(certificate=ada))
        entry = server.log(event="sse_connect")
        self.assertEqual((entry["userId"], entry["authMethod"]), ("ada", "certificate"))
        stream.close()
        self.assertEqual(self.ask(server, "/stream?topic=t").status, 401)

    def test_a_revoked_subject_is_out(self):
        ada = self.authority.leaf("DNS:x", subject="/CN=ada")
        server = self.secure({"client-ca": self.authority.ca},
                             routes=[{"path": "/stream", "hub": {"public": ["p"]}}])
        stream = self.stream(server, tls=self.client(certificate=ada))
        answer = self.ask(server, "/auth/revoke", "POST", (BEARER, JSON), '{"sub": "ada"}')
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(stream.next("auth_expired").type, "auth_expired")
        self.assertIsNone(stream.next())
        accept = (("Accept", "text/event-stream"),)
        self.assertEqual(self.ask(server, "/stream?topic=t", headers=accept,
                                  certificate=ada).status, 401)

    def test_a_required_certificate_is_required(self):
        stranger = Authority()
        self.addCleanup(stranger.close)
        server = self.secure({"client-ca": self.authority.ca, "client-certificate": "required"})
        good = self.authority.leaf("DNS:x", subject="/CN=ada")
        self.assertEqual(self.ask(server, certificate=good).status, 200)
        late = self.authority.leaf("DNS:x", days=-1, subject="/CN=ada")
        for name, certificate, said in (
                ("none", None, "did not return a certificate"),
                ("foreign", stranger.leaf("DNS:x"), "unable to get local issuer"),
                ("expired", late, "has expired")):
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with self.subTest(name, version=version):
                    with self.assertRaises(OSError):
                        self.ask(server, certificate=certificate, maximum=version)
                    self.assertRegex(server.log(event="tls_refuse")["reason"], said)


class Bytes(TlsCase):
    def test_a_large_body_arrives_whole(self):
        server = self.secure(publish={"max-event": "256KiB"})
        stream = self.stream(server, tls=self.client())
        data = "0123456789abcdef" * 12000
        answer = self.ask(server, "/publish", "POST", (BEARER, JSON),
                          json.dumps({"topic": "t", "data": data}))
        self.assertEqual(answer.status, 200)
        self.assertEqual(stream.next("message").data, data)

    def test_requests_that_come_in_one_record_are_all_answered(self):
        server = self.secure()
        count = 100
        with Connection(server, tls=self.client()) as connection:
            request = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n"
            connection.send(request * count)
            for _ in range(count):
                self.assertEqual(connection.response().status, 200)

    def test_a_slow_reader_gets_every_byte(self):
        server = self.secure(limits={"write-timeout": "1m", "lag": "1m"})
        stream = self.stream(server, tls=self.client(), receive_buffer=4096)
        publisher = self.publisher(server, tls=self.client())
        wanted = [f"{number}:" + "x" * (number * 37 % 30000) for number in range(300)]
        for data in wanted:
            publisher.publish(data)
        self.assertEqual([stream.next("message").data for _ in wanted], wanted)

    def test_a_slow_reader_by_http2_gets_every_byte(self):
        server = self.secure(hosts=["*"], limits={"write-timeout": "1m", "lag": "1m"})
        url = f"https://one.example:{server.port}/stream?topic=t"
        curl = subprocess.Popen(
            ["curl", "-sN", "--http2", "--limit-rate", "4M", "--cacert", self.authority.ca,
             "--connect-to", f"::127.0.0.1:{server.port}", "-H", "Accept: text/event-stream", url],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(curl.stdout.close)
        self.addCleanup(curl.wait)
        self.addCleanup(curl.kill)
        self.assertEqual(server.log(event="sse_connect")["proto"], "HTTP/2")
        publisher = self.publisher(server, tls=self.client())
        wanted = [f"{number}:" + "x" * (number * 37 % 30000) for number in range(300)]
        for data in wanted:
            publisher.publish(data)
        for data in wanted:
            line = next(line for line in curl.stdout if re.match("data: [0-9]+:", line))
            self.assertEqual(line, f"data: {data}\n")

    def test_the_end_is_announced(self):
        server = self.unclean(config(listen=[
            {"address": "127.0.0.1:0", "tls": {"certificate": self.certificate, "key": self.key}}]))
        stream = self.stream(server, tls=self.client())
        server.signal(signal.SIGTERM)
        self.assertEqual(stream.next("draining").type, "draining")
        # A cut without close_notify would raise ssl.SSLEOFError.
        self.assertIsNone(stream.next())
        server.process.wait(harness.TIMEOUT)


class Starting(TlsCase):
    def refusal(self, conf, *words):
        """What the program says as it refuses to start."""
        done = harness.run("serve", "-c", self.file(json.dumps(conf)), *words,
                           env={"SLUICE_PUBLISH_KEY": KEY})
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def listen(self, **tls):
        return config(listen=[{"address": "127.0.0.1:0", "tls": {
            "certificate": self.certificate, "key": self.key, **tls}}])

    def test_what_could_not_serve_is_refused(self):
        expired = self.authority.leaf("DNS:x", days=-1)
        other = self.authority.leaf("DNS:other.example")
        turned = str(self.folder() / "turned.pem")
        pathlib.Path(turned).write_text("".join(
            pathlib.Path(path).read_text("ascii") for path in (self.authority.ca, self.certificate)),
            "ascii")
        cases = (
            ({"certificate": turned},
             "certificate 1: the key fits certificate 2 of the chain: put the server's own first"),
            ({"key": other[1]}, "TLS on 127.0.0.1:0: certificate 1: the key does not fit"),
            ({"certificate": expired[0], "key": expired[1]},
             "certificate 1: the certificate has expired"),
            ({"certificate": "/nowhere.pem"}, "cannot read '/nowhere.pem': No such file"),
            ({"ocsp": self.certificate}, "certificate 1: there is no OCSP response in DER"),
            ({"client-ca": self.key}, "client authorities: there is no certificate in PEM"),
            ({"key": self.certificate}, "certificate 1: there is no private key in PEM"),
        )
        for tls, said in cases:
            with self.subTest(said):
                self.assertIn(said, self.refusal(self.listen(**tls)))
                self.assertIn(said, self.refusal(self.listen(**tls), "--check"))

    def test_listen_does_not_silently_take_tls_away(self):
        self.assertIn("which speaks TLS", self.refusal(self.listen(), "--listen", "127.0.0.1:0"))

    def test_an_open_key_and_a_near_end_are_told(self):
        # Authority makes certificates of a day; the umask of the test may make any key private.
        key = str(self.folder() / "open.key")
        shutil.copy(self.key, key)
        os.chmod(key, 0o644)
        server = self.hub(self.listen(key=key))
        said = "\n".join(server.stderr.seen)
        self.assertIn(f"warning: others may read the key '{key}': chmod 600", said)
        self.assertRegex(said, f"warning: the certificate '{self.certificate}' ends in 2[34] h")


class Reloading(TlsCase):
    def setUp(self):
        self.at = self.folder()
        self.put(self.certificate, self.key)
        files = {"certificate": str(self.at / "c.pem"), "key": str(self.at / "c.key")}
        self.server = self.secure(files)

    def put(self, certificate, key):
        shutil.copy(certificate, self.at / "c.pem")
        shutil.copy(key, self.at / "c.key")
        os.chmod(self.at / "c.key", 0o600)

    def reload(self, done=True):
        self.server.signal(signal.SIGHUP)
        self.server.log(event="config_reload", done=done)

    def served(self):
        """The certificate that a new connection gets."""
        with Connection(self.server, tls=self.client()) as connection:
            return connection.sock.getpeercert()["serialNumber"]

    def test_new_connections_get_the_new_certificate_and_streams_stay(self):
        stream = self.stream(self.server, tls=self.client())
        publisher = self.publisher(self.server, tls=self.client())
        before = self.served()
        for number in range(3):
            self.put(*self.authority.leaf(NAMES, days=2 + number))
            self.reload()
            # A worker takes its turn before it looks at new settings.
            while (now := self.served()) == before:
                pass
            publisher.publish(str(number))
            self.assertEqual(stream.next("message").data, str(number))
            before = now

    def test_a_ticket_outlives_a_reload(self):
        context = ssl.create_default_context(cafile=self.authority.ca)
        wrap = functools.partial(context.wrap_socket, server_hostname="one.example")
        with Connection(self.server, tls=wrap) as first:
            first.request("GET", "/healthz").response()
            session = first.sock.session
        self.put(*self.authority.leaf(NAMES, days=2))
        self.reload()
        with Connection(self.server, tls=functools.partial(wrap, session=session)) as second:
            self.assertTrue(second.sock.session_reused)

    def test_a_bad_file_changes_nothing(self):
        stream = self.stream(self.server, tls=self.client())
        before = self.served()
        other = self.authority.leaf("DNS:other.example")
        self.put(self.certificate, other[1])
        self.reload(done=False)
        self.server.stderr.wait(lambda line: "certificate 1: the key does not fit" in line)
        self.assertEqual(self.served(), before)
        self.publisher(self.server, tls=self.client()).publish("still here")
        self.assertEqual(stream.next("message").data, "still here")


class SelfSigned(HubCase):
    def test_it_serves_loopback_and_says_what_to_believe(self):
        server = self.hub(args=("--tls-self-signed",))
        said = server.stderr.wait(re.compile("SHA-256 ([0-9A-F:]{95})$").search).group(1)
        pin = server.stderr.wait(re.compile("--pinnedpubkey '(sha256//[^']+)'").search).group(1)
        done = subprocess.run(
            ["curl", "-sS", "-k", "--pinnedpubkey", pin, server.url + "/healthz"],
            capture_output=True, text=True, check=False, timeout=harness.TIMEOUT)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        pem = ssl.get_server_certificate(("127.0.0.1", server.port))
        shown = subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha256"],
                               input=pem, capture_output=True, text=True, check=True)
        self.assertIn(said, shown.stdout)
        context = ssl.create_default_context(cadata=pem)
        for name in ("localhost", "127.0.0.1"):
            wrap = functools.partial(context.wrap_socket, server_hostname=name)
            with Connection(server, tls=wrap) as connection:
                self.assertEqual(connection.request("GET", "/healthz").response().status, 200)

    def test_it_is_for_loopback_alone(self):
        done = harness.run("serve", "-c", self.file(json.dumps(
            config(listen=["127.0.0.1:0", "0.0.0.0:0"], hosts=["a.example"]))),
            "--tls-self-signed")
        self.assertEqual(done.returncode, 2)
        self.assertIn("0.0.0.0:0 is not on loopback", done.stderr)


if __name__ == "__main__":
    unittest.main()
