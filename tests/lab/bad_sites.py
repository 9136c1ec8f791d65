# SPDX-License-Identifier: Apache-2.0
"""Applications that break one rule in a way of their own, and some that keep it where the good one
has no need to."""

import asyncio
import base64
import json
import random
import re
import time

from faults import no_content
from good_site import CACHE_CONTROL, PERIOD, POLICY, STREAM_TYPE, Answer, Site


class Replayed(Site):
    """A cache: the first connect is recorded, and later ones are given the recording."""

    def __init__(self):
        super().__init__()
        self.record = {}

    async def deliver(self, req, pieces):
        yield None
        # As caches do, by the URL alone; a reconnect of the audit is not asked of it here.
        if req.target in self.record and not req.last_id:
            for piece in list(self.record[req.target]):
                yield piece
            return
        kept = self.record.setdefault(req.target, [])
        async for piece in pieces:
            kept.append(piece)
            yield piece


class Joined(Site):
    """Something on the way joins requests for one URL that come within a second."""

    def __init__(self):
        super().__init__()
        self.joined = -100

    def start(self, req):
        if req.last_id:
            return super().start(req)
        if self.now() - self.joined > 1 / PERIOD:
            self.joined = self.now()
        return self.joined

    def event(self, req, n):
        return f'id: {n}\ndata: {{"n": {n}, "for": "ann"}}\n\n'.encode()


class StreamingPost(Site):
    async def stream(self, req):
        if req.method == "POST":
            req.method = "GET"
        return await super().stream(req)


class StreamingHead(Site):
    def finish(self, req, answer):
        if req.method == "HEAD":
            answer.body = b"id: 1\ndata: x\n\n"


class HangingHead(Site):
    async def answer(self, req):
        if req.method == "HEAD":
            await asyncio.sleep(60)
        return await super().answer(req)


class LooseReconnect(Site):
    """After the end of a stream that said goodbye, clients are let in again."""

    def start(self, req):
        return 0 if req.last_id else super().start(req)


class LateAuth(Site):
    def check_credential(self, req):
        return None

    async def script(self, req):
        if self.user(req):
            async for piece in super().script(req):
                yield piece
        else:
            yield b"event: refused\ndata: no\n\n"


class LoginRedirect(Site):
    def check_credential(self, req):
        if self.user(req):
            return None
        return Answer(302, [("Location", "/login"), ("Content-Length", "0"),
                            ("Cache-Control", "no-store"), ("Connection", "close"),
                            *self.cors(req)])


class QueryToken(Site):
    def user(self, req):
        if "token" in req.query:
            req.fields.append(("authorization", "Bearer " + req.query["token"]))
        return super().user(req)


class EchoedToken(Site):
    def event(self, req, n):
        echo = f": for {req.get('authorization', 'all')}\n".encode()
        return echo + super().event(req, n)


class EternalTicket(Site):
    def redeem(self, ticket):
        pass


JWT_LIFE = 12  # seconds


def mint():
    """A token that nobody has signed: what counts here is its end."""
    parts = ({"alg": "none"}, {"sub": "ann", "exp": int(time.time()) + JWT_LIFE})
    coded = (base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
    return ".".join((*coded, "c2lnbmF0dXJl"))


class Outliving(Site):
    """Looks at the token when the stream opens, and never again."""

    def user(self, req):
        parts = req.get("authorization", "").removeprefix("Bearer ").split(".")
        if len(parts) != 3 or parts[2] != "c2lnbmF0dXJl":
            return None
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        return claims["sub"]

    def end_of(self, req):
        parts = req.get("authorization").split(".")
        return json.loads(base64.urlsafe_b64decode(parts[1] + "=="))["exp"]


class EndingWithToken(Outliving):
    async def script(self, req):
        async for piece in super().script(req):
            yield piece
            if time.time() >= self.end_of(req):
                yield b"event: expired\ndata: {}\n\n"
                return


class Forgetful(Site):
    """A restart in the middle, and nothing kept: a reconnect goes on with what is live."""

    def greeting(self, req):
        return f": open\nretry: {random.randint(1000, 2000)}\n\n".encode()

    def start(self, req):
        return self.now()


CROWD = 24
ROOM = 16  # streams that the sites below have; more than an audit opens by itself


class Crowded(Site):
    """Past its room it fails inside."""

    def __init__(self):
        super().__init__()
        self.open = 0

    def full(self, req):
        return self.refuse(req, 500)

    async def opened(self, req):
        if self.open >= ROOM:
            return self.full(req)
        self.open += req.method == "GET"
        return await super().opened(req)

    async def deliver(self, req, pieces):
        try:
            async for piece in super().deliver(req, pieces):
                yield piece
        finally:
            self.open -= 1


class CrowdedSoftly(Crowded):
    """Past its room it says when to come again, and closes."""

    def full(self, req):
        async def wait():
            yield f"retry: {random.randint(9000, 15000)}\n\n".encode()

        return Answer(200, [("Content-Type", STREAM_TYPE), ("Transfer-Encoding", "chunked"),
                            ("X-Accel-Buffering", "no"), ("Incremental", "?1"),
                            ("Cache-Control", CACHE_CONTROL), ("Content-Security-Policy", POLICY),
                            ("X-Content-Type-Options", "nosniff"), *self.cors(req)],
                      stream=wait())


class Shedding(Site):
    """Every fifth connect is turned away for now."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    retry_after = (("Retry-After", "1"),)

    async def opened(self, req):
        self.asked += 1
        if self.asked == 2:
            return self.refuse(req, 503, *self.retry_after)
        return await super().opened(req)


class OpenToStrangers(Site):
    def check_origin(self, req):
        return None


class LoginPage(Site):
    def check_credential(self, req):
        if self.user(req):
            return None
        body = b"<!doctype html><title>log in</title>"
        return Answer(200, [("Content-Type", "text/html"), ("Content-Length", str(len(body))),
                            ("Cache-Control", "no-store"), ("Connection", "close"),
                            *self.cors(req)], body)


class FatEvents(Site):
    """Enough bytes to fill a buffer of a proxy in half a second."""

    def event(self, req, n):
        return super().event(req, n)[:-1] + b"data: " + b"x" * 700 + b"\n\n"


class FragileId(Site):
    async def opened(self, req):
        if len(req.last_id or "") > 1000:
            return self.refuse(req, 500)
        return await super().opened(req)


class HungId(Site):
    async def opened(self, req):
        if "passwd" in (req.last_id or ""):
            await asyncio.sleep(60)
        return await super().opened(req)


class NoReconnect(Site):
    async def opened(self, req):
        return self.refuse(req, 409) if req.last_id else await super().opened(req)


class ClosingAtOnce(Site):
    async def script(self, req):
        yield self.greeting(req)


class Finished(Site):
    """A reconnect of a stream that said goodbye meets 204."""

    async def opened(self, req):
        return no_content(self, req) if req.last_id else await super().opened(req)


class Injectable(Site):
    """What the query says is said in the stream, as it is."""

    def greeting(self, req):
        said = "".join(f"data: hello {v}\n\n" for k, v in req.query.items())
        return super().greeting(req) + said.encode()


class NotInjectable(Site):
    def greeting(self, req):
        lines = [line for v in req.query.values() for line in re.split(r"\r\n|\r|\n", v)]
        said = "".join(f"data: {line}\n" for line in lines)
        return super().greeting(req) + (said + "\n" if said else "").encode()


class PlainToo(Site):
    """The stream is there in clear, too."""

    async def route(self, req):
        self.secure = False
        return await super().route(req)


class KeepingToken(Site):
    async def route(self, req):
        if not req.https:
            return Answer(301, [("Location", f"https://lab.example{req.target}"),
                                ("Content-Length", "0"), ("Connection", "close")])
        return await super().route(req)


class RedirectToTls(Site):
    async def route(self, req):
        if not req.https:
            return Answer(301, [("Location", f"https://lab.example{req.path}"),
                                ("Content-Length", "0"), ("Connection", "close")])
        return await super().route(req)
