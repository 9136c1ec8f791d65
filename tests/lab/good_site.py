# SPDX-License-Identifier: Apache-2.0
"""The clean twin: an application with an event stream as it should be. A bad twin changes one
method of it."""

import asyncio
import json
import random
import re
import time

from wire import Answer

APP = "https://app.lab.example"
PERIOD = 0.1  # seconds between events
TOKENS = {"lab-token-of-ann-0123456789": "ann", "lab-token-of-bob-9876543210": "bob"}
CACHE_CONTROL = "private, no-store, no-transform"
STREAM_TYPE = "text/event-stream; charset=utf-8"
POLICY = "default-src 'none'; frame-ancestors 'none'"
HSTS = "max-age=63072000; includeSubDomains"
MAX_ID = 9  # digits


class Site:
    """One application; a fresh one for each audit."""

    settings = ()        # of HTTP/2: (number, value)
    goaway_after = None  # pieces
    deaf = False         # WINDOW_UPDATE goes unheard
    auth = False         # the stream takes a credential: a bearer token, a cookie or a ticket
    secure = False       # it is there over TLS; plain http is refused

    def __init__(self):
        self.born = time.monotonic()
        self.tickets = set()
        self.connects = 0
        self.first_head = None  # of the first stream that was asked for, else of the first request
        self.seen = False

    # the way of a request through the application

    async def answer(self, req):
        answer = await self.route(req)
        if not req.h2 and (self.first_head is None or answer.is_stream and not self.seen):
            self.first_head, self.seen = self.head_of(req), answer.is_stream
        if req.https:
            answer.add("Strict-Transport-Security", HSTS)
        if req.minor == 0 and not req.h2:
            self.for_http10(answer)
        if req.h2:
            answer.drop("Transfer-Encoding")
            answer.drop("Connection")
        if req.method == "HEAD":
            answer.stream, answer.body = None, b""
        return self.finish(req, answer) or answer

    def finish(self, req, answer):
        """For twins: a last look at every answer, which may give another."""

    @staticmethod
    def head_of(req):
        lines = [f"{req.method} {req.target} HTTP/1.1"]
        return "\r\n".join(lines + [f"{n}: {v}" for n, v in req.fields]).encode("latin-1")

    @staticmethod
    def for_http10(answer):
        answer.drop("Transfer-Encoding")
        answer.set("Connection", "close")
        if answer.is_stream:
            answer.framing = "close"

    async def route(self, req):
        if self.secure and not req.https:
            return self.refuse(req, 403)
        if req.path == "/page":
            return self.page(req)
        if req.path == "/ticket":
            return self.ticket(req)
        if not req.path.endswith("/stream"):
            return self.refuse(req, 404)
        return await self.stream(req)

    async def stream(self, req):
        if req.method == "OPTIONS":
            return self.preflight(req)
        if req.method not in ("GET", "HEAD"):
            return self.refuse(req, 405, ("Allow", "GET, HEAD, OPTIONS"))
        for check in self.checks():
            refusal = check(req)
            if refusal:
                return refusal
        return await self.opened(req)

    def checks(self):
        return self.check_credential, self.check_accept, self.check_origin

    # refusals

    def check_credential(self, req):
        if not self.auth or self.user(req):
            return None
        return self.refuse(req, 401, ("WWW-Authenticate", 'Bearer realm="lab"'))

    def check_accept(self, req):
        return None if self.accepts(req) else self.refuse(req, 406)

    def check_origin(self, req):
        if req.origin is None or self.lets_in(req.origin, req):
            return None
        return self.refuse(req, 403)

    def user(self, req):
        """Whose credential it is; None: nobody's."""
        token = req.get("authorization", "").removeprefix("Bearer ")
        cookies = dict(p.strip().partition("=")[::2] for p in req.get("cookie", "").split(";"))
        token = token or cookies.get("session", "")
        if req.query.get("ticket") in self.tickets:
            self.redeem(req.query["ticket"])
            return "ann"
        return TOKENS.get(token)

    def redeem(self, ticket):
        self.tickets.discard(ticket)

    @staticmethod
    def accepts(req):
        """Whether some media range of all Accept lines takes text/event-stream (RFC 9110 12.5.1);
        the most specific one decides."""
        best, weight = -1, 0.0
        ranges = [r for line in req.all("accept") for r in line.split(",") if r.strip()]
        for text in ranges:
            kind, *params = [p.strip() for p in text.lower().split(";")]
            rank = {"*/*": 0, "text/*": 1, "text/event-stream": 2}.get(kind, -1)
            q = next((float(p[2:]) for p in params if p.startswith("q=")), 1.0)
            if rank > best or (rank == best and q > weight):
                best, weight = rank, q
        return not ranges or (best >= 0 and weight > 0)

    def refuse(self, req, status, *fields):
        body = json.dumps({"error": status}).encode()
        return Answer(status, [("Content-Type", "application/json"),
                               ("Cache-Control", CACHE_CONTROL),
                               ("Content-Length", str(len(body))), ("Connection", "close"),
                               *self.cors(req), *fields], body)

    # CORS

    def lets_in(self, origin, req):
        scheme = "https" if req.https else "http"
        return origin in (APP, f"{scheme}://{req.get('host')}")

    def cors(self, req):
        fields = [("Vary", "Origin, Accept")]
        if req.origin is not None and self.lets_in(req.origin, req):
            fields += [("Access-Control-Allow-Origin", req.origin),
                       ("Access-Control-Allow-Credentials", "true")]
        return fields

    def preflight(self, req):
        asked = req.get("access-control-request-headers", "")
        return Answer(204, [*self.cors(req), ("Access-Control-Allow-Methods", "GET, HEAD"),
                            ("Access-Control-Allow-Headers", asked), ("Connection", "close")])

    # the stream

    async def opened(self, req):
        self.connects += 1
        return Answer(200, [("Content-Type", STREAM_TYPE), ("Cache-Control", CACHE_CONTROL),
                            ("X-Accel-Buffering", "no"), ("Incremental", "?1"),
                            ("X-Content-Type-Options", "nosniff"),
                            ("Content-Security-Policy", POLICY), *self.cors(req),
                            ("Transfer-Encoding", "chunked")],
                      stream=self.deliver(req, self.script(req)))

    async def deliver(self, req, pieces):
        """The head at once, then each piece as it comes."""
        yield None
        async for piece in pieces:
            yield piece

    async def script(self, req):
        yield self.greeting(req)
        n = self.start(req)
        while True:
            n += 1
            await self.until(n)
            yield self.event(req, n)

    def greeting(self, req):
        return f": open\nretry: {random.randint(3000, 8000)}\n\n".encode()

    def now(self):
        """The number of the latest event."""
        return int((time.monotonic() - self.born) / PERIOD)

    def start(self, req):
        """The event behind which this stream begins: that of Last-Event-ID, if there was one."""
        now = self.now()
        last = req.last_id or ""
        if re.fullmatch(f"[0-9]{{1,{MAX_ID}}}", last) and int(last) <= now:
            return int(last)
        return now

    async def until(self, n):
        await asyncio.sleep(max(0, self.born + n * PERIOD - time.monotonic()))

    def event(self, req, n):
        data = json.dumps({"n": n, "for": self.user(req) or "all"})
        return f"id: {n}\ndata: {data}\n\n".encode()

    # beside the stream

    def ticket(self, req):
        if req.method != "POST" or not self.user(req):
            return self.refuse(req, 401, ("WWW-Authenticate", 'Bearer realm="lab"'))
        ticket = f"lab-ticket-{random.getrandbits(64):016x}"
        self.tickets.add(ticket)
        body = json.dumps({"ticket": ticket}).encode()
        return Answer(200, [("Content-Type", "application/json"), ("Cache-Control", "no-store"),
                            ("Content-Length", str(len(body))), ("Connection", "close")], body)

    def page(self, req):
        body = b"<!doctype html><title>lab</title>"
        return Answer(200, [("Content-Type", "text/html; charset=utf-8"),
                            ("Content-Security-Policy", "default-src 'self'"),
                            ("Referrer-Policy", "no-referrer"),
                            ("Content-Length", str(len(body))), ("Connection", "close")], body)
