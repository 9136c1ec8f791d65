# SPDX-License-Identifier: Apache-2.0
"""Who may watch, as time passes: rights end, keys rotate, issuers fail, credentials are revoked."""

import json
import sys
import threading
import time
import unittest

from auth_lab import Server, json_answer
from client_lab import PATIENCE, Running, answer, hold
from harness import Stream, run
from hub_lab import ACCEPT, JSON, ORIGIN, config
from identity_lab import PRIVATE, IdentityCase, SigningKey, claims, jwt, key_set, need_node

DOWN = answer("503 Service Unavailable")
ENDED_WITHIN = 2.0  # seconds, on a loaded machine; a heartbeat (15 s) is what is promised
STORM = 1000
HERD = 50
BEAT = {"period": "1s", "jitter": 0, "mode": "event"}


def setUpModule():
    need_node()


def say(figure):
    """Figures are shown with -v, beside the name of their test."""
    if "-v" in sys.argv or "--verbose" in sys.argv:
        print(f"{figure} ... ", end="", file=sys.stderr, flush=True)


class Live(IdentityCase):
    def setUp(self):
        super().setUp()
        self.key = SigningKey()

    def tokened(self, **more):
        """A hub that takes tokens of self.key; more: of auth, those in jwt_ of auth.jwt."""
        of_jwt = {k[4:].replace("_", "-"): v for k, v in more.items() if k.startswith("jwt_")}
        of_auth = {k: v for k, v in more.items() if not k.startswith("jwt_")}
        return self.guarded({"jwt": jwt(self.keys_path(self.key), **of_jwt), **of_auth})

    def status(self, server, token):
        """Of a stream with this token, which is closed again."""
        with Stream(server, PRIVATE, self.bearer(token)) as stream:
            return stream.status

    def ends(self, stream):
        """The last event says why, tells when to come back, and nothing follows."""
        event = stream.next("auth_expired")
        self.assertEqual(event.data, "{}")
        self.assertIsNotNone(event.retry)
        self.assertIsNone(stream.next())

    def issuer(self, script):
        return self.enterContext(Server(script))


class Ends(Live):
    def test_a_stream_is_told_ahead_and_closed_when_its_token_ends(self):
        server = self.tokened(expiring="2s", jwt_clock_skew="0s")
        end = int(time.time()) + 3
        stream = self.watch(server, self.token(self.key, exp=end))
        warning = stream.next()
        self.assertEqual((warning.type, json.loads(warning.data)["in"] <= 2),
                         ("auth_expiring", True))
        self.assertLess(time.time(), end)
        self.ends(stream)
        late = time.time() - end
        say(f"{late * 1000:.0f} ms after exp")
        self.assertGreater(late, -0.1)
        self.assertLess(late, ENDED_WITHIN)
        self.assertEqual(server.log(event="sse_disconnect")["reason"], "auth_expired")

    def test_the_clock_of_the_issuer_may_be_ahead(self):
        """The skew is for nbf and iat; at exp a token ends, however generous the skew."""
        now = int(time.time())
        many = [claims(nbf=now + 20), claims(iat=now + 20), claims(exp=now - 1)]
        tokens = self.tokens(self.key, many)
        generous, strict = self.tokened(jwt_clock_skew="60s"), self.tokened(jwt_clock_skew="0s")
        self.assertEqual([self.status(generous, t) for t in tokens], [200, 200, 401])
        self.assertEqual([self.status(strict, t) for t in tokens], [401, 401, 401])


class Revocation(Live):
    def revoked_after(self, server, stream, **who):
        start = time.monotonic()
        self.revoke(server, **who)
        self.ends(stream)
        seconds = time.monotonic() - start
        self.assertLess(seconds, ENDED_WITHIN)
        self.assertEqual(server.log(event="sse_disconnect")["reason"], "revoked")
        return seconds

    def test_a_live_stream_is_closed_at_once(self):
        worst = 0
        for who in ({"jti": "j1"}, {"sid": "s1"}, {"sub": "ann"}) * 5:
            token = self.token(self.key, iat=int(time.time()) - 60, sub="ann", jti="j1", sid="s1")
            server = self.tokened()
            worst = max(worst, self.revoked_after(server, self.watch(server, token), **who))
            self.assertEqual(self.status(server, token), 401)
        say(f"revoke to end of stream: at most {worst * 1000:.1f} ms of 15")

    def test_who_logs_in_anew_after_a_revocation_is_back(self):
        server = self.tokened()
        old = self.token(self.key, iat=int(time.time()) - 60)
        self.revoked_after(server, self.watch(server, old), sub="ann")
        new = self.token(self.key, iat=int(time.time()) + 2)
        self.assertEqual([self.status(server, t) for t in (old, new)], [401, 200])

    def test_a_storm_of_revocations_touches_nobody_else(self):
        server = self.tokened()
        tokens = self.tokens(self.key, [claims(sub=f"u{i}", jti=f"t{i}") for i in range(20)])
        streams = [self.watch(server, token) for token in tokens]
        publisher = self.publisher(server)
        start = time.monotonic()
        for i in range(STORM):
            body = {"jti": f"stranger{i}"}
            self.assertEqual(publisher.post(body, target="/auth/revoke").status, 200)
        say(f"{STORM} revocations in {time.monotonic() - start:.2f} s")
        publisher.post({"jti": "t0"}, target="/auth/revoke")
        self.ends(streams[0])
        publisher.publish("still here", topic="private")
        self.assertEqual([s.next().data for s in streams[1:]], ["still here"] * 19)

    def test_only_a_publisher_revokes(self):
        server = self.tokened()
        token = self.token(self.key)
        stream = self.watch(server, token)
        for headers in ((), self.bearer(token), self.bearer("not-the-key-of-the-tests")):
            response = self.fetch(server, "POST", "/auth/revoke", (*headers, JSON), '{"sub":"ann"}')
            self.refused(response, 401, "G602")
        publisher = self.publisher(server)
        for body in ({}, {"sub": ""}, {"sub": 1}, {"jti": "x", "else": 1}, [], {"sid": "x" * 257}):
            self.assertEqual(publisher.post(body, target="/auth/revoke").status, 400, body)
        publisher.publish("untouched", topic="private")
        self.assertEqual(stream.next().data, "untouched")

    def test_the_table_has_a_bound_and_forgets_nothing_for_it(self):
        server = self.tokened(revoke={"max": 2})
        publisher = self.publisher(server)
        codes = [publisher.post({"jti": j}, target="/auth/revoke").status for j in "abac"]
        self.assertEqual(codes[:3], [200, 200, 200])
        self.assertEqual(codes[3], 503)
        self.assertEqual(self.status(server, self.token(self.key, jti="a")), 401)


class KeySets(Live):
    def test_required_keys_that_are_down_stop_the_start_with_a_clear_line(self):
        issuer = self.issuer(DOWN)
        conf = config(auth={"jwt": jwt(issuer.url("/keys?canary"), required=True)})
        done = run("serve", "-c", self.file(json.dumps(conf)))
        self.assertEqual(done.returncode, 3, done)
        self.assertIn(f"sluice serve: cannot start: auth.jwt: {issuer.url()}: the answer has "
                      "status 503\n", done.stderr)
        self.assertNotIn("canary", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_a_start_that_waits_for_keys_can_be_interrupted(self):
        asked = threading.Event()

        def wait(server, _):
            asked.set()
            server.stop.wait(PATIENCE)

        issuer = self.issuer(wait)
        conf = config(auth={"jwt": jwt(issuer.url(), required=True)})
        with Running("serve", "-c", self.file(json.dumps(conf))) as starting:
            self.assertTrue(asked.wait(PATIENCE))
            self.assertEqual(starting.interrupt(), 3)
            self.assertIn(f"{issuer.url()}: stopped\n", starting.process.stderr.read().decode())

    def test_keys_that_come_late(self):
        issuer = self.issuer(DOWN)
        server = self.guarded({"jwt": jwt(issuer.url())})
        token = self.token(self.key)
        self.unavailable(self.ask(server, self.bearer(token)))
        self.assertEqual(server.log(event="sse_refuse")["reason"], "keys_unavailable")
        issuer.script = json_answer(key_set(self.key))
        self.until(lambda: self.status(server, token) == 200)

    def test_rotation_with_two_live_keys(self):
        """The new key is found by its first token; a stream of the old one stays open."""
        old, new = SigningKey(kid="old"), SigningKey(kid="new")
        issuer = self.issuer(json_answer(key_set(old)))
        server = self.guarded({"jwt": jwt(issuer.url(), required=True)}, heartbeat=BEAT)
        old_token, new_token = self.token(old), self.token(new)
        stream = self.watch(server, old_token)
        issuer.script = json_answer(key_set(old, new))
        beats = 0
        while self.status(server, new_token) != 200:
            beats += 1  # strangers may hurry a load every 10 s only
            self.assertLess(beats, 15)
            self.assertIsNotNone(stream.next("heartbeat"))
        self.assertEqual(self.status(server, old_token), 200)
        self.assertEqual(issuer.connections, 2)
        self.publisher(server).publish("still here", topic="private")
        self.assertEqual(stream.next("message").data, "still here")


class Application(Live):
    ANN = {"sub": "ann", "subscribe": ["**"]}

    def asking(self, script, timeout="5s"):
        app = self.issuer(script)
        conf = {"url": app.url("/who"), "timeout": timeout}
        return app, self.guarded({"introspect": conf})

    def test_one_that_hangs_or_fails_is_503_and_then_well(self):
        for name, script in (("hangs", hold(b"")), ("fails", answer("500 Oops")),
                             ("slams", lambda lab, conn: conn.close())):
            with self.subTest(name):
                app, server = self.asking(script, "1s")
                session = (("Cookie", f"session={self.plant(f'session-that-{name}')}"),)
                self.unavailable(self.ask(server, session))
                reason = server.log(event="sse_refuse")["reason"]
                self.assertEqual(reason, "introspection_failed")
                app.script = json_answer(self.ANN)
                self.stream(server, PRIVATE, session)

    def test_many_with_one_session_make_one_call(self):
        opened = threading.Event()

        def gate(lab, conn):
            opened.wait(PATIENCE)
            conn.sendall(json_answer(self.ANN))

        app, server = self.asking(gate)
        session = ("Cookie", f"session={self.plant('session-of-a-herd')}")
        herd = [self.connect(server) for _ in range(HERD)]
        for connection in herd:
            connection.request("GET", PRIVATE, (ACCEPT, session))
        opened.set()
        self.assertEqual([c.head()[0] for c in herd], [200] * HERD)
        self.assertEqual(app.connections, 1)

    def test_a_session_that_ends_while_its_stream_is_open(self):
        app, server = self.asking(DOWN)
        session = self.plant("session-that-ends")
        end = int(time.time()) + 3
        app.script = json_answer({**self.ANN, "exp": end})
        stream = self.stream(server, PRIVATE, (("Cookie", f"session={session}"),))
        self.ends(stream)
        self.assertGreater(time.time(), end - 0.1)


class Tickets(Live):
    def cookie_of(self, stream):
        """The resume cookie, as a browser sends it back."""
        field = dict(stream.headers)["set-cookie"]
        self.assertIn("HttpOnly", field)
        self.assertIn("SameSite=", field)
        self.assertIn("Path=/stream", field)
        pair = field.split(";")[0]
        self.plant(pair.split("=", 1)[1])
        return ("Cookie", pair)

    def test_the_cookie_reaches_pages_of_other_sites_where_there_are_any(self):
        """By the list of public suffixes: customers of one suffix are not one site."""
        for host, origin, same_site in (
                ("hub.example.co.uk", "https://app.example.co.uk", "SameSite=Lax"),
                ("hub.co.uk", "https://app.co.uk", "SameSite=None"),
                ("bob.github.io", "https://ann.github.io", "SameSite=None")):
            with self.subTest(origin):
                server = self.guarded(
                    {"jwt": jwt(self.keys_path(self.key))}, hosts=[host, "127.0.0.1"],
                    cors={"origins": [origin], "credentials": True},
                    proxies={"trusted": ["127.0.0.1"]})
                url = self.ticket(server, self.bearer(self.token(self.key)), origin)
                secure = (("Host", host), ("X-Forwarded-Proto", "https"))
                stream = self.stream(server, url, secure)
                self.assertIn(same_site, dict(stream.headers)["set-cookie"])
                self.plant(dict(stream.headers)["set-cookie"].split(";")[0].split("=", 1)[1])

    def test_a_page_opens_with_a_ticket_and_comes_back_with_its_cookie(self):
        server = self.tokened()
        url = self.ticket(server, self.bearer(self.token(self.key)))
        stream = self.stream(server, url)
        self.assertEqual(server.log(event="sse_connect")["authMethod"], "ticket")
        cookie = self.cookie_of(stream)
        stream.close()
        back = self.stream(server, url, (cookie, ("Last-Event-ID", stream.first_id)))
        self.assertEqual(server.log(event="sse_connect")["authMethod"], "resume")
        self.publisher(server).publish("for both", topic="private")
        self.assertEqual(back.next().data, "for both")

    def test_a_ticket_is_good_once_and_for_its_topics(self):
        server = self.tokened()
        token = self.bearer(self.token(self.key))
        url = self.ticket(server, token)
        self.stream(server, url)
        self.refused(self.ask(server, (), url), 401, "G602")
        self.assertEqual(server.log(event="sse_refuse")["reason"], "ticket_spent")
        other = self.ticket(server, token).replace("topic=private", "topic=else")
        self.refused(self.ask(server, (), other), 401, "G602")
        self.assertEqual(server.log(event="sse_refuse")["reason"], "ticket_topics")

    def test_a_native_client_with_a_spent_ticket_is_told_to_fetch_another(self):
        """A hard 401 would end its EventSource for ever."""
        server = self.tokened()
        url = self.ticket(server, self.bearer(self.token(self.key)))
        first = self.stream(server, url)
        native = (("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"),
                  ("Sec-Fetch-Site", "cross-site"), ("Cache-Control", "no-store"),
                  ("Origin", ORIGIN), ("Last-Event-ID", first.first_id))
        stream = Stream(server, url, native)
        self.addCleanup(stream.close)
        self.assertEqual(stream.status, 200)
        self.ends(stream)
        self.assertTrue(server.log(event="sse_refuse")["soft"])

    def test_a_ticket_ends_by_itself(self):
        server = self.tokened(ticket={"ttl": "1s"})
        token = self.bearer(self.token(self.key))
        clock = self.watch(self.tokened_with_beat(), self.token(self.key))
        url = self.ticket(server, token)
        for _ in range(2):
            self.assertIsNotNone(clock.next("heartbeat"))
        self.refused(self.ask(server, (), url), 401, "G602")
        self.assertEqual(server.log(event="sse_refuse")["reason"], "ticket_expired")

    def tokened_with_beat(self):
        """A stream that beats each second: the clock of those who wait."""
        return self.guarded({"jwt": jwt(self.keys_path(self.key))}, heartbeat=BEAT)

    def test_a_revocation_reaches_the_streams_of_tickets_and_their_cookies(self):
        server = self.tokened()
        token = self.token(self.key, jti="j1")
        url = self.ticket(server, self.bearer(token))
        stream = self.stream(server, url)
        cookie = self.cookie_of(stream)
        self.revoke(server, jti="j1")
        self.ends(stream)
        self.refused(self.ask(server, (cookie,), url), 401, "G602")


if __name__ == "__main__":
    unittest.main()
