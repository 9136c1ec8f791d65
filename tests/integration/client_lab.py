# SPDX-License-Identifier: Apache-2.0
"""A small HTTP server whose every byte a test decides, and the program under test beside it."""

import os
import signal
import socket
import subprocess
import threading

SLUICE = os.environ.get("SLUICE", "build/sluice")
PATIENCE = 20  # seconds until a hung program fails its test; never waited for otherwise

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def answer(status, body=b"", *fields):
    """A whole response with a length, as bytes."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def chunk(body):
    return b"%x\r\n%s\r\n" % (len(body), body)


def hold(first):
    """A script that sends `first` and keeps the connection until the lab closes."""

    def script(lab, conn):
        conn.sendall(first)
        lab.stop.wait(PATIENCE)

    return script


class Request:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ")
        self.fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.fields[name.lower()] = value.strip()
        self.body = body


def read_request(conn):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = conn.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(Request(head, b"").fields.get("content-length", "0"))
    while len(body) < length:
        piece = conn.recv(65536)
        if not piece:
            return None
        body += piece
    return Request(head, body)


class Lab:
    """Answers the n-th request with the n-th script; a script is bytes or f(lab, conn)."""

    def __init__(self, *scripts, family=socket.AF_INET):
        self.scripts = list(scripts)
        self.requests = []
        self.stop = threading.Event()
        host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        self.listener = socket.create_server((host, 0), family=family)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def url(self, target="/stream"):
        return f"http://127.0.0.1:{self.port}{target}"

    def serve(self):
        for script in self.scripts:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            with conn:
                conn.settimeout(PATIENCE)
                try:
                    self.play(conn, script)
                except OSError:
                    pass  # the client left: what tests of broken connections want

    def play(self, conn, script):
        request = read_request(conn)
        if request is None:
            return
        self.requests.append(request)
        if callable(script):
            script(self, conn)
        else:
            conn.sendall(script)

    def close(self):
        self.stop.set()
        self.listener.shutdown(socket.SHUT_RDWR)  # close() would leave accept() waiting
        self.listener.close()
        self.thread.join(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def run(*args, stdin=b"", env=None):
    """Runs sluice to its end: exit code, standard output, standard error."""
    source = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    done = subprocess.run(
        [SLUICE, *args], **source, capture_output=True, timeout=PATIENCE,
        env={**os.environ, **(env or {})}, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Running:
    """sluice in the background, for tests that end it themselves."""

    def __init__(self, *args, **kwargs):
        self.process = subprocess.Popen(
            [SLUICE, *args], stdin=subprocess.PIPE, stdout=kwargs.get("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE)

    def line(self):
        return self.process.stdout.readline().decode()

    def interrupt(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
        self.process.wait(PATIENCE)
