# SPDX-License-Identifier: Apache-2.0
"""sluice audit through an HTTP proxy: only when it is told to, and never with more than it must say."""

import json
import os
import selectors
import socket
import unittest

from audit_lab import Target, audit
from auth_lab import Authority
from harness import Server

OK, FINDINGS, USAGE, UNREACHABLE = 0, 1, 2, 3
NAME = "stream.example"
PASSWORD = "correct%20horse"
BASIC = "Basic YW5uOmNvcnJlY3QgaG9yc2U="  # ann:correct horse
TOKEN = "subscriber-token-of-the-tests"
VARIABLES = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
             "NO_PROXY")


def env(**variables):
    """The environment without anybody's proxies, and with these."""
    return {**{k: v for k, v in os.environ.items() if k not in VARIABLES}, **variables}


def copy(one, other, stop):
    """Both ways, until one of them ends."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while not stop.is_set():
            for key, _ in selector.select(0.1):
                data = key.fileobj.recv(65536)
                if not data:
                    return
                key.data.sendall(data)


def tunnels_to(port):
    """A proxy that knows every name, and that all are at this port."""

    def script(target, conn, request):
        if request.method != "CONNECT":
            conn.sendall(b"HTTP/1.1 405 No\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", port)) as other:
            conn.sendall(b"HTTP/1.1 200 Connection established\r\nProxy-Agent: test\r\n\r\n")
            copy(conn, other, target.stop)

    return script


class Proxies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)
        certificate, key = cls.authority.leaf(f"DNS:{NAME}", days=60)
        cls.server = Server({
            "listen": [{"address": "127.0.0.1:0", "tls": {"certificate": certificate, "key": key}},
                       "127.0.0.1:0"],
            "hosts": [NAME],
            "routes": [{"path": "/stream", "hub": {"topics": ["demo"], "public": ["demo"]}}],
            "limits": {"connect-rate": {"rate": "off"}},
        }, args=["--no-sandbox"], listeners=2, env={"SLUICE_PUBLISH_KEY": "k" * 32})
        cls.addClassCleanup(cls.server.stop)
        cls.tls_port, cls.plain_port = (int(url.rsplit(":", 1)[1]) for url in cls.server.urls)

    def proxy(self, script):
        return self.enterContext(Target(script))

    def report(self, *words, **variables):
        result = audit("--ca", self.authority.ca, "--format", "json", *words, env=env(**variables))
        self.assertIn(result.returncode, (OK, FINDINGS), result.stderr)
        return json.loads(result.stdout)

    def unreached(self, script, line, *words):
        proxy = self.proxy(script)
        result = audit("--proxy", f"http://127.0.0.1:{proxy.port}", *words,
                       f"https://{NAME}/stream", env=env())
        self.assertEqual(result.returncode, UNREACHABLE)
        self.assertEqual(result.stderr.decode(), f"sluice audit: {NAME}: {line}\n")

    def refused(self, line, *words, **variables):
        result = audit(*words, f"https://{NAME}/stream", env=env(**variables))
        self.assertEqual(result.returncode, USAGE)
        self.assertEqual(result.stderr.decode().splitlines()[0], f"sluice audit: {line}")
        self.assertNotIn("horse", result.stderr.decode())

    def test_a_stream_behind_a_proxy_is_judged(self):
        proxy = self.proxy(tunnels_to(self.tls_port))
        report = self.report("--proxy", f"127.0.0.1:{proxy.port}", f"https://{NAME}/stream")
        self.assertEqual(report["baseline"]["outcome"], "answered")
        self.assertEqual((report["baseline"]["proxied"], report["baseline"]["tls"]),
                         (True, "TLSv1.3"))
        self.assertEqual(report["baseline"]["address"], f"127.0.0.1:{proxy.port}")
        self.assertEqual([f["rule"] for f in report["findings"] if f["verdict"] == "fail"], [])
        for request in proxy.requests:
            self.assertEqual(request.method, "CONNECT")
            self.assertEqual(request.fields.keys(), {"host"})

    def test_the_text_report_names_it(self):
        proxy = self.proxy(tunnels_to(self.tls_port))
        result = audit("--ca", self.authority.ca, "--proxy", f"127.0.0.1:{proxy.port}",
                       f"https://{NAME}/stream", env=env())
        self.assertIn(f"through   a proxy at 127.0.0.1:{proxy.port}, HTTP/1.1, TLSv1.3\n",
                      result.stdout.decode())

    def test_the_environment_counts_only_when_told(self):
        proxy = self.proxy(tunnels_to(self.tls_port))
        with Target(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") as direct:
            port = direct.port
            result = audit("--connect-to", f"{NAME}:80:127.0.0.1:{port}", f"http://{NAME}/stream",
                           env=env(http_proxy=f"http://127.0.0.1:{proxy.port}",
                                   ALL_PROXY=f"http://127.0.0.1:{proxy.port}"))
        self.assertEqual(result.returncode, FINDINGS)
        self.assertEqual(proxy.requests, [])

    def test_the_environment_has_the_password(self):
        proxy = self.proxy(tunnels_to(self.tls_port))
        report = self.report("--proxy", "env", f"https://{NAME}/stream",
                             HTTPS_PROXY=f"http://ann:{PASSWORD}@127.0.0.1:{proxy.port}",
                             http_proxy="http://127.0.0.1:1")
        self.assertEqual(report["baseline"]["outcome"], "answered")
        self.assertTrue(proxy.requests)
        for request in proxy.requests:
            self.assertEqual(request.fields["proxy-authorization"], BASIC)
        self.assertNotIn("horse", json.dumps(report))
        self.assertNotIn(BASIC, json.dumps(report))

    def test_what_no_proxy_names_is_asked_directly(self):
        proxy = self.proxy(tunnels_to(self.tls_port))
        for variables in ({"NO_PROXY": "other.example,.example"}, {"no_proxy": "*"}):
            with self.subTest(variables):
                result = audit("--proxy", "env", f"https://{NAME}/stream",
                               env=env(https_proxy=f"127.0.0.1:{proxy.port}", **variables))
                self.assertEqual(result.returncode, UNREACHABLE)
                self.assertIn(b"name not found", result.stderr)
        self.assertEqual(proxy.requests, [])

    def test_this_machine_is_asked_directly(self):
        proxy = self.proxy(tunnels_to(1))
        with Target(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") as direct:
            audit("--proxy", f"127.0.0.1:{proxy.port}", direct.url(), env=env())
            self.assertTrue(direct.requests)
        self.assertEqual(proxy.requests, [])

    def test_a_proxy_on_this_machine_makes_no_target_private(self):
        """The credential would travel in clear from there on."""
        proxy = self.proxy(tunnels_to(self.plain_port))
        result = audit("--proxy", f"127.0.0.1:{proxy.port}", "--bearer", "env:TOKEN",
                       f"http://{NAME}/stream", env=env(TOKEN=TOKEN))
        self.assertEqual(result.returncode, USAGE)
        self.assertIn(b"would travel in clear", result.stderr)
        self.assertEqual(proxy.requests, [])

    def test_a_plain_target_goes_through_a_tunnel_too(self):
        proxy = self.proxy(tunnels_to(self.plain_port))
        report = self.report("--proxy", f"127.0.0.1:{proxy.port}", f"http://{NAME}:8080/stream")
        self.assertEqual(report["baseline"]["outcome"], "answered")
        self.assertEqual(proxy.requests[0].fields["host"], f"{NAME}:8080")

    def test_a_proxy_that_does_not_do_it(self):
        cases = [
            (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
             "unreachable: the proxy answered 407"),
            (b"HTTP/1.1 200 OK\r\n\r\nbytes", "unreachable: the proxy does not speak HTTP"),
            (b"SSH-2.0-x\r\n", "unreachable: the proxy does not speak HTTP"),
            (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 9000, "unreachable: the proxy does not speak HTTP"),
            (b"", "unreachable: the proxy closed the connection"),
            (b"HTTP/1.1 2", "unreachable: the proxy closed the connection"),
        ]
        for script, line in cases:
            with self.subTest(script[:40]):
                self.unreached(script, line)

    def test_a_proxy_that_is_not_there(self):
        held = socket.socket()  # and nobody listens
        self.addCleanup(held.close)
        held.bind(("127.0.0.1", 0))
        for address, line in ((f"127.0.0.1:{held.getsockname()[1]}",
                               "connection refused: the proxy: Connection refused"),
                              ("nothing.invalid:1", "name not found: the proxy: ")):
            with self.subTest(address):
                result = audit("--proxy", address, f"https://{NAME}/stream", env=env())
                self.assertEqual(result.returncode, UNREACHABLE)
                self.assertIn(f"sluice audit: {NAME}: {line}", result.stderr.decode())

    def test_wrong_usage(self):
        wanted = "an HTTP proxy, http://HOST:PORT"
        self.refused(f"--proxy is not {wanted}, and not env", "--proxy", "socks5://p:1")
        self.refused(f"--proxy is not {wanted}, and not env", "--proxy", "proxy.example")
        self.refused("--proxy has a password, which ps would show: put the URL into HTTPS_PROXY "
                     "and give --proxy env", "--proxy", f"http://ann:{PASSWORD}@p:1")
        self.refused(f"HTTPS_PROXY of the environment is not {wanted}", "--proxy", "env",
                     HTTPS_PROXY=f"socks5://ann:{PASSWORD}@p:1")
        self.refused("--proxy finds the target by itself: it does not go with --resolve, "
                     "--connect-to or --unix-socket", "--proxy", "p:1", "--resolve",
                     f"{NAME}:443:127.0.0.1")


if __name__ == "__main__":
    unittest.main()
