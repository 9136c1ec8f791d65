# SPDX-License-Identifier: Apache-2.0
"""Ways to break the good application: each gives a site with one method changed."""

import asyncio
import re
import time
import zlib

from good_site import Answer, Site


def twin(base=Site, **changes):
    return type("Twin", (base,), changes)


# Changes of answers

def answers(which, *changes, base=Site):
    """A site that changes the answers for which which(req, answer) is true."""

    def finish(self, req, answer):
        if which(req, answer):
            for change in changes:
                change(req, answer)

    return twin(base, finish=finish)


def is_stream(req, answer):
    return answer.is_stream and req.path == "/stream"


def is_error(req, answer):
    return answer.status >= 400


def stream(*changes, base=Site):
    return answers(is_stream, *changes, base=base)


def errors(*changes):
    return answers(is_error, *changes)


def over_http10(*changes):
    return answers(lambda req, a: a.is_stream and req.minor == 0 and not req.h2, *changes)


def over_h2(*changes):
    return answers(lambda req, a: a.is_stream and req.h2, *changes)


def sets(name, value):
    return lambda _, answer: answer.set(name, value)


def adds(name, value):
    return lambda _, answer: answer.add(name, value)


def drops(name):
    return lambda _, answer: answer.drop(name)


def with_length(size):
    def change(_, answer):
        answer.drop("Transfer-Encoding")
        answer.add("Content-Length", str(size))
        answer.framing = "length"

    return change


def chunked(_, answer):
    answer.set("Transfer-Encoding", "chunked")
    answer.framing = "chunked"


def always(status, *fields, kind="application/json"):
    """The endpoint has this one answer."""

    async def opened(self, req):
        return Answer(status, [("Content-Type", kind), ("Content-Length", "2"),
                               ("Connection", "close"), *self.cors(req), *fields], b"{}")

    return twin(opened=opened)


def no_content(self, req):
    return Answer(204, [*self.cors(req), ("Connection", "close")])


def redirects(*steps, cors=True):
    """The stream leads to the first of `steps`, that to the next; the last one is the stream."""

    async def route(self, req):
        path, query = req.path, "?" + req.target.partition("?")[2] if "?" in req.target else ""
        chain = ["/stream", *steps]
        if path in chain[:-1]:
            to = chain[chain.index(path) + 1] + query
            return Answer(302, [("Location", to), ("Content-Length", "0"),
                                ("Cache-Control", "no-store"), ("Connection", "close"),
                                *(self.cors(req) if cors else [("Vary", "Origin, Accept")])])
        return await Site.route(self, req)

    return twin(route=route)


# Changes of what is let in

def accepting(test):
    """test(Accept lines, the good verdict): whether it is let in."""
    return twin(accepts=staticmethod(lambda req: test(req.all("accept"), Site.accepts(req))))


def letting_in(test, base=Site):
    """Origins for which test(origin) is true are let in, besides the good ones."""
    return twin(base, lets_in=lambda self, origin, req: bool(
        test(origin) or Site.lets_in(self, origin, req)))


def matching(pattern):
    return letting_in(lambda origin: re.search(pattern, origin))


def any_origin(credentials):
    fields = ("Access-Control-Allow-Origin", "*")

    def cors(self, req):
        return [("Vary", "Accept"), fields,
                *([("Access-Control-Allow-Credentials", "true")] if credentials else [])]

    return twin(cors=cors, check_origin=lambda self, req: None)


def without_credentials_field():
    def cors(self, req):
        return [f for f in Site.cors(self, req) if f[0] != "Access-Control-Allow-Credentials"]

    return twin(cors=cors, lets_in=lambda self, origin, req: True)


# Changes of delivery

def delivered(how, *, only=lambda req: True, base=Site):
    """how(self, req, pieces): an async generator; only: for which requests."""

    async def deliver(self, req, pieces):
        way = how if only(req) else Site.deliver
        async for piece in way(self, req, pieces):
            yield piece

    return twin(base, deliver=deliver)


def in_bursts(seconds):
    """Pieces are collected for so long; the head is not."""

    async def how(self, req, pieces):
        loop = asyncio.get_running_loop()
        yield None
        held, since = b"", loop.time()
        async for piece in pieces:
            held += piece
            if loop.time() - since >= seconds:
                yield held
                held, since = b"", loop.time()
        yield held

    return how


async def in_pieces(self, req, pieces):
    """As nginx has it: 4096 bytes at a time."""
    yield None
    held = b""
    async for piece in pieces:
        held += piece
        if len(held) >= 4096:
            yield held[:4096]
            held = held[4096:]


def held_head(seconds, end=False):
    async def how(self, req, pieces):
        loop = asyncio.get_running_loop()
        held, since = b"", loop.time()
        async for piece in pieces:
            held += piece
            if loop.time() - since >= seconds:
                yield held
                held = b""
                if end:
                    return
        yield held

    return how


async def in_pairs(self, req, pieces):
    yield None
    held = []
    async for piece in pieces:
        held.append(piece)
        if len(held) == 2:
            yield b"".join(held)
            held = []


def late(seconds):
    async def how(self, req, pieces):
        yield None
        await asyncio.sleep(seconds)
        async for piece in pieces:
            yield piece

    return how


def delayed(seconds):
    """Each piece comes so much later."""

    async def how(self, req, pieces):
        loop = asyncio.get_running_loop()
        queue = asyncio.Queue()

        async def fill():
            async for piece in pieces:
                queue.put_nowait((loop.time() + seconds, piece))

        task = asyncio.create_task(fill())
        try:
            yield None
            while True:
                due, piece = await queue.get()
                await asyncio.sleep(max(0, due - loop.time()))
                yield piece
        finally:
            task.cancel()

    return how


def wants_gzip(req):
    return "gzip" in req.get("accept-encoding", "")


def asked_or_not(req):
    return True


def compressed(flush, only=wants_gzip, base=Site):
    def how(self, req, pieces):
        async def squeeze():
            packer = zlib.compressobj(wbits=31)
            yield None
            async for piece in pieces:
                packed = packer.compress(piece)
                yield packed + packer.flush(zlib.Z_SYNC_FLUSH) if flush else b""

        return squeeze()

    site = delivered(how, only=only, base=base)
    return answers(lambda req, a: a.is_stream and only(req),
                   sets("Content-Encoding", "gzip"), base=site)


# Changes of the stream itself

def text(*pieces, every=0, base=Site):
    """These bytes stand in the stream behind its first events, once or with every n-th event."""

    async def script(self, req):
        n = 0
        async for piece in base.script(self, req):
            yield piece
            n += 1
            if n == 3 or (every and n % every == 0):
                for extra in pieces:
                    yield extra

    return twin(base, script=script)


def recoded(change, base=Site):
    """change(piece) for all that is sent."""

    async def script(self, req):
        async for piece in base.script(self, req):
            yield change(piece)

    return twin(base, script=script)


def greeting(form, base=Site):
    return twin(base, greeting=lambda self, req: form.encode())


def lasting(seconds, *, quiet=0, farewell=b"", ending="clean", only=lambda req: True, base=Site):
    """The stream ends at that age, the last `quiet` seconds of it without a byte."""

    async def script(self, req):
        if not only(req):
            async for piece in base.script(self, req):
                yield piece
            return
        born = asyncio.get_running_loop().time()
        yield self.greeting(req)
        n = self.start(req)
        while asyncio.get_running_loop().time() - born < seconds - quiet:
            n += 1
            await self.until(n)
            yield self.event(req, n)
        await asyncio.sleep(quiet)
        if farewell:
            yield farewell

    def finish(self, req, answer):
        if answer.is_stream and only(req):
            answer.ending = ending
        return base.finish(self, req, answer)

    return twin(base, script=script, finish=finish)


def pausing(seconds, beat=b""):
    """After half a second of events nothing, for ever; with `beat`, that each so many seconds."""

    async def script(self, req):
        yield self.greeting(req)
        n = self.start(req)
        for n in range(n + 1, n + 6):
            await self.until(n)
            yield self.event(req, n)
        while True:
            await asyncio.sleep(seconds)
            if beat:
                yield beat

    return twin(script=script)


def ids(form):
    def event(self, req, n):
        _, rest = Site.event(self, req, n).split(b"\n", 1)
        name = form(n)
        return rest if name is None else b"id: " + name + b"\n" + rest

    return twin(event=event)


def cookie(line, each=False):
    """The stream sets a cookie: on the first connect, or on each."""

    def finish(self, req, answer):
        if answer.is_stream and (each or self.connects == 1):
            answer.add("Set-Cookie", line)

    return twin(finish=finish)


GOOD_COOKIE = "__Host-theme=dark; Path=/; Secure; HttpOnly; SameSite=Lax"
CROSS_SITE = "__Host-theme=dark; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"


def page(policy="default-src 'self'", referrer="no-referrer"):
    def change(self, req):
        answer = Site.page(self, req)
        answer.set("Content-Security-Policy", policy)
        answer.set("Referrer-Policy", referrer)
        return answer

    return twin(page=change)


def of_path(path, *changes, base=Site):
    return answers(lambda req, a: a.is_stream and req.path == path, *changes, base=base)


def on_error(name, value):
    return errors(sets(name, value))


def repeated_origin(req, answer):
    value = answer.get("Access-Control-Allow-Origin")
    if value:
        answer.add("Access-Control-Allow-Origin", value)


def slashed_origin(req, answer):
    value = answer.get("Access-Control-Allow-Origin")
    if value:
        answer.set("Access-Control-Allow-Origin", value + "/")


def listed_origin(req, answer):
    value = answer.get("Access-Control-Allow-Origin")
    if value:
        answer.set("Access-Control-Allow-Origin", value + ", https://other.example")


def preflight(*changes, status=204):
    def change(self, req):
        answer = Site.preflight(self, req)
        answer.status = status
        for one in changes:
            one(req, answer)
        return answer

    return twin(preflight=change)


def wide_vary(req, answer):
    answer.set("Vary", "*")
