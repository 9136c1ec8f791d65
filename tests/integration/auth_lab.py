# SPDX-License-Identifier: Apache-2.0
"""Servers that the authentication service asks, and the driver program that asks them."""

import contextlib
import json
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import warnings

from client_lab import PATIENCE, SLUICE, Lab
from harness import Lines

DRIVER = pathlib.Path(SLUICE).resolve().parent / "tests" / "unit" / "cmd" / "auth-driver"
ISSUER = "https://id.example/"


def need_driver():
    if not DRIVER.exists():
        raise unittest.SkipTest(f"{DRIVER} is missing: build the unit tests first")


class Server(Lab):
    """Answers every connection, many at a time, with `script`: bytes or f(server, conn).

    With `tls`, an ssl.SSLContext, all of it over TLS. `script` may be changed at any time.
    """

    def __init__(self, script, tls=None):
        self.script = script
        self.tls = tls
        self.connections = 0
        super().__init__()

    def url(self, target="/keys", host="127.0.0.1"):
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{target}"

    def serve(self):
        threads = []
        while not self.stop.is_set():
            try:
                conn, _ = self.listener.accept()
            except OSError:
                break
            self.connections += 1
            threads.append(threading.Thread(target=self.answer, args=(conn,), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join(PATIENCE)

    def answer(self, conn):
        with conn, contextlib.suppress(OSError):
            conn.settimeout(PATIENCE)
            if self.tls:
                conn = self.tls.wrap_socket(conn, server_side=True)
            with conn:
                self.play(conn, self.script)


def slam(server, conn):
    """Ends with a reset, which no FIN announces."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def json_answer(value, *fields, status="200 OK", kind="application/json"):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}",
             *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def run_driver(*words, stdin=""):
    done = subprocess.run([str(DRIVER), *words], input=stdin, capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    assert not done.stderr, done.stderr
    return done.stdout


def fetch(url, **words):
    return run_driver("fetch", *(f"{k}={v}" for k, v in words.items()), url).rstrip("\n")


class Key:
    """A private key that mints tokens."""

    def __init__(self, kid):
        self.private, public, _ = run_driver("keygen", "ES256", kid).split("\n")
        self.public = json.loads(public)["keys"][0]

    def token(self, **claims):
        default = {"iss": ISSUER, "aud": "stream", "sub": "ann", "exp": int(time.time()) + 300}
        return run_driver("mint", "ES256", json.dumps({**default, **claims}),
                          stdin=self.private + "\n").rstrip("\n")


def key_set(*keys):
    return {"keys": [key.public for key in keys]}


class Service:
    """The service, with questions as method calls; lines of the log are in `log`."""

    def __init__(self, **words):
        self.process = subprocess.Popen(
            [str(DRIVER), "serve", *(f"{k}={v}" for k, v in words.items())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = Lines(self.process.stdout)
        self.asked = 0
        self.start = self.wait("ready", "failed")

    def wait(self, *starts):
        return self.lines.wait(lambda line: line.startswith(starts) and line)

    def ask_many(self, kind, credentials):
        """Sends all at once; gives the verdicts in that order."""
        first = self.asked + 1
        questions = [f"{first + i} {kind} {c}\n" for i, c in enumerate(credentials)]
        self.asked += len(questions)
        self.process.stdin.write("".join(questions))
        self.process.stdin.flush()
        verdicts = {}
        while len(verdicts) < len(questions):
            _, number, verdict = self.wait("done", "refused", "known").split(" ", 2)
            verdicts[int(number)] = verdict
        return [verdicts[first + i] for i in range(len(questions))]

    def ask(self, kind, credential):
        return self.ask_many(kind, [credential])[0]

    @property
    def log(self):
        return [line for line in self.lines.seen if line.startswith("log ")]

    def end(self):
        """Ends it in good order; gives what sanitizers and asserts said."""
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        said = self.process.stderr.read()
        self.process.stderr.close()
        self.lines.close()
        return code, said

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        code, said = self.end()
        if kind is None and self.start == "ready":
            assert (code, said) == (0, ""), (code, said)


class Authority:
    """A certificate authority of our own, by the openssl command."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.at = pathlib.Path(self.folder.name)
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
                     "-subj", "/CN=Test Authority")
        self.ca = str(self.at / "ca.pem")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.at, check=True, capture_output=True,
                       timeout=PATIENCE)

    def leaf(self, names, days=1, subject="/CN=leaf"):
        """Paths of a certificate for `names`, and of its key; days < 0: one that has expired."""
        stem = f"leaf{abs(hash((names, days, subject)))}"
        (self.at / f"{stem}.ext").write_text(f"subjectAltName={names}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", f"{stem}.key", "-out", f"{stem}.csr", "-subj", subject)
        self.openssl("x509", "-req", "-in", f"{stem}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                     "-CAcreateserial", "-out", f"{stem}.pem", "-days", str(days),
                     "-extfile", f"{stem}.ext")
        return str(self.at / f"{stem}.pem"), str(self.at / f"{stem}.key")

    def context(self, names, days=1, version=None):
        """An ssl.SSLContext with a certificate for `names`; days < 0: one that has expired."""
        certificate, key = self.leaf(names, days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if version:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = version
                context.maximum_version = version
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(certificate, key)
        return context

    def close(self):
        self.folder.cleanup()
