# SPDX-License-Identifier: Apache-2.0
"""Every field of a response, exactly once and with its value, as a raw socket sees it.

Streams: without Origin, with an allowed one, with credentials, open to any origin, over HTTP/1.0,
per edge, without charset, as the guide has it. Refusals, preflights and HEAD: the same care.
"""

import json
import unittest

from harness import Stream
from hub_lab import ACCEPT, BEARER, JSON, ORIGIN, HubCase, config

STREAM_CSP = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'; sandbox"
GUIDE_CSP = "default-src 'none'; connect-src 'self'"
FETCH_METADATA = "Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest"
FROM_APP = (("Origin", ORIGIN),)
LISTED = {"origins": [ORIGIN]}
TRUSTED = {"origins": [ORIGIN], "credentials": True}

EVERY_ANSWER = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
STREAM = {
    **EVERY_ANSWER,
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-store, no-transform, private",
    "x-accel-buffering": "no",
    "incremental": "?1",
    "content-security-policy": STREAM_CSP,
    "vary": f"Origin, Accept, {FETCH_METADATA}",
    "connection": "keep-alive",
    "transfer-encoding": "chunked",
}
READABLE = {
    "access-control-allow-origin": ORIGIN,
    "access-control-expose-headers": "Last-Event-ID, Retry-After",
}
TRUSTING = {**READABLE, "access-control-allow-credentials": "true"}
OPEN = {**READABLE, "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin"}


class Fields(HubCase):
    def exactly(self, headers, wanted):
        """These fields, none twice, none besides but Date."""
        names = [name for name, _ in headers]
        self.assertEqual(sorted(names), sorted({*wanted, "date"}))
        fields = dict(headers)
        self.assertRegex(fields.pop("date"), r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
        self.assertEqual(fields, wanted)


class Streams(Fields):
    cases = [
        ("without Origin", {}, (), {}),
        ("same origin by default", {}, (("Sec-Fetch-Site", "same-origin"),), {}),
        ("without Origin where origins are listed", {"cors": LISTED}, (), {}),
        ("a listed origin", {"cors": LISTED}, FROM_APP, READABLE),
        ("a listed origin with credentials", {"cors": TRUSTED}, FROM_APP, TRUSTING),
        ("no Origin with credentials", {"cors": TRUSTED}, (), {}),
        ("edge fastly", {"edge": ["fastly"]}, (), {"surrogate-control": "no-store"}),
        ("edge cloudflare", {"edge": ["cloudflare"]}, (), {"cdn-cache-control": "no-store"}),
        ("edge nginx adds nothing", {"edge": ["nginx"]}, (), {}),
        ("edge generic", {"edge": ["generic"]}, (),
         {"surrogate-control": "no-store", "cdn-cache-control": "no-store"}),
        ("without charset", {"charset": False}, (), {"content-type": "text/event-stream"}),
        ("the guide's own values", {"preset": "guide", "cors": TRUSTED}, FROM_APP,
         {**TRUSTING, "content-security-policy": GUIDE_CSP}),
        ("no preload of HSTS in clear", {"hsts-preload": True}, (), {}),
    ]

    def open(self, server, headers, version):
        with Stream(server, "/stream?topic=t", headers, version=version) as stream:
            self.assertEqual(stream.status, 200)
            return stream.headers

    def test_each_field_once(self):
        for name, keys, headers, wanted in self.cases:
            server = self.hub(config(**keys))
            with self.subTest(name, version="HTTP/1.1"):
                self.exactly(self.open(server, headers, "HTTP/1.1"), {**STREAM, **wanted})
            with self.subTest(name, version="HTTP/1.0"):
                old = {**STREAM, **wanted, "connection": "close"}
                del old["transfer-encoding"]
                self.exactly(self.open(server, headers, "HTTP/1.0"), old)

    def test_any_origin_may_read_and_no_cache_can_mix_them_up(self):
        server = self.hub(config(cors={"origins": ["*"]}))
        for headers in ((), FROM_APP, (("Origin", "https://other.example"),)):
            fields = self.open(server, headers, "HTTP/1.1")
            wanted = {**STREAM, **OPEN, "vary": dict(fields)["vary"]}
            self.exactly(fields, wanted)
            self.assertIn("Accept", wanted["vary"])

    def test_a_route_that_does_not_look_at_accept_does_not_vary_by_it(self):
        server = self.hub(config(routes=[
            {"path": "/any", "accept": "any", "hub": {"public": ["t"]}}]))
        response = self.fetch(server, "HEAD", "/any?topic=t")
        self.exactly(response.headers, {**STREAM, "vary": f"Origin, {FETCH_METADATA}"})

    def test_head_has_the_fields_of_get(self):
        server = self.hub(config(cors=TRUSTED))
        response = self.fetch(server, "HEAD", "/stream?topic=t", (ACCEPT, *FROM_APP))
        self.exactly(response.headers, {**STREAM, **TRUSTING})

    def test_the_first_bytes_come_with_the_head(self):
        with Stream(self.hub(), "/stream?topic=t") as stream:
            retry, connected = stream.next(), stream.next()
        self.assertTrue(3000 <= int(retry.retry) <= 8000, retry)
        self.assertEqual((connected.type, json.loads(connected.data)),
                         ("connected", {"connected": True, "userId": None}))
        self.assertRegex(connected.id, r"^[A-Za-z0-9._~-]{1,128}$")


class Refusals(Fields):
    """Allowed origins learn the cause; all others learn nothing; caches keep nothing."""

    strangers = ["https://evil.example", "null", "https://app.example.com.evil.example",
                 "http://app.example.com", "https://app.example.com:8443",
                 "HTTPS://APP.EXAMPLE.COM", "https://app.example.com/",
                 "https://user@app.example.com", "garbage", ""]

    def wanted(self, response, **more):
        return {
            **EVERY_ANSWER,
            "content-type": "application/json",
            "cache-control": "no-store",
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "content-length": str(len(response.body)),
            "vary": f"Origin, Accept, {FETCH_METADATA}",
            **more,
        }

    def test_a_foreign_origin_is_refused_before_a_stream(self):
        server = self.hub(config(cors=TRUSTED))
        for origin in self.strangers:
            with self.subTest(origin):
                response = self.fetch(server, "GET", "/stream?topic=t",
                                      (ACCEPT, ("Origin", origin)))
                self.assertEqual(response.status, 403)
                self.assertEqual(json.loads(response.body)["error"], "origin_not_allowed")
                self.exactly(response.headers, self.wanted(response))

    def test_two_origins_are_refused(self):
        response = self.fetch(self.hub(config(cors=TRUSTED)), "GET", "/stream?topic=t",
                              (ACCEPT, *FROM_APP, *FROM_APP))
        self.refused(response, 403, "G403")

    def test_an_allowed_origin_reads_every_refusal(self):
        server = self.hub(config(cors=TRUSTED, routes=[
            {"path": "/stream", "hub": {"public": ["t"]}}]))
        cases = [
            ("GET", "/stream?topic=t", (), 406, {}),
            ("GET", "/stream?topic=other", (ACCEPT,), 401,
             {"www-authenticate": 'Bearer realm="sluice"'}),
            ("GET", "/stream", (ACCEPT,), 400, {}),
            ("GET", "/stream?topic=%zz", (ACCEPT,), 400, {}),
            ("GET", "/stream?topic=t", (ACCEPT, ("Last-Event-ID", "a b")), 400, {}),
            ("PUT", "/stream", (), 405, {"allow": "GET, HEAD, OPTIONS"}),
            ("GET", "/nothing", (), 404, {"vary": f"Origin, {FETCH_METADATA}"}),
            ("GET", "/publish", (), 405,
             {"allow": "POST, OPTIONS", "vary": f"Origin, {FETCH_METADATA}"}),
            ("POST", "/publish", (JSON,), 401,
             {"www-authenticate": 'Bearer realm="sluice"', "connection": "close",
              "vary": f"Origin, {FETCH_METADATA}"}),
        ]
        for method, target, headers, status, more in cases:
            with self.subTest(f"{method} {target} {status}"):
                response = self.fetch(server, method, target, (*headers, *FROM_APP),
                                      "{}" if method == "POST" else None)
                self.assertEqual(response.status, status)
                self.exactly(response.headers, self.wanted(response, **TRUSTING, **more))

    def test_all_401_look_alike(self):
        server = self.hub()
        bodies = {self.fetch(server, "POST", "/publish", headers, "{}").body for headers in [
            (JSON,), (JSON, ("Authorization", "Bearer wrong")),
            (JSON, ("Authorization", "Basic x")), (JSON, ("Authorization", BEARER[1] + "x"))]}
        self.assertEqual(len(bodies), 1, bodies)


class Preflight(Fields):
    ask = (("Access-Control-Request-Method", "GET"),
           ("Access-Control-Request-Headers", "authorization,last-event-id"))
    base = {
        **EVERY_ANSWER,
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "vary": f"Origin, Accept, {FETCH_METADATA}, Access-Control-Request-Method",
        "allow": "GET, HEAD, OPTIONS",
    }

    def test_an_allowed_origin_may_ask(self):
        response = self.fetch(self.hub(config(cors=TRUSTED)), "OPTIONS", "/stream",
                              (*FROM_APP, *self.ask))
        self.assertEqual((response.status, response.body), (204, b""))
        self.exactly(response.headers, {
            **self.base,
            "access-control-allow-origin": ORIGIN,
            "access-control-allow-credentials": "true",
            "access-control-allow-methods": "GET, HEAD, OPTIONS",
            "access-control-allow-headers":
                "Authorization, Cache-Control, Content-Type, Last-Event-ID",
            "access-control-max-age": "600",
        })

    def test_a_foreign_origin_may_not(self):
        server = self.hub(config(cors=TRUSTED))
        for origin in ("https://evil.example", "null"):
            response = self.fetch(server, "OPTIONS", "/stream", (("Origin", origin), *self.ask))
            self.refused(response, 403, "G402" if origin == "null" else "G401")
            self.assertFalse([n for n, _ in response.headers if n.startswith("access-control")])

    def test_options_alone_names_the_methods(self):
        response = self.fetch(self.hub(), "OPTIONS", "/publish")
        self.assertEqual((response.status, dict(response.headers)["allow"]), (204, "POST, OPTIONS"))


if __name__ == "__main__":
    unittest.main()
