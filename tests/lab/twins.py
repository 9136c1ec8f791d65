# SPDX-License-Identifier: Apache-2.0
"""Each rule of the audit with a server that breaks it, and a clean twin that does not.

A bad twin is the good application of good_site.py with one method changed. `companions` are the
other rules that the same fault breaks, too; every other failure is a false alarm.
"""

import asyncio
import base64
import collections
import json
import random
import re
import time
import zlib

from good_site import (APP, CACHE_CONTROL, PERIOD, POLICY, STREAM_TYPE, Answer, Site)

SPAN = "1500ms"

# How `sluice audit` is asked: words of the command line, where {port}, {tls} and {ca} are of the
# listeners and LAB_JWT is a token that runs out in JWT_LIFE. Bad and clean twin are asked the same.
# six: the port is there over IPv6, too.
Setup = collections.namedtuple("Setup", "url words site tls six",
                               defaults=("", (), {}, None, False))
PLAIN = Setup("http://127.0.0.1:{port}/stream")
BEARER = PLAIN._replace(words=("--origin", APP, "--bearer", "env:LAB_ANN"), site={"auth": True})
COOKIE = PLAIN._replace(words=("--origin", APP, "--cookie", "session=env:LAB_ANN"),
                        site={"auth": True})
ORIGIN = PLAIN._replace(words=("--origin", APP))
TWO_USERS = BEARER._replace(words=(*BEARER.words, "--bearer2", "env:LAB_BOB"))
TICKET = BEARER._replace(words=(*BEARER.words, "--ticket-url", "http://127.0.0.1:{port}/ticket"))
PAGE = PLAIN._replace(words=("--page", "http://127.0.0.1:{port}/page"))
VIA = PLAIN._replace(words=("--via", "app=http://127.0.0.1:{port}/app/stream"))
INJECT = PLAIN._replace(words=("--inject",))
EXPIRING = PLAIN._replace(words=("--origin", APP, "--bearer", "env:LAB_JWT"), site={"auth": True})
BOTH_FAMILIES = Setup("http://lab.example:{port}/stream",
                      ("--resolve", "lab.example:{port}:127.0.0.1,[::1]"), six=True)
TLS = Setup("https://lab.example/stream",
            ("--ca", "{ca}", "--connect-to", "lab.example:443:127.0.0.1:{tls}",
             "--connect-to", "lab.example:80:127.0.0.1:{port}"),
            site={"secure": True}, tls="good")
TUNNEL = Setup("http://lab.trycloudflare.com/stream",
               ("--connect-to", ":80:127.0.0.1:{port}"))


def longer(setup, span=None, soak=None):
    words = (("--span", span) if span else ()) + (("--soak", soak) if soak else ())
    return setup._replace(words=(*setup.words, *words))


class Twins:
    """One row: the bad site, how it is asked, and what else fails.

    clean: another clean twin than the good application; both: rules that fail on either side,
    because what the rule needs to be seen is a note of its own; clean_says: the verdict of the rule
    on the clean twin.
    """

    def __init__(self, bad, setup=PLAIN, companions="", *, clean=Site, both="", clean_says="pass",
                 clean_setup=None):
        self.bad, self.clean, self.setup = bad, clean, setup
        self.clean_setup = clean_setup or setup
        self.companions = set(companions.split())
        self.both = set(both.split())
        self.clean_says = clean_says


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


def compressed(flush):
    def how(self, req, pieces):
        async def squeeze():
            packer = zlib.compressobj(wbits=31)
            yield None
            async for piece in pieces:
                packed = packer.compress(piece)
                yield packed + packer.flush(zlib.Z_SYNC_FLUSH) if flush else b""

        return squeeze()

    site = delivered(how, only=wants_gzip)
    return answers(lambda req, a: a.is_stream and wants_gzip(req),
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


# Single twins

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


TWINS = {
    "A101": Twins(stream(sets("Content-Type", "application/json"))),
    "A102": Twins(stream(sets("Content-Type", "text/event-stream; charset=iso-8859-1"))),
    "A103": Twins(stream(sets("Content-Type", "text/event-stream"))),
    "A104": Twins(always(500)),
    "A105": Twins(twin(opened=lambda self, req: asyncio.sleep(0, no_content(self, req))),
                  companions="A104"),
    "A106": Twins(redirects("/two/stream", "/three/stream"), clean=redirects("/two/stream")),
    "A107": Twins(accepting(lambda lines, good: lines == ["application/json"]), companions="A104"),
    "A108": Twins(accepting(lambda lines, good: good and "event-stream" in "".join(lines).lower()),
                  PLAIN._replace(words=("--profile", "public"))),
    "A109": Twins(accepting(lambda lines, good: lines in (
        [], ["*/*"], ["text/*"], ["text/event-stream"]))),
    "A110": Twins(accepting(lambda lines, good: good or "q=0," in "".join(lines))),
    "A111": Twins(answers(lambda req, a: True, sets("Vary", "Origin"))),
    "A112": Twins(on_error("Content-Type", "text/event-stream")),
    "A113": Twins(on_error("Content-Type", "text/html")),
    "A114": Twins(stream(with_length(1000000))),
    "A115": Twins(StreamingHead),
    "A116": Twins(StreamingPost),
    "A117": Twins(stream(sets("Accept-Ranges", "bytes"))),
    "A201": Twins(stream(sets("Cache-Control", "max-age=60, no-transform"))),
    "A202": Twins(stream(sets("Cache-Control", "no-cache, no-transform")),
                  clean=stream(sets("Cache-Control", "no-cache, no-store, no-transform"))),
    "A203": Twins(stream(sets("Cache-Control", "no-store, no-transform, max-age=60"))),
    "A204": Twins(stream(sets("Age", "5"))),
    "A205": Twins(Replayed),
    "A206": Twins(Joined, TWO_USERS),
    "A207": Twins(stream(sets("Cache-Control", "private, no-store"))),
    "A208": Twins(stream(sets("ETag", '"1"'))),
    "A209": Twins(stream(sets("X-Served-By", "cache-lab"),
                         sets("Cache-Control", "no-store, no-transform")),
                  clean=stream(sets("X-Served-By", "cache-lab")), both="A901"),
    "A210": Twins(stream(sets("Cache-Control", "private, no-cache, no-transform")), BEARER,
                  "A202"),
    "A301": Twins(delivered(held_head(1.2)), longer(PLAIN, "2s")),
    "A302": Twins(delivered(in_bursts(0.55)), longer(PLAIN, "2500ms")),
    "A303": Twins(delivered(held_head(3.2, end=True)), longer(PLAIN, "4s"), "A301"),
    "A304": Twins(delivered(in_pairs)),
    "A305": Twins(compressed(flush=False), clean=compressed(flush=True), both="A306"),
    "A306": Twins(compressed(flush=True)),
    "A307": Twins(stream(drops("X-Accel-Buffering"))),
    "A308": Twins(stream(sets("X-Accel-Buffering", "off"))),
    "A309": Twins(stream(drops("Incremental"))),
    "A310": Twins(delivered(late(2.3)), longer(PLAIN, "3s")),
    "A311": Twins(pausing(60), longer(PLAIN, soak="31500ms"),
                  clean=pausing(10, b": beat\n\n")),
    "A312": Twins(stream(sets("X-Served-By", "cache-lab"), base=pausing(60)),
                  longer(PLAIN, soak="6200ms"),
                  clean=stream(sets("X-Served-By", "cache-lab"), base=pausing(2, b": beat\n\n")),
                  both="A901"),
    "A313": Twins(text(b"event: ping\ndata: {}\n\n", every=5)),
    "A314": Twins(lasting(4.2, quiet=3.4), longer(PLAIN, "5s", "5s"), "A906"),
    "A315": Twins(lasting(5.2), longer(PLAIN, "6s", "6s"), "A906"),
    "A316": Twins(lasting(0.8, ending="cut"), clean=lasting(0.8)),
    "A317": Twins(over_h2(drops("X-Content-Type-Options"))),
    "A318": Twins(answers(lambda req, a: a.is_stream and req.ipv6, drops("X-Content-Type-Options")),
                  BOTH_FAMILIES),
    "A319": Twins(delivered(delayed(0.15), only=lambda req: req.path == "/stream"), VIA),
    "A401": Twins(letting_in(lambda origin: True), ORIGIN, "A405"),
    "A402": Twins(without_credentials_field(), ORIGIN, "A405"),
    "A403": Twins(any_origin(True), ORIGIN),
    "A404": Twins(any_origin(False), BEARER),
    "A405": Twins(letting_in(lambda origin: origin == "null"), ORIGIN),
    "A406": Twins(letting_in(lambda origin: origin.startswith(APP)), ORIGIN,
                  "A412 A413 A414"),
    "A407": Twins(letting_in(lambda origin: origin.endswith("app.lab.example")), ORIGIN,
                  "A409 A410 A414"),
    "A408": Twins(matching("^https://app.lab.example$"), ORIGIN),
    "A409": Twins(matching(r"^https://[a-z0-9-]+\.app\.lab\.example$"), ORIGIN),
    "A410": Twins(matching(r"^http://app\.lab\.example$"), ORIGIN),
    "A411": Twins(letting_in(lambda origin: origin.startswith("https://") and
                             origin[8:] in "app.lab.example"), ORIGIN),
    "A412": Twins(matching(r"^https://app\.lab\.example_"), ORIGIN),
    "A413": Twins(matching(r"^https://app\.lab\.example:\d+$"), ORIGIN),
    "A414": Twins(matching(r"^https://app\.lab\.example\.$"), ORIGIN),
    "A415": Twins(matching(r"^chrome-extension://[a-z]+$"), ORIGIN),
    "A416": Twins(matching(r"^http://(localhost|127\.0\.0\.1):3000$"), ORIGIN),
    "A417": Twins(matching(r"^https://[a-z-]+\.github\.io$"), ORIGIN),
    "A418": Twins(stream(drops("Access-Control-Allow-Origin")), ORIGIN),
    "A419": Twins(stream(sets("Access-Control-Allow-Credentials", "True")), COOKIE),
    "A420": Twins(stream(repeated_origin), ORIGIN, "A711"),
    "A421": Twins(stream(slashed_origin), ORIGIN, "A418"),
    "A422": Twins(errors(drops("Access-Control-Allow-Origin")), ORIGIN),
    "A423": Twins(answers(lambda req, a: a.is_stream and req.last_id,
                          drops("Access-Control-Allow-Origin")), ORIGIN),
    "A424": Twins(redirects("/two/stream", cors=False), ORIGIN, clean=redirects("/two/stream")),
    "A425": Twins(preflight(sets("Access-Control-Allow-Headers", "content-type")), ORIGIN),
    "A426": Twins(preflight(sets("WWW-Authenticate", "Bearer"), status=401), BEARER),
    "A427": Twins(stream(sets("Access-Control-Allow-Methods", "GET"))),
    "A430": Twins(answers(lambda req, a: True, sets("Vary", "Accept")), ORIGIN),
    "A431": Twins(stream(wide_vary)),
    "A432": Twins(answers(lambda req, a: True, sets("Vary", "Origin, Accept"),
                          base=any_origin(False)), clean=any_origin(False)),
    "A433": Twins(of_path("/stream", drops("Vary")), VIA, "A111"),
    "A501": Twins(twin(check_credential=lambda self, req: None), BEARER),
    "A502": Twins(errors(drops("WWW-Authenticate")), BEARER),
    "A503": Twins(LoginRedirect, BEARER),
    "A504": Twins(twin(checks=lambda self: (self.check_accept, self.check_credential,
                                            self.check_origin)), BEARER),
    "A505": Twins(LateAuth, BEARER),
    "A506": Twins(QueryToken, BEARER),
    "A507": Twins(EchoedToken, BEARER),
    "A508": Twins(EternalTicket, TICKET),
    "A509": Twins(Outliving, longer(EXPIRING, soak="15s"), clean=EndingWithToken),
    "A510": Twins(Shedding),
    "A511": Twins(OpenToStrangers, ORIGIN),
    "A512": Twins(twin(Shedding, retry_after=()), clean=Shedding, both="A510"),
    "A601": Twins(text(b"data: \xff\xfe\n\n")),
    "A602": Twins(ids(lambda n: "é".encode() + str(n).encode())),
    "A603": Twins(text(b"\xef\xbb\xbfdata: x\n\n")),
    "A604": Twins(recoded(lambda piece: piece.replace(b"\n", b"\r"))),
    "A605": Twins(text(b"retry: 3s\n\n")),
    "A606": Twins(greeting(": open\n\n")),
    "A607": Twins(greeting(": open\nretry: 3000\n\n")),
    "A608": Twins(ids(lambda n: None)),
    "A609": Twins(ids(lambda n: str(n // 2).encode()), companions="A620"),
    "A610": Twins(lasting(0.8, farewell=b"data: cut off"), clean=lasting(0.8)),
    "A611": Twins(text(b"evnet: news\ndata: x\n\n")),
    "A612": Twins(text(b'data: {\n"a": 1}\n\n')),
    "A613": Twins(text(b"event: news\n\n")),
    "A614": Twins(text(b"event: error\ndata: x\n\n")),
    "A615": Twins(text(b"data: " + b"x" * 70000 + b"\n\n")),
    "A616": Twins(text(b"data:  x\n\n")),
    "A620": Twins(LooseReconnect),
    "A621": Twins(FragileId),
    "A622": Twins(NoReconnect),
    "A623": Twins(ClosingAtOnce),
    "A624": Twins(lasting(0.8, farewell=b"event: done\ndata: bye\n\n"),
                  clean=lasting(0.8, farewell=b"event: done\ndata: bye\n\n", base=Finished)),
    "A625": Twins(lasting(1.5, base=Forgetful), longer(PLAIN, soak="6s"), "A906",
                  clean=lasting(1.5), both="A906"),
    "A626": Twins(Injectable, INJECT, clean=NotInjectable),
    "A701": Twins(stream(adds("Content-Length", "1000000")), companions="A114"),
    "A702": Twins(over_http10(chunked)),
    "A703": Twins(delivered(in_bursts(0.55), only=lambda req: req.minor == 0 and not req.h2),
                  longer(PLAIN, "2500ms")),
    "A704": Twins(over_http10(sets("Connection", "keep-alive"))),
    "A705": Twins(Site, TLS._replace(tls="no h2"), clean_setup=TLS),
    "A706": Twins(over_h2(sets("Connection", "keep-alive"))),
    "A707": Twins(twin(settings=((3, 10),))),
    "A708": Twins(twin(goaway_after=3)),
    "A709": Twins(twin(deaf=True)),
    "A710": Twins(answers(lambda req, a: a.is_stream and not req.h2,
                          adds("Keep-Alive", "timeout=5"))),
    "A711": Twins(stream(adds("X-Accel-Buffering", "no"))),
    "A712": Twins(stream(adds("Alt-Svc", 'h3=":443"; ma=86400'))),
    "A801": Twins(PlainToo, TLS),
    "A802": Twins(KeepingToken, TLS, clean=RedirectToTls),
    "A803": Twins(stream(drops("Strict-Transport-Security")), TLS),
    "A804": Twins(stream(sets("Strict-Transport-Security", "max-age=63072000; preload")), TLS,
                  clean=stream(sets("Strict-Transport-Security",
                                    "max-age=63072000; includeSubDomains; preload"))),
    "A805": Twins(errors(drops("Strict-Transport-Security")), TLS),
    "A806": Twins(Site, TLS._replace(tls="expired"), clean_setup=TLS),
    "A807": Twins(Site, TLS._replace(tls="old"), clean_setup=TLS),
    "A810": Twins(stream(drops("X-Content-Type-Options"))),
    "A811": Twins(stream(drops("Content-Security-Policy"))),
    "A812": Twins(page("default-src 'self'; connect-src https://api.example"), PAGE),
    "A813": Twins(page("connect-src *"), PAGE),
    "A814": Twins(page(referrer="unsafe-url"), PAGE),
    "A815": Twins(stream(adds("X-Powered-By", "Lab 1.0"))),
    "A820": Twins(cookie("theme=dark; Path=/; SameSite=Lax"), clean=cookie(GOOD_COOKIE)),
    "A821": Twins(cookie("theme=dark; Path=/; Secure; HttpOnly"), clean=cookie(GOOD_COOKIE)),
    "A822": Twins(cookie(GOOD_COOKIE), COOKIE, clean=cookie(CROSS_SITE)),
    "A823": Twins(cookie("__Host-theme=dark; Secure; HttpOnly; SameSite=Lax"),
                  clean=cookie(GOOD_COOKIE)),
    "A824": Twins(cookie(GOOD_COOKIE + "; Max-Age=99999999"), clean=cookie(GOOD_COOKIE)),
    "A825": Twins(cookie(GOOD_COOKIE, each=True), clean=cookie(GOOD_COOKIE)),
    "A901": Twins(stream(adds("Server", "Caddy"))),
    "A902": Twins(stream(adds("Server", "nginx"), base=delivered(in_bursts(0.55))),
                  longer(PLAIN, "2500ms"), "A302", clean=stream(adds("Server", "nginx")),
                  both="A901"),
    "A903": Twins(Site, TUNNEL, clean_setup=PLAIN),
    "A904": Twins(stream(adds("Proxy-Status", "edge; error=http_response_timeout")),
                  clean=stream(adds("Proxy-Status", "edge; next-hop=app"))),
    "A905": Twins(Crowded, PLAIN._replace(words=("--connections", str(CROWD))),
                  clean=CrowdedSoftly),
    "A906": Twins(lasting(2, only=lambda req: True), longer(PLAIN, soak="3s")),
}

# What cannot be provoked here, and why.
BEYOND_THE_LAB = {
    "A816": "it never fails: it tells why other scanners complain",
}
