# SPDX-License-Identifier: Apache-2.0
"""curl as it comes, and nginx as it comes in front: events arrive one by one.

nginx stands there with `proxy_pass` and nothing else: X-Accel-Buffering is what keeps it from
collecting events. It listens on a Unix socket, so no port has to be guessed.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import TIMEOUT, Lines
from hub_lab import HubCase

ACCEPT = ("-H", "Accept: text/event-stream")
EVENTS = 5

NGINX = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen unix:{folder}/socket;
        location / {{ proxy_pass {upstream}; }}
    }}
}}
"""


class Peers(HubCase):
    def run_program(self, words, **pipes):
        """A program in the background that ends with the test, and the lines of its one pipe."""
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, text=True, **pipes)
        lines = Lines(process.stdout or process.stderr)
        self.addCleanup(self.end, process, lines)
        return process, lines

    def end(self, process, lines):
        process.terminate()
        try:
            process.wait(TIMEOUT)
        finally:
            process.kill()
            lines.close()

    def curl(self, *words):
        """Lines of a stream that curl has opened."""
        _, lines = self.run_program(["curl", "-sS", "-N", *ACCEPT, *words], stdout=subprocess.PIPE)
        lines.wait(lambda line: line == "event: connected")
        lines.wait(lambda line: line == "")
        return lines

    def arrive_one_by_one(self, server, lines):
        """The next event is not published before the last one has come."""
        publisher = self.publisher(server)
        for n in range(EVENTS):
            publisher.publish(f"event {n}")
            lines.wait(f"data: event {n}".__eq__)


class Curl(Peers):
    def test_events_come_at_once(self):
        for version in ("--http1.0", "--http1.1"):
            for more in ((), ("--compressed",), ("--tr-encoding",)):
                with self.subTest(version, more=more):
                    server = self.hub()
                    lines = self.curl(version, *more, f"{server.url}/stream?topic=t")
                    self.arrive_one_by_one(server, lines)

    def test_compression_is_never_taken_up(self):
        server = self.hub()
        fields = subprocess.run(
            ["curl", "-sS", "-I", "--compressed", *ACCEPT, f"{server.url}/stream?topic=t"],
            capture_output=True, text=True, timeout=TIMEOUT, check=True).stdout
        self.assertNotIn("content-encoding", fields.lower())

    def test_curl_publishes(self):
        server = self.hub()
        lines = self.curl(f"{server.url}/stream?topic=t")
        subprocess.run(
            ["curl", "-sS", "--fail", "-H", "Authorization: Bearer publish-key-of-the-tests",
             "--json", '{"topic":"t","data":"by curl"}', f"{server.url}/publish"],
            capture_output=True, timeout=TIMEOUT, check=True)
        lines.wait("data: by curl".__eq__)

    def test_a_large_body_waits_for_100_continue(self):
        server = self.hub()
        body = self.file('{"topic":"t","data":"' + "x" * 60000 + '"}')
        done = subprocess.run(
            ["curl", "-sS", "-v", "-H", "Authorization: Bearer publish-key-of-the-tests",
             "-H", "Expect: 100-continue", "-H", "Content-Type: application/json",
             "--data-binary", f"@{body}", f"{server.url}/publish"],
            capture_output=True, text=True, timeout=TIMEOUT, check=True)
        self.assertIn("HTTP/1.1 100 Continue", done.stderr)
        self.assertIn('"ids"', done.stdout)


@unittest.skipIf(shutil.which("nginx") is None and "CI" not in os.environ, "no nginx here")
class Nginx(Peers):
    def proxy(self, server):
        """A running nginx; the path of its socket."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sluice-")))
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            NGINX.format(folder=folder, upstream=server.url, user=user), encoding="utf-8")
        _, lines = self.run_program(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")],
                                    stderr=subprocess.PIPE)
        lines.wait(lambda line: "start worker process " in line)
        return str(folder / "socket")

    def test_events_pass_at_once(self):
        server = self.hub()
        socket = self.proxy(server)
        lines = self.curl("--unix-socket", socket, "http://127.0.0.1/stream?topic=t")
        self.arrive_one_by_one(server, lines)

    def test_nginx_takes_the_field_away_and_leaves_the_others(self):
        server = self.hub()
        fields = subprocess.run(
            ["curl", "-sS", "-I", *ACCEPT, "--unix-socket", self.proxy(server),
             "http://127.0.0.1/stream?topic=t"],
            capture_output=True, text=True, timeout=TIMEOUT, check=True).stdout.lower()
        self.assertNotIn("x-accel-buffering", fields)
        self.assertIn("cache-control: no-cache, no-store, no-transform, private", fields)
        self.assertIn("x-content-type-options: nosniff", fields)

    def test_a_client_that_leaves_is_noticed_behind_nginx(self):
        server = self.hub()
        socket = self.proxy(server)
        curl, _ = self.run_program(["curl", "-sS", "-N", *ACCEPT, "--unix-socket", socket,
                                    "http://127.0.0.1/stream?topic=t"], stdout=subprocess.PIPE)
        server.log(event="sse_connect")
        curl.terminate()
        server.log(event="sse_disconnect")


if __name__ == "__main__":
    unittest.main()
