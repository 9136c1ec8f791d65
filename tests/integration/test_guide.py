# SPDX-License-Identifier: Apache-2.0
"""The guide's own validation, against `preset: guide` and against the default.

Its three regression cases hold word for word. So does its curl line, but for what is corrected:
Strict-Transport-Security comes over TLS only (RFC 6797 7.2), and this is plain HTTP; Cache-Control
and Vary name more; the default's Content-Security-Policy is longer; and fetch clients may read two
fields (Access-Control-Expose-Headers).
"""

import subprocess
import unittest

from harness import TIMEOUT, Stream
from hub_lab import ACCEPT, ORIGIN, HubCase, config

SESSION = "valid-test-session"
COOKIE = ("Cookie", f"session={SESSION}")
FROM_APP = ("Origin", ORIGIN)
PRESETS = ("guide", "default")

CURL = r"""
curl -v -N \
  -H "Accept: text/event-stream" \
  -H "Origin: https://app.example.com" \
  -H "Cookie: session=valid-test-session" \
  "$URL/api/stream" 2>&1 | \
  grep -E '^< (Content-Type|Cache-Control|Access-Control|X-Content-Type|Content-Security|X-Accel|Strict-Transport|Vary)'
"""

EXPECTED = {  # as printed in the guide, without Strict-Transport-Security
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-store",
    "Access-Control-Allow-Origin": "https://app.example.com",
    "Access-Control-Allow-Credentials": "true",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
    "X-Accel-Buffering": "no",
    "Vary": "Origin",
}
LONGER = {"Cache-Control", "Vary"}
LONGER_BY_DEFAULT = LONGER | {"Content-Security-Policy"}
ADDED = {"Access-Control-Expose-Headers"}


class Guide(HubCase):
    def guarded(self, preset):
        """The guide's application: one stream, a session cookie, one page that may read it."""
        return self.hub(config(
            preset=preset, cors={"origins": [ORIGIN], "credentials": True},
            auth={"cookie": "session", "keys-file": self.file(f"u_123 {SESSION}\n")},
            routes=[{"path": "/api/stream", "hub": {"topics": ["user/*"]}}]))


class Regression(Guide):
    def test_emits_all_required_security_headers(self):
        for preset in PRESETS:
            with self.subTest(preset), Stream(self.guarded(preset), "/api/stream",
                                              (COOKIE, FROM_APP)) as stream:
                fields = dict(stream.headers)
                self.assertRegex(fields["content-type"], r"text/event-stream")
                self.assertRegex(fields["cache-control"], r"no-cache")
                self.assertEqual(fields["x-content-type-options"], "nosniff")
                self.assertEqual(fields["x-accel-buffering"], "no")
                self.assertEqual(fields["access-control-allow-origin"], ORIGIN)
                self.assertEqual(fields["access-control-allow-credentials"], "true")
                self.assertIn("Origin", fields["vary"])

    def test_returns_401_for_unauthenticated_requests(self):
        for preset in PRESETS:
            with self.subTest(preset):
                response = self.fetch(self.guarded(preset), "GET", "/api/stream", (ACCEPT,))
                self.refused(response, 401, "G602")

    def test_returns_406_for_requests_without_accept(self):
        for preset in PRESETS:
            with self.subTest(preset):
                response = self.fetch(self.guarded(preset), "GET", "/api/stream", (COOKIE,))
                self.refused(response, 406, "G701")


class FirstEvents(Guide):
    def test_the_guide_has_a_fixed_retry_and_an_unnamed_first_event(self):
        with Stream(self.guarded("guide"), "/api/stream", (COOKIE,)) as stream:
            retry, first = stream.next(), stream.next()
        self.assertEqual(retry.retry, "30000")
        self.assertEqual((first.type, first.data),
                         ("message", '{"userId":"u_123","connected":true}'))


class OneLiner(Guide):
    def print_fields(self, preset):
        """What the guide's command prints: curl runs until the server goes."""
        server = self.guarded(preset)
        curl = subprocess.Popen(["bash", "-c", CURL], stdout=subprocess.PIPE, text=True,
                                env={"URL": server.url, "PATH": "/usr/bin:/bin"})
        self.addCleanup(curl.stdout.close)
        self.addCleanup(curl.wait, TIMEOUT)
        server.log(event="sse_connect")
        self.assertEqual(server.stop(), 0)
        lines = curl.communicate(timeout=TIMEOUT)[0].splitlines()
        pairs = [line.removeprefix("< ").strip().split(": ", 1) for line in lines]
        self.assertEqual(len(pairs), len(dict(pairs)), "a field stands twice")
        return dict(pairs)

    def test_it_prints_what_the_guide_expects(self):
        for preset, longer in (("guide", LONGER), ("default", LONGER_BY_DEFAULT)):
            with self.subTest(preset):
                fields = self.print_fields(preset)
                self.assertEqual(set(fields), set(EXPECTED) | ADDED)
                for name, value in EXPECTED.items():
                    if name in longer:
                        self.assertTrue(fields[name].startswith(value), fields[name])
                    else:
                        self.assertEqual(fields[name], value)


if __name__ == "__main__":
    unittest.main()
