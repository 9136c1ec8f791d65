# SPDX-License-Identifier: Apache-2.0
"""Each rule of the audit with a server that breaks it, and a clean twin that does not.

A bad twin is the good application of good_site.py with one method changed. `companions` are the
other rules that the same fault breaks, too; every other failure is a false alarm.
"""

import asyncio
import collections

from bad_sites import (ClosingAtOnce, CROWD, Crowded, CrowdedSoftly, EchoedToken, EndingWithToken,
                       EternalTicket, FatEvents, Finished, Forgetful, FragileId, HangingHead,
                       HungId, Injectable, Joined, KeepingToken, LateAuth, LoginPage, LoginRedirect,
                       LooseReconnect, NoReconnect, NotInjectable, OpenToStrangers, Outliving,
                       PlainToo, QueryToken, RedirectToTls, Replayed, Shedding, StreamingHead,
                       StreamingPost)
from faults import (CROSS_SITE, GOOD_COOKIE, accepting, adds, always, answers, any_origin,
                    asked_or_not, chunked, compressed, cookie, delayed, delivered, drops, errors,
                    greeting, held_head, ids, in_bursts, in_pairs, in_pieces, lasting, late,
                    letting_in, listed_origin, matching, no_content, of_path, on_error, over_h2,
                    over_http10, page, pausing, preflight, recoded, redirects, repeated_origin,
                    sets, slashed_origin, stream, text, twin, wide_vary, with_length,
                    without_credentials_field)
from good_site import APP, Site

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
STRANGER = TLS._replace(words=TLS.words[2:])
OTHER_NAME = Setup("https://other.example/stream",
                   ("--ca", "{ca}", "--connect-to", ":443:127.0.0.1:{tls}",
                    "--connect-to", ":80:127.0.0.1:{port}"), site={"secure": True}, tls="good")
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

# Other ways to break the same rule, named behind its id.
TWINS |= {
    "A115 by hanging": Twins(HangingHead),
    "A302 in pieces of 4 KiB": Twins(delivered(in_pieces, base=FatEvents), longer(PLAIN, "3s"),
                                     clean=FatEvents),
    "A313 by its data": Twins(text(b"data: ping\n\n", every=5)),
    "A316 by a reset": Twins(lasting(0.8, ending="reset"), clean=lasting(0.8)),
    "A401 with a cookie": Twins(letting_in(lambda origin: True), COOKIE, "A405"),
    "A420 with a list": Twins(stream(listed_origin), ORIGIN, "A418"),
    "A501 with any credential": Twins(
        twin(user=lambda self, req: Site.user(self, req) or (
            "ann" if req.get("authorization") else None)), BEARER),
    "A503 with a page": Twins(LoginPage, BEARER),
    "A507 in a field": Twins(answers(lambda req, a: a.is_stream and req.get("authorization"),
                                     lambda req, a: a.add("X-Debug", req.get("authorization"))),
                             BEARER),
    "A602 with NUL": Twins(ids(lambda n: b"\0" + str(n).encode()), companions="A608"),
    "A604 with mixed ends": Twins(text(b"data: x\r\n\r\n")),
    "A606 too short": Twins(greeting(": open\nretry: 10\n\n"), companions="A607"),
    "A611 in capitals": Twins(text(b"Data: x\n\n")),
    "A611 in gzip": Twins(compressed(True, asked_or_not, text(b"evnet: news\ndata: x\n\n")),
                          clean=compressed(True, asked_or_not), both="A306"),
    "A621 by hanging": Twins(HungId),
    "A706 with a coding": Twins(over_h2(sets("Transfer-Encoding", "chunked"))),
    "A803 too short": Twins(stream(sets("Strict-Transport-Security", "max-age=300")), TLS),
    "A803 in clear": Twins(stream(sets("Strict-Transport-Security", "max-age=63072000")),
                           clean_says="na"),
    "A806 of an unknown issuer": Twins(Site, STRANGER, clean_setup=TLS),
    "A806 for another name": Twins(Site, OTHER_NAME, clean_setup=TLS),
    "A806 with five days left": Twins(Site, TLS._replace(tls="short"), clean_setup=TLS),
    "A807 without TLS 1.3": Twins(Site, TLS._replace(tls="1.2"), clean_setup=TLS),
    "A812 by default-src": Twins(page("default-src https://cdn.example"), PAGE),
    "A815 with a version": Twins(stream(sets("Server", "lab/1.0"))),
}

# What cannot be provoked here, and why.
BEYOND_THE_LAB = {
    "A816": "it never fails: it tells why other scanners complain",
}

# The good application, asked in the ways that the rows above do not ask: nothing fails.
GOOD = {
    "as usual": longer(BEARER, "12s"),
    "quickly": PLAIN._replace(words=("--quick",)),
    "quickly over TLS": TLS._replace(words=(*TLS.words, "--quick")),
    "as a page with its session": COOKIE._replace(words=(*COOKIE.words, "--profile", "cookie")),
    "as public data": PLAIN._replace(words=("--profile", "public")),
    "as a stream of answers": PLAIN._replace(words=("--profile", "mcp")),
    "at addresses of one family": Setup("http://lab.example:{port}/stream",
                                        ("--resolve", "lab.example:{port}:127.0.0.1,127.0.0.1")),
    "over TLS with a credential": TLS._replace(words=(*TLS.words, *BEARER.words),
                                               site={"secure": True, "auth": True}),
    "with all that can be given": TICKET._replace(words=(
        *TICKET.words, *VIA.words, *PAGE.words, "--inject", "--bearer2", "env:LAB_BOB",
        "--connections", "20", "--soak", "3s")),
}
