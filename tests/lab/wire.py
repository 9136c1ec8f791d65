# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.x and HTTP/2 as bytes and nothing more, so that a twin may break what no library would."""

import asyncio
import contextlib
import socket
import struct
import urllib.parse

from h2_frames import (ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE,
                       PREFACE, SETTINGS, WINDOW_UPDATE, block, frame)

MAX_HEAD = 65536
REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently",
           302: "Found", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
           405: "Method Not Allowed", 406: "Not Acceptable", 409: "Conflict",
           500: "Internal Server Error", 503: "Service Unavailable"}


class Request:
    """One request; `fields` are (name in lower case, value) as they came."""

    def __init__(self, head, https=False):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, version = lines[0].split(" ", 2)
        self.minor = int(version[-1])
        self.https = https
        self.h2 = self.ipv6 = False
        self.body = b""
        pairs = (line.partition(":") for line in lines[1:] if line)
        self.fields = [(name.lower(), value.strip()) for name, _, value in pairs]
        url = urllib.parse.urlsplit(self.target)
        self.path = url.path
        self.query = dict(urllib.parse.parse_qsl(url.query))

    def all(self, name):
        return [value for n, value in self.fields if n == name]

    def get(self, name, default=None):
        return next(iter(self.all(name)), default)

    @property
    def origin(self):
        return self.get("origin")

    @property
    def last_id(self):
        return self.get("last-event-id")


class Answer:
    """A response: fields are [name, value] in their order, `stream` an async iterator of bytes.

    framing: chunked, length (as Content-Length says it) or close. ending: clean, cut (no last
    chunk, no END_STREAM) or reset.
    """

    def __init__(self, status, fields=(), body=b"", stream=None, framing="chunked"):
        self.status = status
        self.fields = [list(field) for field in fields]
        self.body = body
        self.stream = stream
        self.framing = framing
        self.ending = "clean"

    @property
    def is_stream(self):
        return self.stream is not None

    def get(self, name):
        return next((v for n, v in self.fields if n.lower() == name.lower()), None)

    def drop(self, name):
        self.fields = [f for f in self.fields if f[0].lower() != name.lower()]

    def set(self, name, value):
        self.drop(name)
        self.add(name, value)

    def add(self, name, value):
        self.fields.append([name, value])


# HTTP/1.x

async def read_request(reader, https):
    """The next request, None where the client has left, or PREFACE."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if head == PREFACE[:len(head)]:
            await reader.readexactly(len(PREFACE) - len(head))
            return PREFACE
        request = Request(head[:-4], https)
        request.body = await reader.readexactly(int(request.get("content-length", "0")))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return request


def head_of(answer):
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in answer.fields]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def write_h1(writer, answer):
    """The whole answer, to its end. The piece None is the head alone; else it goes with the first
    piece."""
    head = head_of(answer)
    if not answer.is_stream:
        writer.write(head + answer.body)
        await writer.drain()
        return
    async with contextlib.aclosing(answer.stream):
        head = await _write_pieces(writer, answer, head)
    if answer.framing == "chunked" and answer.ending == "clean":
        writer.write(head + b"0\r\n\r\n")
    await writer.drain()


async def _write_pieces(writer, answer, head):
    """Gives the head again where no piece took it along."""
    async for piece in answer.stream:
        if piece is None:  # the head alone
            writer.write(head)
            head = b""
        elif piece:
            framed = b"%x\r\n%s\r\n" % (len(piece), piece) if answer.framing == "chunked" else piece
            writer.write(head + framed)
            head = b""
        await writer.drain()
    return head


def reset(writer):
    """Makes the close that follows a reset, which no FIN announces."""
    with contextlib.suppress(OSError):  # the client was first
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                   struct.pack("ii", 1, 0))
    writer.transport.abort()


# HTTP/2 (RFC 9113)

class Window:
    """What the client lets us send on its one stream (RFC 9113 5.2)."""

    def __init__(self):
        self.initial = self.size = 65535
        self.stream = None
        self.moved = asyncio.Event()

    async def read(self, reader, deaf):
        """Reads frames to the end of the connection; deaf: without heed of WINDOW_UPDATE."""
        while True:
            head = await reader.readexactly(9)
            payload = await reader.readexactly(int.from_bytes(head[:3], "big"))
            stream = int.from_bytes(head[5:9], "big")
            if head[3] == SETTINGS:
                for number, value in struct.iter_unpack(">HI", payload):
                    if number == INITIAL_WINDOW_SIZE:
                        self.size, self.initial = self.size + value - self.initial, value
            elif head[3] == HEADERS:
                self.stream = stream
            elif head[3] == WINDOW_UPDATE and stream and not deaf:
                self.size += int.from_bytes(payload, "big")
            self.moved.set()

    async def wait(self, ready):
        while not ready():
            self.moved.clear()
            await self.moved.wait()


async def write_h2(reader, writer, answer, settings=(), goaway_after=None, deaf=False):
    """Answers the one request of a connection; goaway_after: pieces until GOAWAY is sent, too."""
    payload = b"".join(struct.pack(">HI", number, value) for number, value in settings)
    writer.write(frame(SETTINGS, payload=payload) + frame(SETTINGS, ACK))
    window = Window()
    reading = asyncio.create_task(window.read(reader, deaf))
    try:
        await window.wait(lambda: window.stream is not None)
        await _answer_h2(writer, answer, window, goaway_after)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _answer_h2(writer, answer, window, goaway_after):
    fields = [(":status", str(answer.status))]
    fields += [(name.lower(), value) for name, value in answer.fields]
    writer.write(frame(HEADERS, END_HEADERS, window.stream, block(*fields)))
    if not answer.is_stream:
        writer.write(frame(DATA, END_STREAM, window.stream, answer.body))
        await writer.drain()
        return
    sent = 0
    async for piece in answer.stream:
        while piece:
            await window.wait(lambda: window.size > 0)
            part, piece = piece[:window.size], piece[window.size:]
            window.size -= len(part)
            writer.write(frame(DATA, 0, window.stream, part))
            sent += not piece
        if sent == goaway_after:
            writer.write(frame(GOAWAY, payload=struct.pack(">II", window.stream, 0)))
        await writer.drain()
    if answer.ending == "clean":
        writer.write(frame(DATA, END_STREAM, window.stream))
        await writer.drain()


class Listener:
    """A port on loopback whose connections a site answers."""

    def __init__(self, site, tls=None, host="127.0.0.1"):
        self.site, self.tls, self.host = site, tls, host
        self.tasks = set()
        self.server = None

    async def open(self, port=0):
        self.server = await asyncio.start_server(self._serve, self.host, port, ssl=self.tls,
                                                 limit=MAX_HEAD)
        return self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError,
                                     asyncio.CancelledError):
                await self._answer(reader, writer)
        finally:
            self.tasks.discard(task)
            with contextlib.suppress(Exception):
                writer.close()

    async def _answer(self, reader, writer):
        request = await read_request(reader, self.tls is not None)
        if request is None:
            return
        if request is PREFACE:
            # Every HTTP/2 request of the audit repeats the baseline: no need of HPACK.
            request = Request(self.site.first_head, self.tls is not None)
            request.h2 = True
            answer = await self.site.answer(request)
            await write_h2(reader, writer, answer, self.site.settings,
                           self.site.goaway_after, self.site.deaf)
            return
        request.ipv6 = ":" in self.host
        answer = await self.site.answer(request)
        await self._while_there(reader, write_h1(writer, answer))
        if answer.ending == "reset":
            reset(writer)

    @staticmethod
    async def _while_there(reader, writing):
        """To the end of the answer, or of the client's patience."""
        writing, leaving = asyncio.ensure_future(writing), asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            writing.cancel()
            leaving.cancel()
            await asyncio.gather(writing, leaving, return_exceptions=True)

    async def close(self):
        self.server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


