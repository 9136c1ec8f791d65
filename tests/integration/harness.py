# SPDX-License-Identifier: Apache-2.0
"""The real program under test: starts it, speaks raw HTTP to it, reads its streams.

Nothing here sleeps: every wait is for a byte, a line or an exit, with TIMEOUT as its end. The
environment variable SLUICE names the program (default build/sluice).
"""

import collections
import json
import os
import pathlib
import queue
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SLUICE", str(ROOT / "build" / "sluice"))
TIMEOUT = 10.0  # seconds; only a failing test waits so long
RECV_MAX = 65536
LISTENING = re.compile(r"listening on (https?://\S+)")

Event = collections.namedtuple("Event", "type id data retry")
Response = collections.namedtuple("Response", "status headers body")


def run(*words, stdin="", env=None, cwd=None):
    """Runs a command to its end; gives subprocess.CompletedProcess with text."""
    return subprocess.run([PROGRAM, *words], input=stdin, capture_output=True, text=True, cwd=cwd,
                          timeout=TIMEOUT, env={**os.environ, **(env or {})}, check=False)


def only_if(condition):
    """Decorates a test, or a case, that elsewhere would have nothing to see: it is not there."""
    return lambda test: test if condition else None


class Lines:
    """Lines of a pipe, read by a thread; wait() takes them in order."""

    def __init__(self, pipe):
        self.seen = []
        self._queue = queue.Queue()
        self._pipe = pipe
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self._pipe:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def wait(self, wanted):
        """The next line for which wanted(line) gives something true; that something."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                line = self._queue.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                seen = "\n".join(self.seen)
                raise AssertionError(f"line did not come; so far:\n{seen}") from None
            if line is None:
                raise AssertionError("program ended; it wrote:\n" + "\n".join(self.seen))
            self.seen.append(line)
            found = wanted(line)
            if found:
                return found

    def rest_so_far(self):
        """The lines that have come and that nobody has waited for."""
        lines = []
        while not self._queue.empty():
            line = self._queue.get()
            if line is not None:
                self.seen.append(line)
                lines.append(line)
        return lines

    def rest(self):
        """All lines, once the program has ended."""
        self._thread.join(TIMEOUT)
        while not self._queue.empty():
            line = self._queue.get()
            if line is not None:
                self.seen.append(line)
        return self.seen

    def close(self):
        """The writer has ended; where a grandchild holds the pipe open, the pipe stays."""
        self._thread.join(TIMEOUT)
        if not self._thread.is_alive():
            self._pipe.close()


class Server:
    """`sluice serve` on free ports; use as a context manager.

    config: sluice.yaml as text or as a dict, with its listeners on port 0. urls: one for each
    listener, in the order of their lines on stderr. log(): waits for a JSON line on stdout. stdout
    may be a descriptor of the caller; before: called in the child before the program starts. launcher:
    words of a program that execs it, with the descriptors that `before` has left open.
    """

    def __init__(self, config=None, args=(), listeners=1, env=None, stdout=subprocess.PIPE,
                 before=None, launcher=()):
        self._folder = tempfile.TemporaryDirectory(prefix="sluice-")
        self.folder = pathlib.Path(self._folder.name)
        words = [*launcher, PROGRAM, "serve", *args]
        if config is not None:
            text = config if isinstance(config, str) else json.dumps(config, indent=1)
            (self.folder / "sluice.yaml").write_text(text, encoding="utf-8")
            words += ["-c", str(self.folder / "sluice.yaml")]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=stdout,
                                        stderr=subprocess.PIPE, text=True, preexec_fn=before,
                                        close_fds=not launcher,
                                        env={**os.environ, **(env or {})})
        self.stdout = Lines(self.process.stdout) if self.process.stdout else None
        self.stderr = Lines(self.process.stderr)
        self.urls = []
        try:
            for _ in range(listeners):
                self.urls.append(self.stderr.wait(LISTENING.search).group(1))
        except AssertionError:
            self.kill()
            raise
        self.url = self.urls[0]

    @property
    def port(self):
        return urllib.parse.urlsplit(self.url).port

    def log(self, **fields):
        """The next JSON log line whose fields have these values."""

        def matches(line):
            try:
                entry = json.loads(line)
            except ValueError:
                return None
            return entry if all(entry.get(k) == v for k, v in fields.items()) else None

        return self.stdout.wait(matches)

    def signal(self, number):
        self.process.send_signal(number)

    def descriptors(self):
        try:
            return len(os.listdir(f"/proc/{self.process.pid}/fd"))
        except PermissionError:
            raise unittest.SkipTest("only root sees the descriptors of a sandbox") from None

    def resident(self, field="VmRSS"):
        """Resident memory in KiB; VmHWM is its peak."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(rf"{field}:\s+(\d+)", status).group(1))

    def settle(self, wanted):
        """Asks for /healthz until wanted() holds: each answer is one more turn of the server."""
        deadline = time.monotonic() + TIMEOUT
        with Connection(self) as connection:
            while not wanted():
                if time.monotonic() > deadline:
                    raise AssertionError(f"not settled: {wanted()}")
                connection.request("GET", "/healthz").response()

    def stop(self):
        """SIGTERM, then the exit code; the program must end by itself."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            return self.process.wait(TIMEOUT)
        finally:
            self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.stdout:
            self.stdout.close()
        self.stderr.close()
        self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            code = self.stop()
            if code != 0:
                raise AssertionError(f"server ended with {code}:\n" + "\n".join(self.stderr.seen))
        else:
            self.kill()


class Connection:
    """One TCP connection that sends exactly the bytes it is told to.

    tls: makes another socket of the connected one, as ssl.SSLContext.wrap_socket does.
    """

    def __init__(self, server, source="127.0.0.1", receive_buffer=None, tls=None):
        self.sock = socket.socket()
        self.sock.settimeout(TIMEOUT)
        if receive_buffer is not None:  # a slow reader needs a small window
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            self.sock.bind((source, 0))
            self.sock.connect(("127.0.0.1", server.port))
            self.sock = tls(self.sock) if tls else self.sock
        except OSError:
            self.sock.close()
            raise
        self.pending = b""

    def send(self, data):
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        return self

    def request(self, method, target, headers=(), body=None, version="HTTP/1.1"):
        """A well-formed request; for malformed ones there is send()."""
        lines = [f"{method} {target} {version}"]
        if not any(name.lower() == "host" for name, _ in headers):
            lines.append(f"Host: 127.0.0.1:{self.sock.getpeername()[1]}")
        lines += [f"{name}: {value}" for name, value in headers]
        body = body.encode() if isinstance(body, str) else body
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))

    def _more(self):
        data = self.sock.recv(RECV_MAX)
        self.pending += data
        return bool(data)

    def read_until(self, end):
        while end not in self.pending:
            if not self._more():
                raise EOFError(f"closed before {end!r}; got {self.pending!r}")
        found, self.pending = self.pending.split(end, 1)
        return found

    def read_exactly(self, size):
        while len(self.pending) < size:
            if not self._more():
                raise EOFError(f"closed {size - len(self.pending)} bytes too early")
        found, self.pending = self.pending[:size], self.pending[size:]
        return found

    def read_to_close(self):
        while self._more():
            pass
        found, self.pending = self.pending, b""
        return found

    def head(self):
        """(status, headers): a list of (lower-case name, value) pairs, as they came."""
        lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        pairs = [line.split(":", 1) for line in lines[1:]]
        return int(lines[0].split(" ")[1]), [(n.lower(), v.strip()) for n, v in pairs]

    def response(self, to_head=False):
        status, headers = self.head()
        fields = dict(headers)
        if to_head or status in (204, 304) or status < 200:
            body = b""
        elif fields.get("transfer-encoding") == "chunked":
            body = b"".join(self.chunks())
        elif "content-length" in fields:
            body = self.read_exactly(int(fields["content-length"]))
        else:
            body = self.read_to_close()
        return Response(status, headers, body)

    def chunks(self):
        """Chunk by chunk, to the last one."""
        while True:
            size = int(self.read_until(b"\r\n").split(b";")[0], 16)
            data = self.read_exactly(size)
            if self.read_exactly(2) != b"\r\n":
                raise AssertionError("chunk does not end with CRLF")
            if size == 0:
                return
            yield data

    def is_closed(self):
        """True when the other side has closed; waits for a byte or the end."""
        return not self.pending and not self._more()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Stream(Connection):
    """An open stream; events come decoded, comments stay in `comments`."""

    def __init__(self, server, target, headers=(), version="HTTP/1.1", **options):
        super().__init__(server, **options)
        self.comments = []
        self._text = b""
        accept = () if any(n.lower() == "accept" for n, _ in headers) else (
            ("Accept", "text/event-stream"),)
        self.request("GET", target, (*headers, *accept), version=version)
        self.status, self.headers = self.head()
        chunked = dict(self.headers).get("transfer-encoding") == "chunked"
        self._pieces = self.chunks() if chunked else self._raw()

    def _raw(self):
        while self.pending or self._more():
            data, self.pending = self.pending, b""
            yield data

    def next(self, event_type=None):
        """The next event, or the next of this type; None when the stream has ended."""
        while True:
            while b"\n\n" not in self._text:
                piece = next(self._pieces, None)
                if piece is None:
                    return None
                self._text += piece
            frame, self._text = self._text.split(b"\n\n", 1)
            event = self._decode(frame.decode())
            if event is not None and event_type in (None, event.type):
                return event

    def _decode(self, frame):
        fields = {"event": "message", "id": None, "retry": None}
        data = []
        for line in frame.split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "":
                self.comments.append(value)
            elif name == "data":
                data.append(value)
            else:
                fields[name] = value
        if not data and fields["retry"] is None:
            return None
        return Event(fields["event"], fields["id"], "\n".join(data), fields["retry"])


class TestCase(unittest.TestCase):
    """Adds what most tests here want."""

    maxDiff = None

    def serve(self, config=None, **options):
        """A server that lives as long as the test and must end with exit code 0."""
        server = Server(config, **options)
        self.addCleanup(server.__exit__, None, None, None)
        return server

    def fetch(self, server, method, target, headers=(), body=None):
        with Connection(server) as connection:
            return connection.request(method, target, headers, body).response(method == "HEAD")
