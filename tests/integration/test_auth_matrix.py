# SPDX-License-Identifier: Apache-2.0
"""Where a credential stands, who checks it, what is wrong with it: every cell from outside.

All refusals look alike to the client, byte by byte; only the log knows the reason. With -v the
matrix is printed.
"""

import json
import sys
import time
import unittest

from auth_lab import Server, json_answer
from harness import Stream
from hub_lab import ORIGIN
from identity_lab import (PRIVATE, REALM, STATIC_USER, IdentityCase, SigningKey, claims, jwt,
                          key_set, need_node, pieces)

GOOD = "good"
UNAUTHORIZED = (b'{"error":"unauthorized","message":"Authentication is required.",'
                b'"rule":"G602"}\n')
STATIC = "a-static-key-of-the-matrix"
TAKEN_BACK = "a-static-key-that-was-revoked"

# What is wrong with a token: claims, header, and the reason in the log.
TOKENS = (
    (GOOD, {}, {}, GOOD),
    ("expired", {"exp": -1}, {}, "expired"),
    ("not yet", {"nbf": 60}, {}, "not_yet_valid"),
    ("from the future", {"iat": 60}, {}, "not_yet_valid"),
    ("without an end", {"exp": None}, {}, "no_expiry"),
    ("no algorithm", {}, {"alg": "none"}, "bad_alg"),
    ("unknown key", {}, {"kid": "strange"}, "unknown_key"),
    ("its own key", {}, {"jwk": {"kty": "oct", "k": "AAAA"}}, "embedded_key"),
    ("wrong issuer", {"iss": "https://id.example"}, {}, "wrong_issuer"),
    ("wrong audience", {"aud": "stream2"}, {}, "wrong_audience"),
    ("no subject", {"sub": None}, {}, "no_subject"),
    ("wrong type", {}, {"typ": "dpop+jwt"}, "wrong_type"),
)
TIMES = ("exp", "nbf", "iat")
LOAD_GAP = 10  # seconds
ALGORITHMS = ("ES256", "EdDSA", "RS256", "HS256")


def table(title, cells):
    columns = list(dict.fromkeys(column for _, column in cells))
    rows = list(dict.fromkeys(row for row, _ in cells))
    lines = [[title, *columns], *([r, *(cells.get((r, c), "-") for c in columns)] for r in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(t.ljust(w) for t, w in zip(line, widths)).rstrip()
                     for line in lines)


def setUpModule():
    need_node()


class Matrix(IdentityCase):
    def setUp(self):
        super().setUp()
        self.cells = {}

    def cookie(self, value):
        return (("Cookie", f"session={value}"),)

    def shown(self, title):
        if "-v" in sys.argv or "--verbose" in sys.argv:
            print(f"\n{table(title, self.cells)}", file=sys.stderr)

    def same_for_all(self, response, status, body):
        """What no cell of the matrix may differ in."""
        fields = dict(response.headers)
        self.assertEqual((response.status, response.body), (status, body))
        self.assertEqual(fields["content-type"], "application/json")
        self.assertEqual(fields["cache-control"], "no-store")
        self.assertEqual(fields["access-control-allow-origin"], ORIGIN)
        self.assertEqual(fields["access-control-allow-credentials"], "true")
        self.assertIn("origin", fields["vary"].lower())
        self.assertNotIn("set-cookie", fields)

    def unauthorized(self, response):
        self.same_for_all(response, 401, UNAUTHORIZED)
        self.assertEqual(dict(response.headers)["www-authenticate"], REALM)

    def refused_cell(self, server, name, source, headers, reason, target=PRIVATE):
        with self.subTest(name, source=source):
            self.unauthorized(self.ask(server, headers, target))
            self.assertEqual(server.log(event="sse_refuse")["reason"], reason)
            self.cells[name, source] = f"401 {reason}"

    def refused_ticket_cell(self, server, name, headers, reason):
        """No ticket for a credential that opens no stream, and the same words."""
        with self.subTest(name, source="for a ticket"):
            self.unauthorized(self.post_for_ticket(server, headers))
            self.assertEqual(server.log(event="sse_refuse")["reason"], reason)
            self.cells[name, "for a ticket"] = f"401 {reason}"

    def opened_cell(self, server, name, source, headers, target=PRIVATE, user="ann"):
        with self.subTest(name, source=source):
            stream = Stream(server, target, (*headers, ("Origin", ORIGIN)))
            self.addCleanup(stream.close)
            self.assertEqual(stream.status, 200)
            entry = server.log(event="sse_connect")
            self.assertEqual((entry["userId"], entry["authMethod"]), (user, source))
            self.cells[name, source] = "200"

    def all_sources(self, server, name, credential, reason, user="ann"):
        self.plant(credential)
        cookie, bearer = self.cookie(credential), self.bearer(credential)
        if reason != GOOD:
            self.refused_cell(server, name, "cookie", cookie, reason)
            self.refused_cell(server, name, "bearer", bearer, reason)
            self.refused_ticket_cell(server, name, bearer, reason)
            return
        self.opened_cell(server, name, "cookie", cookie, user=user)
        self.opened_cell(server, name, "bearer", bearer, user=user)
        self.opened_cell(server, name, "ticket", (), self.ticket(server, bearer), user)

    def claims(self, changes):
        """Times are seconds from now."""
        now = int(time.time())
        return claims(**{k: v + now if k in TIMES and v is not None else v
                         for k, v in changes.items()})

    def tokens_of(self, server, key, other):
        for name, changes, header, reason in TOKENS:
            token = key.tokens([self.claims(changes)], **header)[0]
            self.all_sources(server, name, token, reason)
        forged = other.tokens([claims()])[0]
        self.all_sources(server, "wrong key", forged, "bad_signature")
        head, body, signature = key.tokens([claims()])[0].split(".")
        self.all_sources(server, "malformed", f"{head}.{body}", "malformed")
        self.all_sources(server, "cut", f"{head}.{body}.{signature[:40]}", "bad_signature")
        self.all_sources(server, "four parts", f"{head}.{body}.{signature}.x", "malformed")
        self.all_sources(server, "too large", f"{head}.{body}.{'A' * 8192}", "too_large")

    def revoked(self, server, key):
        """Taken back: as token, and as the ticket that it had been changed for."""
        token = key.tokens([claims(jti="j1")])[0]
        url = self.ticket(server, self.bearer(self.plant(token)))
        self.revoke(server, jti="j1")
        self.all_sources(server, "revoked", token, "revoked")
        self.refused_cell(server, "revoked", "ticket", (), "revoked", url)

    def test_tokens_of_each_algorithm_from_a_file(self):
        for alg in ALGORITHMS:
            with self.subTest(alg):
                self.cells = {}
                key, other = SigningKey(alg), SigningKey(alg)
                server = self.guarded({"jwt": jwt(self.keys_path(key), alg)})
                self.tokens_of(server, key, other)
                self.revoked(server, key)
                self.shown(f"{alg} from a file")

    def test_tokens_with_keys_from_a_url(self):
        key, other = SigningKey(), SigningKey()
        with Server(json_answer(key_set(key))) as issuer:
            start = time.monotonic()
            server = self.guarded({"jwt": jwt(issuer.url(), required=True)})
            self.tokens_of(server, key, other)
            self.revoked(server, key)
            # The first load, and one for unknown kids in each LOAD_GAP: they make nobody knock.
            loads = 1 + int((time.monotonic() - start) / LOAD_GAP)
            self.assertLessEqual(issuer.connections, loads)
        self.shown("JWKS from a URL")

    def test_an_algorithm_that_is_not_configured(self):
        """Its key stands in the set, and it is sound: still not here."""
        for alg in ("EdDSA", "RS256"):
            key, foreign = SigningKey("ES256", "k"), SigningKey(alg, "other")
            server = self.guarded({"jwt": jwt(self.keys_path(key, foreign), "ES256")})
            self.all_sources(server, alg, foreign.tokens([claims()])[0], "bad_alg")

    def test_a_public_key_used_as_secret(self):
        """The oldest confusion: HS256 under the key's own kid."""
        key, secret = SigningKey("RS256"), SigningKey("HS256")
        server = self.guarded({"jwt": jwt(self.keys_path(key), "RS256")})
        self.all_sources(server, "HS256", secret.tokens([claims()])[0], "bad_alg")

    def test_what_the_application_vouches_for(self):
        people = {"good-session": {"sub": "ann", "subscribe": ["**"]},
                  "expired-session": {"sub": "ann", "exp": 1},
                  "revoked-session": {"sub": "bob", "subscribe": ["**"], "sid": "s1"}}

        def application(lab, conn):
            fields = lab.requests[-1].fields
            said = fields.get("cookie", fields.get("authorization", ""))
            credential = said.removeprefix("session=").removeprefix("Bearer ")
            known = people.get(credential)
            conn.sendall(json_answer(known) if known else
                         json_answer({}, status="401 Unauthorized"))

        with Server(application) as app:
            server = self.guarded({"introspect": {"url": app.url("/who")}})
            self.all_sources(server, GOOD, "good-session", GOOD)
            self.all_sources(server, "expired", "expired-session", "expired")
            self.all_sources(server, "unknown", "stolen-session", "introspection_refused")
            url = self.ticket(server, self.bearer("revoked-session"))
            self.revoke(server, sid="s1")
            self.all_sources(server, "revoked", "revoked-session", "revoked")
            self.refused_cell(server, "revoked", "ticket", (), "revoked", url)
        self.shown("introspection")

    def test_static_keys(self):
        lines = f"{STATIC_USER} {STATIC}\ngone {TAKEN_BACK}\n"
        server = self.guarded({"keys-file": self.file(lines)})
        self.plant(TAKEN_BACK)
        self.revoke(server, sub="gone")
        self.all_sources(server, "revoked", TAKEN_BACK, "revoked")
        self.all_sources(server, "wrong key", STATIC[:-1] + "X", "unknown_key")
        self.all_sources(server, GOOD, STATIC, GOOD, STATIC_USER)
        self.shown("static keys")

    def test_none_and_two(self):
        key = SigningKey()
        lines = f"{STATIC_USER} {STATIC}\n"
        server = self.guarded({"jwt": jwt(self.keys_path(key)), "keys-file": self.file(lines)})
        self.refused_cell(server, "none", "none", (), "no_credential")
        self.refused_ticket_cell(server, "none", (), "no_credential")
        one, two = self.tokens(key, [claims(), claims(sub="bob")])
        self.opened_cell(server, "the same twice", "bearer", (*self.cookie(one), *self.bearer(one)))
        pairs = {"bearer and cookie": ((*self.bearer(one), *self.cookie(two)), PRIVATE),
                 "two bearers": ((*self.bearer(one), *self.bearer(two)), PRIVATE),
                 "two cookies": ((*self.cookie(one), *self.cookie(two)), PRIVATE),
                 "bearer and key": ((*self.bearer(one), *self.cookie(self.plant(STATIC))), PRIVATE),
                 "cookie and ticket": (self.cookie(one), self.ticket(server, self.bearer(one)))}
        bodies = set()
        for name, (headers, target) in pairs.items():
            with self.subTest(name):
                response = self.ask(server, headers, target)
                self.same_for_all(response, 400, response.body)
                self.assertEqual(json.loads(response.body)["rule"], "G601")
                self.assertEqual(server.log(event="sse_refuse")["reason"], "two_credentials")
                self.cells[name, "both"] = "400 two_credentials"
                bodies.add(response.body)
        self.assertEqual(len(bodies), 1)
        self.shown("none and two")

    def test_authorization_that_is_no_bearer(self):
        server = self.guarded({"jwt": jwt(self.keys_path(SigningKey()))})
        for value in ("Basic YW5uOnNlY3JldA==", "Bearer", "Bearer "):
            self.refused_cell(server, value, "bearer", (("Authorization", value),), "malformed")
        self.plant("YW5uOnNlY3JldA==")


class Hunt(IdentityCase):
    """The hunt itself: a secret where the log does write is not overlooked."""

    def hunt(self):
        self.assertEqual(sorted(self.found()), sorted(pieces(self.leaked)))

    def test_a_secret_in_a_log_is_found(self):
        server = self.guarded({"keys-file": self.file(f"{STATIC_USER} {STATIC}\n")})
        self.leaked = self.plant("planted.where-the-user-agent.is-logged")
        self.assertEqual(self.ask(server, (("User-Agent", self.leaked),)).status, 401)


if __name__ == "__main__":
    unittest.main()
