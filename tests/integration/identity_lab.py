# SPDX-License-Identifier: Apache-2.0
"""What tests of who may watch share: keys, tokens, planted secrets and the hunt for them.

Tokens come from Node's crypto (mint.mjs), not from the program under test. Every secret that a
test uses is planted here; when its servers have ended, no log and no command line may hold one.
"""

import functools
import itertools
import json
import pathlib
import shutil
import subprocess
import time
import unittest

from hub_lab import BEARER, JSON, KEY, ORIGIN, HubCase, config

ISSUER = "https://id.example/"
AUDIENCE = "stream"
PRIVATE = "/stream?topic=private"
STATIC_USER = "static-user"
REALM = 'Bearer realm="sluice"'
PIECE_LEN = 24  # of a token's part: the log cuts long texts, and a piece of a secret is one


class Minter:
    """mint.mjs, one process for the whole run."""

    def __init__(self):
        script = pathlib.Path(__file__).with_name("mint.mjs")
        self.process = subprocess.Popen(["node", str(script)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@functools.cache
def minter():
    made = Minter()
    unittest.addModuleCleanup(end_minter)
    return made


def end_minter():
    minter().close()
    minter.cache_clear()


def need_node():
    if shutil.which("node") is None:
        raise unittest.SkipTest("node is missing: it signs the tokens")


def claims(**changes):
    """Good ones; a claim that is None is left out."""
    now = int(time.time())
    default = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "iat": now, "exp": now + 300,
               "sluice": {"subscribe": ["**"]}}
    return {k: v for k, v in {**default, **changes}.items() if v is not None}


class SigningKey:
    """A key of the issuer: `jwk` is what verifies (for HS256 the secret itself)."""

    _names = itertools.count()

    def __init__(self, alg="ES256", kid="k"):
        self.name = f"key{next(self._names)}"
        self.alg = alg
        self.jwk = minter().ask(name=self.name, alg=alg, kid=kid)

    def tokens(self, many, **header):
        return minter().ask(name=self.name, header=header, claims=many)


def key_set(*keys):
    return {"keys": [key.jwk for key in keys]}


def jwt(keys, alg="ES256", **more):
    """auth.jwt of a configuration; keys: a path or a URL."""
    return {"keys": str(keys), "issuer": ISSUER, "audience": AUDIENCE, "algorithms": [alg], **more}


def pieces(secret):
    """What must not be found: of a token its claims and its signature, else all of it."""
    parts = secret.split(".")
    if len(parts) != 3:
        return [secret]
    return [part[:PIECE_LEN] for part in parts[1:] if part]


class IdentityCase(HubCase):
    """Plants secrets, and hunts them in what its servers wrote and were started with."""

    def setUp(self):
        self.servers = []
        self.secrets = set()
        self.command_lines = []
        self.plant(KEY)
        self.addCleanup(self.hunt)

    def plant(self, secret):
        self.secrets.add(secret)
        return secret

    def written(self):
        """All that servers which have ended wrote, and all command lines."""
        logs = [line for s in self.servers for line in (*s.stdout.rest(), *s.stderr.rest())]
        return "\n".join(logs + self.command_lines)

    def found(self):
        text = self.written()
        return [p for secret in self.secrets for p in pieces(secret) if p in text]

    def hunt(self):
        self.assertEqual(self.found(), [], "secrets in a log or a command line")

    def hub(self, conf=None, **options):
        server = super().hub(conf, **options)
        self.servers.append(server)
        line = pathlib.Path(f"/proc/{server.process.pid}/cmdline").read_text(encoding="utf-8")
        self.command_lines.append(line)
        return server

    def guarded(self, auth, **keys):
        """A hub with no public topic, that the page at ORIGIN may read with credentials."""
        return self.hub(config(
            auth={"cookie": "session", **auth},
            **{"cors": {"origins": [ORIGIN], "credentials": True},
               "routes": [{"path": "/stream", "hub": {"public": []}}],
               "limits": {"per-address": "off", "per-user": "off", "per-token": "off"}, **keys}))

    def tokens(self, key, many, **header):
        return [self.plant(token) for token in key.tokens(many, **header)]

    def token(self, key, header=None, **changes):
        return self.tokens(key, [claims(**changes)], **(header or {}))[0]

    def keys_path(self, *keys):
        for key in keys:
            self.plant(key.jwk.get("k", KEY))  # the secret of HS256
        return self.file(json.dumps(key_set(*keys)))

    def bearer(self, token):
        return (("Authorization", f"Bearer {token}"),)

    def watch(self, server, token, target=PRIVATE, **options):
        return self.stream(server, target, self.bearer(token), **options)

    def ask(self, server, headers=(), target=PRIVATE):
        """One request for a stream that is to be refused."""
        accept = ("Accept", "text/event-stream")
        return self.fetch(server, "GET", target, (accept, ("Origin", ORIGIN), *headers))

    def revoke(self, server, **who):
        response = self.fetch(server, "POST", "/auth/revoke", (BEARER, JSON), json.dumps(who))
        self.assertEqual((response.status, response.body), (200, b'{"revoked":true}\n'))

    def post_for_ticket(self, server, headers, origin=ORIGIN):
        return self.fetch(server, "POST", "/auth/stream-token",
                          (JSON, ("Origin", origin), *headers), '{"topics":["private"]}')

    def ticket(self, server, headers, origin=ORIGIN):
        """The URL that a page opens, its ticket planted."""
        response = self.post_for_ticket(server, headers, origin)
        self.assertEqual(response.status, 200, response)
        answer = json.loads(response.body)
        self.plant(answer["ticket"])
        return answer["url"]

    def unavailable(self, response):
        """We cannot tell now: come back, and keep the credential."""
        self.refused(response, 503, "G605")
        self.assertGreater(int(dict(response.headers)["retry-after"]), 0)

    def until(self, wanted, limit=10.0):
        """Asks again and again, each time a question to the server, until it holds."""
        deadline = time.monotonic() + limit
        while not wanted():
            self.assertLess(time.monotonic(), deadline, "did not come")
