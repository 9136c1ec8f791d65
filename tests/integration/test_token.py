# SPDX-License-Identifier: Apache-2.0
"""sluice token: keys, tokens and tickets, compared with Node's crypto both ways."""

import base64
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import harness
from harness import TIMEOUT, run

OK, FINDINGS, USAGE, UNREACHABLE = 0, 1, 2, 3
ALGS = ["ES256", "RS256", "PS256", "EdDSA", "HS256"]
WHO = ["--issuer", "https://id.example/", "--audience", "stream"]

# Verifies (argv: verify FILE ALG TOKEN-on-stdin) or signs (sign FILE ALG, claims on stdin).
NODE = r"""
const crypto = require('crypto'), fs = require('fs')
const [mode, file, alg] = process.argv.slice(1)
const document = JSON.parse(fs.readFileSync(file))
const jwk = document.keys ? document.keys[0] : document
const input = fs.readFileSync(0, 'utf8').trim()
const hash = alg === 'EdDSA' ? null : 'sha256'
const options = {ES256: {dsaEncoding: 'ieee-p1363'},
  PS256: {padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32}}[alg] || {}
const hmac = (m) => crypto.createHmac('sha256', Buffer.from(jwk.k, 'base64url')).update(m).digest()
if (mode === 'verify') {
  const [head, body, signature] = input.split('.')
  const message = Buffer.from(head + '.' + body), given = Buffer.from(signature, 'base64url')
  const good = alg === 'HS256' ? hmac(message).equals(given)
    : crypto.verify(hash, message, {key: crypto.createPublicKey({key: jwk, format: 'jwk'}),
      ...options}, given)
  console.log(good && Buffer.from(body, 'base64url').toString())
} else {
  const text = (s) => Buffer.from(s).toString('base64url')
  const message = text(JSON.stringify({alg, typ: 'JWT', kid: jwk.kid})) + '.' + text(input)
  const signature = alg === 'HS256' ? hmac(message)
    : crypto.sign(hash, Buffer.from(message),
      {key: crypto.createPrivateKey({key: jwk, format: 'jwk'}), ...options})
  console.log(message + '.' + signature.toString('base64url'))
}
"""


def node(mode, file, alg, text):
    done = subprocess.run(["node", "-e", NODE, "--", mode, str(file), alg], input=text,
                          capture_output=True, text=True, timeout=TIMEOUT, check=True)
    return done.stdout.strip()


class Keys:
    """A key pair in a folder; of HS256 the private file is what verifies too."""

    def __init__(self, folder, alg, name="key"):
        self.alg = alg
        self.private = pathlib.Path(folder) / f"{name}-{alg}.json"
        self.public = pathlib.Path(folder) / f"{name}-{alg}.jwks"
        self.made = run("token", "keygen", "--alg", alg, "--kid", name, "--out", str(self.private))
        self.public.write_text(self.made.stdout)
        self.checking = self.private if alg == "HS256" else self.public

    def mint(self, *words):
        return run("token", "mint", "--key", str(self.private), *WHO, "--subject", "ann",
                   "--subscribe", "news/*", *words)

    def verify(self, token, *words, who=None):
        return run("token", "verify", "--keys", str(self.checking), *(who or WHO), "--alg",
                   self.alg, *words, stdin=token)


class TestCase(harness.TestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class RoundTrip(TestCase):
    def test_a_token_of_each_algorithm_is_made_and_found_good(self):
        for alg in ALGS:
            with self.subTest(alg):
                keys = Keys(self.folder, alg)
                token = keys.mint("--publish", "own/ann", "--sid", "s1", "--jti", "t1", "--claim",
                                  'role="admin"', "--ttl", "10m").stdout
                result = keys.verify(token)
                self.assertEqual((result.returncode, result.stderr), (OK, ""))
                claims = json.loads(result.stdout)
                self.assertAlmostEqual(claims.pop("iat"), time.time(), delta=TIMEOUT)
                self.assertAlmostEqual(claims.pop("exp"), time.time() + 600, delta=TIMEOUT)
                self.assertEqual(claims, {
                    "iss": "https://id.example/", "aud": "stream", "sub": "ann", "sid": "s1",
                    "jti": "t1", "role": "admin",
                    "sluice": {"subscribe": ["news/*"], "publish": ["own/ann"]}})

    @unittest.skipUnless(shutil.which("node"), "needs node")
    def test_node_and_sluice_take_each_others_tokens(self):
        for alg in ALGS:
            with self.subTest(alg):
                keys = Keys(self.folder, alg)
                ours = json.loads(node("verify", keys.checking, alg, keys.mint().stdout))
                self.assertEqual(ours["sub"], "ann")
                theirs = node("sign", keys.private, alg, json.dumps(ours))
                self.assertEqual(json.loads(keys.verify(theirs).stdout), ours)

    def test_each_token_has_an_id_of_its_own(self):
        keys = Keys(self.folder, "ES256")
        ids = {json.loads(keys.verify(keys.mint().stdout).stdout)["jti"] for _ in range(3)}
        self.assertEqual(len(ids), 3)


class Refusals(TestCase):
    def setUp(self):
        super().setUp()
        self.keys = Keys(self.folder, "ES256")

    def refused(self, result, reason):
        self.assertEqual((result.returncode, result.stdout), (FINDINGS, ""))
        self.assertTrue(result.stderr.startswith(f"sluice token: {reason}: "), result.stderr)

    def test_what_the_server_would_refuse_is_refused_with_the_same_reason(self):
        token = self.keys.mint().stdout
        head, body, signature = token.strip().split(".")
        other = Keys(self.folder, "ES256", "other")
        cases = [
            ("another key", "unknown_key", other, token, []),
            ("a key of the same name", "bad_signature", self.keys,
             f"{head}.{body}.{'AAAA' if signature[:4] != 'AAAA' else 'BBBB'}{signature[4:]}", []),
            ("no token", "malformed", self.keys, "a.b", []),
            ("another issuer", "wrong_issuer", self.keys, token,
             ["--issuer", "x", "--audience", "stream"]),
            ("another audience", "wrong_audience", self.keys, token,
             ["--issuer", WHO[1], "--audience", "x"]),
        ]
        for name, reason, keys, text, who in cases:
            with self.subTest(name):
                self.refused(keys.verify(text, who=who), reason)

    def test_another_algorithm_than_allowed(self):
        result = run("token", "verify", "--keys", str(self.keys.public), *WHO, "--alg", "RS256",
                     stdin=self.keys.mint().stdout)
        self.refused(result, "bad_alg")

    @unittest.skipUnless(shutil.which("node"), "needs node")
    def test_an_expired_token(self):
        claims = {"iss": WHO[1], "aud": "stream", "sub": "ann", "exp": int(time.time()) - 60}
        token = node("sign", self.keys.private, "ES256", json.dumps(claims))
        self.refused(self.keys.verify(token), "expired")

    def test_the_empty_signature_of_none(self):
        head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
        body = self.keys.mint().stdout.split(".")[1]
        self.refused(self.keys.verify(f"{head}.{body}."), "bad_alg")

    def test_a_token_that_the_server_would_refuse_is_not_made(self):
        for name, words in [
                ("a pattern that is none", ["--subscribe", "a**b*"]),
                ("a session that is too long", ["--sid", "s" * 129]),
                ("65 patterns", ["--subscribe", "t"] * 64),
                ("a claim that an option sets", ["--claim", "sub=1"]),
                ("a claim that is not JSON", ["--claim", "role=admin"]),
                ("a life of nothing", ["--ttl", "0"]),
                ("a life past the maximum", ["--ttl", "721h"]),
                ("a token past its maximum", ["--claim", 'x="' + "x" * 8192 + '"'])]:
            with self.subTest(name):
                result = self.keys.mint(*words)
                self.assertEqual((result.returncode, result.stdout), (USAGE, ""))


class Secrets(TestCase):
    def test_the_private_key_is_its_owners_alone(self):
        for mask in (0, 0o022, 0o777):
            old = os.umask(mask)
            try:
                keys = Keys(self.folder, "EdDSA", f"mask{mask}")
            finally:
                os.umask(old)
            mode = stat.S_IMODE(keys.private.stat().st_mode)
            self.assertEqual(mode & ~0o600, 0)
            self.assertNotIn('"d"', keys.made.stdout)

    def test_a_key_is_never_overwritten(self):
        keys = Keys(self.folder, "ES256")
        before = keys.private.read_bytes()
        again = Keys(self.folder, "ES256")
        self.assertEqual((again.made.returncode, again.made.stdout), (USAGE, ""))
        self.assertIn("File exists", again.made.stderr)
        self.assertEqual(keys.private.read_bytes(), before)

    def test_a_link_is_not_followed(self):
        (self.folder / "key-ES256.json").symlink_to(self.folder / "target")
        self.assertEqual(Keys(self.folder, "ES256").made.returncode, USAGE)
        self.assertFalse((self.folder / "target").exists())

    def test_a_key_that_others_may_read_is_warned_of(self):
        keys = Keys(self.folder, "ES256")
        keys.private.chmod(0o644)
        result = keys.mint()
        self.assertEqual(result.returncode, OK)
        self.assertIn("chmod 600", result.stderr)

    def test_a_token_on_the_command_line_is_refused_and_not_repeated(self):
        keys = Keys(self.folder, "ES256")
        token = keys.mint().stdout.strip()
        result = keys.verify("", token)
        self.assertEqual((result.returncode, result.stdout), (USAGE, ""))
        self.assertNotIn(token, result.stderr)

    def test_a_private_key_does_not_verify(self):
        keys = Keys(self.folder, "ES256")
        result = run("token", "verify", "--keys", str(keys.private), *WHO, "--alg", "ES256",
                     stdin=keys.mint().stdout)
        self.assertEqual(result.returncode, USAGE)
        self.assertIn("holds a private key", result.stderr)


class Usage(TestCase):
    def test_each_word_has_options_of_its_own(self):
        for words, message in [
                (["frobnicate"], "give one of keygen, mint, verify, ticket"),
                (["keygen", "--alg", "ES256"], "keygen needs --out"),
                (["keygen", "--alg", "none", "--out", "x"], "give one --alg"),
                (["ticket", "--ttl", "1h"], "ticket has no option --ttl"),
                (["ticket", "secret"], "ticket takes no operand"),
                (["ticket", "--url", "http://stream.example/t"], "would travel in clear"),
                (["ticket", "--url", "https://127.0.0.1:1/t", "--ca", "/nonexistent"],
                 "--ca: /nonexistent: the file has no certificate authorities"),
                (["ticket"], "give the token by --key-file or in SLUICE_TOKEN")]:
            with self.subTest(words=words):
                result = run("token", *words, env={"SLUICE_TOKEN": ""})
                self.assertEqual((result.returncode, result.stdout), (USAGE, ""))
                self.assertIn(message, result.stderr)


class Ticket(TestCase):
    def setUp(self):
        super().setUp()
        self.keys = Keys(self.folder, "ES256")
        self.token = self.keys.mint().stdout.strip()
        self.server = harness.Server({
            "listen": ["127.0.0.1:0"],
            "auth": {"jwt": {"keys": str(self.keys.public), "issuer": WHO[1],
                             "audience": "stream", "algorithms": ["ES256"]}},
            "routes": [{"path": "/stream", "hub": {}}]}, env={"SLUICE_PUBLISH_KEY": "k" * 32})
        self.addCleanup(self.server.kill)

    def ask(self, *words, token=None):
        return run("token", "ticket", "--url", self.server.url + "/auth/stream-token", *words,
                   env={"SLUICE_TOKEN": token or self.token})

    def test_a_ticket_for_a_topic(self):
        result = self.ask("--topic", "news/local")
        self.assertEqual((result.returncode, result.stderr), (OK, ""))
        url = urllib.parse.urlsplit(result.stdout.strip())
        query = urllib.parse.parse_qs(url.query)
        self.assertEqual((url.netloc, url.path), (f"127.0.0.1:{self.server.port}", "/stream"))
        self.assertEqual(query["topic"], ["news/local"])
        self.assertEqual(len(query["ticket"]), 1)

    def test_the_token_comes_from_a_file_too(self):
        path = self.folder / "token"
        path.write_text(self.token + "\n")
        self.assertEqual(self.ask("--key-file", str(path), token="bad").returncode, OK)

    def test_what_the_server_refuses(self):
        for words, token, status in [(["--topic", "other"], None, "403"), ([], "a.b.c", "401")]:
            result = self.ask(*words, token=token)
            self.assertEqual((result.returncode, result.stdout), (FINDINGS, ""))
            self.assertIn(f"sluice token: {status} ", result.stderr)

    def test_nobody_there(self):
        self.server.kill()
        result = self.ask()
        self.assertEqual(result.returncode, UNREACHABLE)
        self.assertRegex(result.stderr, r"^sluice token: 127\.0\.0\.1:[0-9]+: cannot connect: ")


if __name__ == "__main__":
    unittest.main()
