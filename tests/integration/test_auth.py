# SPDX-License-Identifier: Apache-2.0
"""The authentication service: key sets that rotate, fail and come back; an application that is
asked, and hangs. What is counted is counted by the server that was asked."""

import json
import pathlib
import tempfile
import threading
import time
import unittest

from auth_lab import Key, Server, Service, json_answer, key_set, need_driver
from client_lab import PATIENCE, answer, hold

GOOD = "ok jwt ann"


def setUpModule():
    need_driver()


class Gate:
    """A script that holds its answer back until it is opened."""

    def __init__(self, response):
        self.response = response
        self.opened = threading.Event()

    def __call__(self, server, conn):
        self.opened.wait(PATIENCE)
        conn.sendall(self.response)


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "keys.json"

    def test_a_private_key_does_not_belong_here(self):
        self.path.write_text(Key("k").private)
        with Service(keys=self.path) as service:
            self.assertEqual(service.start, f"failed start: auth.jwt: {self.path}: holds a "
                             "private key, where only the public one belongs")

    def test_public_keys_of_a_file(self):
        key, other = Key("k"), Key("k")
        self.path.write_text(json.dumps(key_set(key)))
        with Service(keys=self.path) as service:
            self.assertEqual(service.ask("bearer", key.token()), GOOD)
            self.assertEqual(service.ask("cookie", key.token()), GOOD)
            self.assertEqual(service.ask("bearer", other.token()), "bad_signature")
            self.assertEqual(service.ask("bearer", key.token(aud="x")), "wrong_audience")
            self.assertEqual(service.ask("bearer", key.token(exp=int(time.time()) - 1)), "expired")
            self.assertEqual(service.ask("bearer", "no-token"), "malformed")

    def test_a_file_that_is_missing_stops_the_start(self):
        with Service(keys=self.path) as service:
            self.assertEqual(service.start,
                             f"failed start: auth.jwt: {self.path}: No such file or directory")


class KeySets(unittest.TestCase):
    def test_a_new_key_is_found_and_the_old_one_stays_for_the_overlap(self):
        old, new = Key("old"), Key("new")
        with Server(json_answer(key_set(old))) as server:
            with Service(jwks=server.url(), gap=0) as service:
                self.assertEqual(service.ask("bearer", old.token()), GOOD)
                server.script = json_answer(key_set(new))
                self.assertEqual(service.ask("bearer", new.token()), GOOD)
                self.assertEqual(service.ask("bearer", old.token()), GOOD)
                self.assertEqual(server.connections, 2)

    def test_without_overlap_the_old_key_goes_at_once(self):
        old, new = Key("old"), Key("new")
        with Server(json_answer(key_set(old))) as server:
            with Service(jwks=server.url(), gap=0, overlap=0) as service:
                self.assertEqual(service.ask("bearer", old.token()), GOOD)
                server.script = json_answer(key_set(new))
                self.assertEqual(service.ask("bearer", new.token()), GOOD)
                self.assertEqual(service.ask("bearer", old.token()), "unknown_key")

    def test_the_same_document_again_does_not_end_the_overlap(self):
        old, new = Key("old"), Key("new")
        with Server(json_answer(key_set(old))) as server:
            with Service(jwks=server.url(), gap=0) as service:
                self.assertEqual(service.ask("bearer", old.token()), GOOD)
                server.script = json_answer(key_set(new))
                for _ in range(6):
                    self.assertEqual(service.ask("bearer", Key("none").token()), "unknown_key")
                self.assertEqual(service.ask("bearer", old.token()), GOOD)

    def test_a_max_age_is_followed(self):
        old, new = Key("old"), Key("new")
        with Server(json_answer(key_set(old), "Cache-Control: max-age=0")) as server:
            with Service(jwks=server.url(), min=50) as service:
                self.assertEqual(service.ask("bearer", old.token()), GOOD)
                server.script = json_answer(key_set(new))
                service.lines.wait(lambda line: line.endswith(": 1 key"))
                self.assertEqual(service.ask("bearer", new.token()), GOOD)

    def test_a_storm_of_unknown_kids_fetches_once(self):
        key = Key("known")
        strange = [Key(f"strange{i}").token() for i in range(4)]
        with Server(json_answer(key_set(key))) as server:
            with Service(jwks=server.url()) as service:
                self.assertEqual(service.ask("bearer", key.token()), GOOD)
                verdicts = service.ask_many("bearer", strange * 100)
                self.assertEqual(set(verdicts), {"unknown_key"})
            self.assertEqual(server.connections, 1)

    def test_a_storm_that_waits_for_one_slow_fetch(self):
        key = Key("known")
        gate = Gate(json_answer(key_set(key)))
        with Server(gate) as server:
            with Service(jwks=server.url(), gap=0) as service:
                threading.Timer(0.2, gate.opened.set).start()
                verdicts = service.ask_many("bearer", [key.token(), Key("strange").token()] * 200)
                self.assertEqual(verdicts, [GOOD, "unknown_key"] * 200)
            self.assertEqual(server.connections, 1)

    def test_more_than_the_maximum_is_refused_at_once(self):
        key = Key("known")
        gate = Gate(json_answer(key_set(key)))
        with Server(gate) as server:
            with Service(jwks=server.url(), jobs=10) as service:
                token = key.token()
                threading.Timer(0.3, gate.opened.set).start()
                verdicts = service.ask_many("bearer", [token] * 11)
                self.assertEqual(verdicts, [GOOD] * 10 + ["table is at its named maximum"])
                self.assertEqual(service.ask_many("bearer", [token] * 10), [GOOD] * 10)

    def test_down_at_start_and_up_later(self):
        key = Key("k")
        with Server(answer("503 Service Unavailable")) as server:
            with Service(jwks=server.url(), backoff=50) as service:
                self.assertEqual(service.start, "ready")
                self.assertEqual(service.ask("bearer", key.token()), "keys_unavailable")
                service.lines.wait(lambda line: "status 503; next try in" in line)
                server.script = json_answer(key_set(key))
                service.lines.wait(lambda line: line.endswith(": 1 key"))
                self.assertEqual(service.ask("bearer", key.token()), GOOD)

    def test_down_later_keeps_the_keys(self):
        key = Key("k")
        with Server(json_answer(key_set(key))) as server:
            with Service(jwks=server.url(), gap=0) as service:
                self.assertEqual(service.ask("bearer", key.token()), GOOD)
                server.script = answer("500 Oops")
                self.assertEqual(service.ask("bearer", Key("x").token()), "unknown_key")
                self.assertEqual(service.ask("bearer", key.token()), GOOD)

    def test_required_keys_that_are_down_stop_the_start(self):
        with Server(answer("503 Service Unavailable")) as server:
            with Service(jwks=server.url(), required=1) as service:
                self.assertEqual(service.start,
                                 f"failed start: auth.jwt: {server.url()}: the answer has "
                                 "status 503")

    def test_each_bad_answer_has_its_line_and_no_secret(self):
        big = json_answer(b'{"keys":[' + b" " * (256 << 10) + b"]}")
        cases = (
            (answer("302 Found", b"", "Location: http://localhost:1/"), "redirect"),
            (json_answer(key_set(), kind="text/html"), "neither application/json nor"),
            (json_answer(b"[]"), "key set"),
            (json_answer(key_set()), "no key that can be used"),
            (big, "longer than its maximum"),
            (b"garbage\r\n\r\n", "not HTTP"),
            (hold(b"HTTP/1.1 200 OK\r\n"), "no complete answer in time"),
        )
        for script, why in cases:
            with self.subTest(why), Server(script) as server:
                with Service(jwks=server.url("/keys?token=canary"), timeout=300) as service:
                    line = service.wait("log")
                    self.assertIn(why, line)
                    self.assertIn(server.url("/keys") + ": ", line)
                    self.assertNotIn("canary", line)

    def test_the_end_does_not_wait_for_a_fetch(self):
        with Server(hold(b"")) as server:
            service = Service(jwks=server.url(), timeout=60000)
            service.process.stdin.write(f"1 bearer {Key('k').token()}\n")
            self.assertEqual(service.end(), (0, ""))
            self.assertIn("done 1 overloaded", service.lines.rest())


class Introspection(unittest.TestCase):
    ANN = json_answer({"sub": "ann", "subscribe": ["news"]})

    def test_what_the_application_is_asked(self):
        with Server(self.ANN) as server, Service(introspect=server.url("/who")) as service:
            self.assertEqual(service.ask("cookie", "abc"), "ok introspection ann")
            self.assertEqual(service.ask("bearer", "def"), "ok introspection ann")
            cookie, bearer = server.requests
        self.assertEqual((cookie.method, cookie.target), ("POST", "/who"))
        self.assertEqual(cookie.fields["cookie"], "session=abc")
        self.assertEqual(cookie.fields["content-length"], "0")
        self.assertNotIn("authorization", cookie.fields)
        self.assertEqual(bearer.fields["authorization"], "Bearer def")
        self.assertNotIn("cookie", bearer.fields)

    def test_answers(self):
        cases = (
            (answer("401 Unauthorized"), "introspection_refused"),
            (answer("403 Forbidden"), "introspection_refused"),
            (answer("500 Oops"), "introspection_failed"),
            (answer("204 No Content"), "introspection_failed"),
            (answer("302 Found", b"", "Location: /login"), "introspection_failed"),
            (json_answer({"sub": "ann"}, kind="text/html"), "introspection_failed"),
            (json_answer({}), "introspection_failed"),
            (json_answer({"sub": "ann", "exp": 1}), "expired"),
            (json_answer(b'{"sub":"ann","sub":"bob"}'), "introspection_failed"),
            (json_answer({"sub": "bob"}, status="201 Created"), "ok introspection bob"),
        )
        for script, verdict in cases:
            with self.subTest(verdict), Server(script) as server:
                with Service(introspect=server.url()) as service:
                    self.assertEqual(service.ask("cookie", "canary"), verdict)
                self.assertNotIn("canary", "".join(service.log))

    def test_a_second_cookie_cannot_ride_along(self):
        with Server(self.ANN) as server, Service(introspect=server.url()) as service:
            self.assertEqual(service.ask("cookie", "a; admin=1"), "malformed")
            self.assertEqual(server.connections, 0)

    def test_fifty_with_one_cookie_are_one_call(self):
        gate = Gate(self.ANN)
        with Server(gate) as server, Service(introspect=server.url()) as service:
            threading.Timer(0.2, gate.opened.set).start()
            verdicts = service.ask_many("cookie", ["same"] * 50)
            self.assertEqual(verdicts, ["ok introspection ann"] * 50)
            self.assertEqual(server.connections, 1)

    def test_different_cookies_are_different_calls(self):
        with Server(self.ANN) as server, Service(introspect=server.url()) as service:
            service.ask_many("cookie", ["a", "b", "c"])
            self.assertEqual(sorted(r.fields["cookie"] for r in server.requests),
                             ["session=a", "session=b", "session=c"])

    def test_one_text_as_cookie_and_as_token_are_two_calls(self):
        with Server(self.ANN) as server, Service(introspect=server.url(), cache=1) as service:
            self.assertEqual(service.ask("cookie", "same"), "ok introspection ann")
            self.assertEqual(service.ask("bearer", "same"), "ok introspection ann")
            self.assertEqual(server.connections, 2)

    def test_a_cached_verdict_asks_nobody(self):
        with Server(self.ANN) as server, Service(introspect=server.url(), cache=1) as service:
            self.assertEqual(service.ask("cookie", "a"), "ok introspection ann")
            self.assertEqual(service.ask("cookie", "a"), "from the cache")
            self.assertEqual(server.connections, 1)

    def test_an_application_that_hangs_is_left_in_time(self):
        with Server(hold(b"")) as server:
            with Service(introspect=server.url(), timeout=200) as service:
                self.assertEqual(service.ask("cookie", "a"), "introspection_failed")
                self.assertTrue(service.log[0].endswith("no complete answer in time"))

    def test_five_failures_open_the_breaker_and_one_probe_closes_it(self):
        with Server(answer("500 Oops")) as server:
            with Service(introspect=server.url()) as service:
                for i in range(5):
                    self.assertEqual(service.ask("cookie", f"c{i}"), "introspection_failed")
                server.script = self.ANN
                verdicts = service.ask_many("cookie", [f"d{i}" for i in range(50)])
                self.assertEqual(set(verdicts), {"introspection_failed"})
                self.assertEqual(server.connections, 5)
                deadline = time.monotonic() + PATIENCE
                while service.ask("cookie", "probe") != "ok introspection ann":
                    self.assertLess(time.monotonic(), deadline)
                self.assertEqual(server.connections, 6)
            self.assertIn("not asked for 5 s", "".join(service.log))


class Both(unittest.TestCase):
    def test_what_looks_like_a_token_goes_to_the_keys(self):
        key = Key("k")
        with Server(json_answer(key_set(key))) as keys, Server(Introspection.ANN) as app:
            with Service(jwks=keys.url(), introspect=app.url()) as service:
                self.assertEqual(service.ask("bearer", key.token(sub="bob")), "ok jwt bob")
                self.assertEqual(service.ask("cookie", "a.b.c"), "malformed")
                self.assertEqual(app.connections, 0)
                self.assertEqual(service.ask("bearer", "opaque"), "ok introspection ann")
                self.assertEqual(service.ask("cookie", "a.b"), "ok introspection ann")
                self.assertEqual(app.connections, 2)

    def test_plain_http_to_elsewhere_stops_the_start(self):
        for option, name in (("jwks", "auth.jwt.jwks"), ("introspect", "auth.introspect")):
            with Service(**{option: "http://id.example/"}) as service:
                self.assertTrue(service.start.startswith(f"failed start: {name} wants an https"))


if __name__ == "__main__":
    unittest.main()
