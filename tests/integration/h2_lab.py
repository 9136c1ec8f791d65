# SPDX-License-Identifier: Apache-2.0
"""Raw HTTP/2 (RFC 9113), so that a test can say what no library would: frames as they are told."""

import collections
import select
import struct
import sys

from harness import RECV_MAX, ROOT, TIMEOUT, Connection

sys.path.insert(0, str(ROOT / "tests" / "lab"))
from h2_frames import (  # noqa: E402, F401
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, PING,
    PREFACE, PRIORITY, PRIORITY_UPDATE, RST_STREAM, SETTINGS, WINDOW_UPDATE, block, frame)

NO_ERROR, PROTOCOL_ERROR, CANCEL, ENHANCE_YOUR_CALM = 0, 1, 8, 11

Frame = collections.namedtuple("Frame", "type flags stream payload")


def is_ok(head):
    """Whether HEADERS begin with `:status: 200`, behind changes of the table (RFC 7541 6.3)."""
    rest = head.payload
    while rest[0] & 0xe0 == 0x20:
        more = rest[0] & 0x1f == 0x1f
        rest = rest[1:]
        while more:
            more, rest = rest[0] >= 128, rest[1:]
    return rest[0] == 0x88


def request(stream, path="/healthz", *fields, method="GET", flags=END_STREAM | END_HEADERS):
    return frame(HEADERS, flags, stream, block(
        (":method", method), (":scheme", "http"), (":path", path), (":authority", "127.0.0.1"),
        *fields))


def setting(number, value):
    return frame(SETTINGS, payload=struct.pack(">HI", number, value))


def window(stream, increment):
    return frame(WINDOW_UPDATE, stream=stream, payload=struct.pack(">I", increment))


def reset(stream):
    return frame(RST_STREAM, stream=stream, payload=struct.pack(">I", CANCEL))


class Http2(Connection):
    """A connection that has sent preface and SETTINGS; `frames` are those that came."""

    def __init__(self, server, settings=b"", **options):
        super().__init__(server, **options)
        self.frames = []
        self.send(PREFACE + frame(SETTINGS) + settings)

    def next(self):
        """The next frame; None at the end of the connection."""
        try:
            head = self.read_exactly(9)
            payload = self.read_exactly(int.from_bytes(head[:3], "big"))
        except (EOFError, ConnectionError):
            return None
        got = Frame(head[3], head[4], int.from_bytes(head[5:9], "big"), payload)
        self.frames.append(got)
        return got

    def wait(self, kind, stream=None, flags=0):
        """Reads on to a frame like this."""
        while (got := self.next()) is not None:
            if got.type == kind and stream in (None, got.stream) and got.flags & flags == flags:
                return got
        raise AssertionError(f"no frame {kind}; got {self.frames[-5:]}")

    def body(self, stream, until):
        """The bytes of a stream, up to and with `until`."""
        got = b""
        while until not in got:
            got += self.wait(DATA, stream).payload
        return got

    def flood(self, step, most):
        """Sends step(0), step(1), ... until the other side ends it: (steps, error of GOAWAY)."""
        sent = 0
        try:
            while sent < most and not self._has_ended():
                self.send(step(sent))
                sent += 1
        except ConnectionError:
            pass
        return sent, self.goaway()

    def _has_ended(self):
        """Takes what has come, without waiting."""
        while select.select([self.sock], [], [], 0)[0]:
            data = self.sock.recv(RECV_MAX)
            self.pending += data
            if not data:
                return True
        return False

    def goaway(self):
        """The error code of the last GOAWAY, once the connection is over; None: there was none."""
        self.sock.settimeout(TIMEOUT)
        while self.next() is not None:
            pass
        codes = [f.payload[4:8] for f in self.frames if f.type == GOAWAY]
        return int.from_bytes(codes[-1], "big") if codes else None
