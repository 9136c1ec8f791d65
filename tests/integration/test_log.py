# SPDX-License-Identifier: Apache-2.0
"""The log: one JSON line for each open, refusal and close, with the fields of the guide.

And what never stands there: keys, cookies, queries. Not on stdout, not on stderr, not in ps.
"""

import json
import pathlib
import re
import socket
import subprocess
import unittest

from harness import PROGRAM, TIMEOUT
from hub_lab import ACCEPT, JSON, ORIGIN, HubCase, config

GUIDE = {"event", "userId", "origin", "corsAllowed", "authMethod", "tokenTTL", "remoteAddr",
         "userAgent", "timestamp"}
COMMON = GUIDE | {"route", "proto", "requestId", "lastEventId"}
REFUSE = COMMON | {"rule", "reason", "status", "soft", "detail"}
DISCONNECT = COMMON | {"reason", "durationMs", "events", "bytes", "dropped"}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

SUBSCRIBER = "planted-subscriber-key"
PUBLISH = "planted-publisher-key"
QUERY = "planted-query-secret"
COOKIE = "planted-wrong-cookie"
AGENT = ("User-Agent", 'Mozilla/5.0 "quoted" \\ back')
FROM_APP = ("Origin", ORIGIN)


class Log(HubCase):
    def guarded(self):
        return self.hub(config(
            cors={"origins": [ORIGIN], "credentials": True},
            auth={"cookie": "session", "keys-file": self.file(f"u_123 {SUBSCRIBER}\n")},
            publish={"key-file": self.file(PUBLISH)}))


class Lines(Log):
    def common(self, entry, **wanted):
        self.assertRegex(entry["timestamp"], RFC3339)
        self.assertRegex(entry["requestId"], r"^[0-9a-f]+$")
        for name, value in wanted.items():
            self.assertEqual(entry[name], value, name)

    def test_open_and_close(self):
        server = self.guarded()
        stream = self.stream(server, "/stream?topic=t",
                             (("Cookie", f"session={SUBSCRIBER}"), FROM_APP, AGENT))
        known = {"userId": "u_123", "origin": ORIGIN, "corsAllowed": True, "authMethod": "cookie",
                 "tokenTTL": None, "remoteAddr": "127.0.0.1", "userAgent": AGENT[1],
                 "route": "/stream", "proto": "HTTP/1.1"}
        opened = server.log(event="sse_connect")
        self.assertEqual(set(opened), COMMON)
        self.common(opened, lastEventId=None, **known)
        body = '{"topic":"t","data":"x"}'
        answer = self.fetch(server, "POST", "/publish",
                            (JSON, ("Authorization", f"Bearer {PUBLISH}")), body)
        event = stream.next()
        stream.close()
        closed = server.log(event="sse_disconnect")
        self.assertEqual(set(closed), DISCONNECT)
        self.common(closed, reason="client_closed", events=1, dropped=0, lastEventId=event.id,
                    requestId=opened["requestId"], **known)
        self.assertEqual(json.loads(answer.body)["ids"], [event.id])
        self.assertGreater(closed["bytes"], 100)
        self.assertGreaterEqual(closed["durationMs"], 0)

    def test_an_old_client_without_login_that_resumes(self):
        server = self.guarded()
        self.stream(server, "/stream?topic=t", (("Last-Event-ID", "mine"),
                    ("Authorization", f"bearer {SUBSCRIBER}")), version="HTTP/1.0")
        self.common(server.log(event="sse_connect"), proto="HTTP/1.0", lastEventId="mine",
                    authMethod="bearer", origin=None, userAgent=None)

    def test_refusals_say_what_the_answer_does_not(self):
        server = self.guarded()
        cases = [
            ((ACCEPT, ("Origin", "https://evil.example")),
             {"rule": "G401", "reason": "origin", "status": 403, "corsAllowed": False,
              "origin": "https://evil.example"}),
            ((ACCEPT, ("Cookie", f"session={COOKIE}")),
             {"rule": "G603", "reason": "unknown_key", "status": 401, "authMethod": "cookie"}),
            ((ACCEPT, ("Cookie", f"session={COOKIE}"), ("Authorization", f"Bearer {SUBSCRIBER}")),
             {"rule": "G601", "reason": "two_credentials", "status": 400}),
            ((AGENT,), {"rule": "G701", "reason": "not_acceptable", "userAgent": AGENT[1]}),
            ((ACCEPT, ("Host", "evil.example")), {"rule": "G202", "reason": "wrong_host"}),
        ]
        for headers, wanted in cases:
            with self.subTest(wanted["reason"]):
                self.fetch(server, "GET", "/stream?topic=t", headers)
                entry = server.log(event="sse_refuse")
                self.assertEqual(set(entry), REFUSE)
                self.common(entry, soft=False, remoteAddr="127.0.0.1", **wanted)

    def test_what_is_not_a_request_is_logged_too(self):
        server = self.guarded()
        with self.connect(server) as connection:
            connection.send("GET / HTTP/1.1\r\n\r\n").response()
        entry = server.log(event="sse_refuse")
        self.assertEqual(set(entry), REFUSE)
        self.common(entry, status=400, detail="HTTP/1.1 request without Host")

    def test_a_hostile_user_agent_forges_no_line(self):
        server = self.guarded()
        hostile = '"}\\n{"event":"sse_connect' + "\xff\xfe" + "A" * 4000
        self.fetch(server, "GET", "/stream?topic=t", (("User-Agent", hostile),))
        entry = server.log(event="sse_refuse", rule="G701")
        self.assertTrue(entry["userAgent"].startswith('"}\\n{"event":"sse_connect'))
        self.assertLess(len(entry["userAgent"]), 300)


class Secrets(Log):
    """Each goes every way that it can go: taken, refused, malformed."""

    def requests(self):
        bearer = ("Authorization", f"Bearer {SUBSCRIBER}")
        cookie = ("Cookie", f"session={SUBSCRIBER}; other={COOKIE}")
        for headers in ((bearer,), (cookie,), (("Cookie", f"session={COOKIE}"),),
                        (bearer, ("Cookie", f"session={COOKIE}")),
                        (cookie, ("Host", "evil.example")),
                        (("Authorization", f"Basic {SUBSCRIBER}"),)):
            for target in (f"/stream?topic=t&ticket={QUERY}", f"/nothing?{QUERY}",
                           f"/stream?topic=%zz&x={QUERY}", f"/publish?key={QUERY}"):
                yield "GET", target, (*headers, ACCEPT), None
        for body in (b'{"topic":"t","data":"x"}', b"{"):
            for key in (PUBLISH, SUBSCRIBER):
                headers = (JSON, ("Authorization", f"Bearer {key}"))
                yield "POST", f"/publish?key={QUERY}", headers, body

    def test_never_in_any_output(self):
        server = self.guarded()
        for method, target, headers, body in self.requests():
            with self.connect(server) as connection:
                connection.request(method, target, headers, body).head()
        with self.connect(server) as connection:
            connection.send(f"GET /?{QUERY}\x01 HTTP/1.1\r\n"
                            f"Cookie: session={COOKIE}\r\n\r\n").head()
        command = pathlib.Path(f"/proc/{server.process.pid}/cmdline").read_text(encoding="utf-8")
        self.assertEqual(server.stop(), 0)
        written = "\n".join(server.stdout.rest() + server.stderr.rest()) + command
        self.assertGreater(written.count('"event"'), 25)
        for secret in (SUBSCRIBER, PUBLISH, QUERY, COOKIE):
            self.assertNotIn(secret, written)


class Words(HubCase):
    def test_each_line_for_the_person_goes_out_whole(self):
        """One write each: threads that fetch keys write lines of their own at the same time."""
        reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(reader.close)
        reader.settimeout(TIMEOUT)
        with writer:
            process = subprocess.Popen(
                [PROGRAM, "serve", "--demo", "--canary", "--listen", "127.0.0.1:0"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writer)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        said = []
        while b"Ctrl-C" not in b"".join(said):
            said.append(reader.recv(65536))
            self.assertTrue(said[-1].endswith(b"\n"), said)
        self.assertTrue(any(line.startswith(b"listening on http://127.") for line in said), said)


if __name__ == "__main__":
    unittest.main()
