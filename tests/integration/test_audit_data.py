# SPDX-License-Identifier: Apache-2.0
"""sluice audit of streams that are answers to POST, as those of LLM and MCP endpoints are."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, where python3 is another one

import h2.config
import h2.connection
import h2.events

from audit_lab import Target, audit, line_of, whole_audit

OK, FINDINGS, USAGE = 0, 1, 2
PROMPT = '{"stream": true, "prompt": "tell nobody of the red herring"}'
HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        b"Cache-Control: no-cache, no-store, no-transform, private\r\nX-Accel-Buffering: no\r\n"
        b"X-Content-Type-Options: nosniff\r\n\r\n")
TOKENS = [b'data: {"token": "a"}\n\n', b'data: {"token": "b"}\n\n', b"data: [DONE]\n\n"]
TELLING = {"POST", "HEAD", "OPTIONS", "GET"}


def speak_h2(target, conn, request):
    """The rest of the connection with a library, which asks for a body that is whole."""
    server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    server.initiate_connection()
    data = b"PRI * HTTP/2.0\r\n\r\n" + request.body
    while data:
        for event in server.receive_data(data):
            if isinstance(event, h2.events.DataReceived):
                target.h2_bodies.append(event.data)
            if isinstance(event, h2.events.StreamEnded):
                server.send_headers(event.stream_id, [
                    (":status", "200"), ("content-type", "text/event-stream")])
                server.send_data(event.stream_id, TOKENS[0])
        conn.sendall(server.data_to_send())
        data = conn.recv(65536)


def completion(target, conn, request):
    """An endpoint of answers: POST alone, of JSON."""
    if request.method == "PRI":
        speak_h2(target, conn, request)
    elif request.method == "OPTIONS":
        conn.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    elif request.method != "POST":
        conn.sendall(b"HTTP/1.1 405 No\r\nAllow: POST, OPTIONS\r\nContent-Length: 0\r\n\r\n")
    else:
        conn.sendall(HEAD)
        for token in TOKENS:
            conn.sendall(token)
            target.stop.wait(0.05)


class Posts(unittest.TestCase):
    def target(self, script=completion):
        target = self.enterContext(Target(script))
        target.h2_bodies = []
        return target

    def test_each_probe_of_the_stream_sends_the_body(self):
        target = self.target()
        report = whole_audit("--data", PROMPT, "--profile", "mcp", target.url("/v1/chat"))
        self.assertEqual((report["baseline"]["outcome"], report["baseline"]["status"]),
                         ("answered", 200))
        self.assertEqual(report["baseline"]["events"], len(TOKENS))
        posts = [r for r in target.requests if r.method == "POST"]
        self.assertGreater(len(posts), 20)
        self.assertEqual({r.body for r in posts}, {PROMPT.encode()})
        self.assertEqual({r.fields["content-type"] for r in posts}, {"application/json"})
        self.assertEqual({r.method for r in target.requests} - TELLING, {"PRI"})
        for request in target.requests:
            if request.method in ("HEAD", "OPTIONS", "GET"):
                self.assertEqual((request.body, "content-type" in request.fields), (b"", False))
        failed = {f["rule"] for f in report["findings"] if f["verdict"] == "fail"}
        self.assertFalse({"A101", "A104", "A107", "A109", "A116"} & failed, failed)

    def test_the_body_goes_over_http2_too(self):
        target = self.target()
        whole_audit("--data", PROMPT, target.url())
        self.assertEqual(set(target.h2_bodies), {PROMPT.encode()})

    def test_mcp_asks_for_both_types(self):
        target = self.target()
        audit("--data", PROMPT, "--profile", "mcp", target.url())
        self.assertEqual(target.requests[0].fields["accept"],
                         "application/json, text/event-stream")

    def test_no_report_has_the_body(self):
        target = self.target()
        for kind in ("text", "json", "sarif", "html", "markdown", "junit", "github"):
            with self.subTest(kind):
                result = audit("--data", PROMPT, "--format", kind, target.url())
                self.assertNotIn(b"herring", result.stdout + result.stderr)

    def test_get_on_such_an_endpoint_says_what_to_do(self):
        result = audit(self.target().url())
        self.assertEqual(result.returncode, FINDINGS)
        self.assertEqual(line_of(result), "sluice audit: GET is answered with 405: --data opens "
                                          "the stream with POST\n")

    def test_a_file(self):
        target = self.target()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "body.json"
            path.write_text(PROMPT + "\n")
            result = audit("--data", f"@{path}", "--format", "json", target.url())
        self.assertEqual(json.loads(result.stdout)["baseline"]["status"], 200)
        self.assertEqual(target.requests[0].body, PROMPT.encode() + b"\n")

    def test_wrong_usage(self):
        with tempfile.TemporaryDirectory() as folder:
            big = pathlib.Path(folder) / "big.json"
            big.write_text('"' + "x" * (32 << 10) + '"')
            cases = [
                ("", "--data is not JSON, at line 1 column 0; a file is @FILE"),
                ("{x", "--data is not JSON, at line 1 column 2; a file is @FILE"),
                ("@/nowhere", "--data: /nowhere: No such file or directory"),
                (f"@{folder}", f"--data: {folder}: not a regular file"),
                (f"@{big}", f"--data: {big}: longer than 32 KiB"),
                (big.read_text(), "--data is longer than 32 KiB"),
            ]
            for text, line in cases:
                with self.subTest(text[:20]):
                    result = audit("--data", text, "http://127.0.0.1:1/")
                    self.assertEqual(result.returncode, USAGE)
                    self.assertEqual(result.stderr.decode().splitlines()[0],
                                     f"sluice audit: {line}")


if __name__ == "__main__":
    unittest.main()
