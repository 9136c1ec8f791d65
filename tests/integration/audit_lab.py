# SPDX-License-Identifier: Apache-2.0
"""Servers for the auditor: each connection is served by its own thread, by one script."""

import json
import re
import socket
import subprocess
import threading

from client_lab import PATIENCE, SLUICE, read_request

HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        b"Cache-Control: no-cache, no-store, no-transform, private\r\n\r\n")


class Target:
    """Plays `script`, which is bytes or f(target, conn, request), to every connection."""

    def __init__(self, script, read=True, listener=None):
        self.script = script
        self.read = read
        self.requests = []
        self.stop = threading.Event()
        self.asked = threading.Event()
        self.listener = listener or socket.create_server(("127.0.0.1", 0))
        self.port = None if listener else self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def url(self, target="/stream"):
        return f"http://127.0.0.1:{self.port}{target}"

    def accept(self):
        while not self.stop.is_set():
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self.serve, args=(conn,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, conn):
        with conn:
            conn.settimeout(PATIENCE)
            try:
                request = read_request(conn) if self.read else None
                if request is not None:
                    self.requests.append(request)
                self.asked.set()
                if callable(self.script):
                    self.script(self, conn, request)
                else:
                    conn.sendall(self.script)
            except (OSError, ValueError):
                pass  # the auditor cuts; that is what it is for

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(PATIENCE)


def endless(first, again, pause=0.0):
    """Sends `first`, then `again` for as long as anybody listens."""

    def script(target, conn, _):
        conn.sendall(first)
        while not target.stop.wait(pause):
            conn.sendall(again)

    return script


def trickle(data, pause):
    """One byte at a time; then it holds the connection."""

    def script(target, conn, _):
        for byte in data:
            conn.sendall(bytes([byte]))
            if target.stop.wait(pause):
                return
        target.stop.wait(PATIENCE)

    return script


def audit(*args, env=None):
    """The quick audit, without progress; gives the finished process."""
    return subprocess.run([SLUICE, "audit", "--silent", "--quick", *args], capture_output=True,
                          timeout=PATIENCE, env=env, check=False)


def whole_audit(*args, env=None):
    """All probes, each looking at its stream for a moment only; gives the report."""
    result = subprocess.run([SLUICE, "audit", "--silent", "--span", "400ms", "--format", "json",
                             *args], capture_output=True, timeout=3 * PATIENCE, env=env,
                            check=False)
    return json.loads(result.stdout)


def line_of(result):
    """What stands on standard error, ports made equal."""
    return re.sub(r"127\.0\.0\.1:\d+", "TARGET", result.stderr.decode())
