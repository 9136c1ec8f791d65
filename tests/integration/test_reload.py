# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: what a good file changes, what a bad one does not, and that no stream is dropped."""

import json
import signal
import threading
import unittest

from harness import Connection
from hub_lab import ACCEPT, BEARER, KEY, HubCase, config, is_sanitized, sober_memory
from test_metrics import scrape

ALICE = "subscriber-key-of-alice"
BOB = "subscriber-key-of-bob-1"
RELOADS = 100
STREAMS = 200
ROUTE = {"path": "/stream", "hub": {"public": ["t"]}}


def bearer(key):
    return ("Authorization", f"Bearer {key}")


class ReloadCase(HubCase):
    """A server whose file and keys can be written anew."""

    def start(self, conf=None, **options):
        self.keys = self.folder() / "subscribers"
        self.keys.write_text(f"alice {ALICE}\nbob {BOB}\n", encoding="utf-8")
        self.keys.chmod(0o600)
        self.conf = conf or config(routes=[ROUTE], auth={"keys-file": str(self.keys)}, workers=2,
                                   admin="127.0.0.1:0")
        self.server = self.hub(self.conf, listeners=2, **options)
        return self.server

    def beside(self, name, text):
        """Path of a file beside the keys: the sandbox lets the server read folders it knows."""
        path = self.keys.parent / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return str(path)

    def write(self, text):
        if not isinstance(text, str):
            text = json.dumps(text, indent=1)
        (self.server.folder / "sluice.yaml").write_text(text, encoding="utf-8")

    def reload(self, conf=None, done=True):
        """Writes the file, sends the signal, waits for its line."""
        if conf is not None:
            self.write(conf)
        self.server.signal(signal.SIGHUP)
        self.server.stderr.wait(lambda line: "sluice serve: reloaded" in line if done
                                else "nothing has changed" in line)

    def ask(self, target, *headers):
        return self.fetch(self.server, "GET", target, (ACCEPT, *headers))

    def ended(self, stream, kind):
        """The stream hears this event last, and ends whole."""
        event = stream.next(kind)
        self.assertIsNotNone(event)
        self.assertIsNone(stream.next())
        return event


class Good(ReloadCase):
    def setUp(self):
        self.start()

    def until(self, status, *request):
        """The workers go over in their own time: asks until they have."""
        self.server.settle(lambda: self.ask(*request).status == status)

    def test_routes_come_and_go(self):
        stays = self.stream(self.server)
        self.reload({**self.conf, "routes": [ROUTE, {"path": "/more", "hub": {"public": ["t"]}}]})
        for _ in range(4):  # some on each worker
            self.stream(self.server, "/more?topic=t")
        gone = self.stream(self.server, "/more?topic=t")
        self.reload(self.conf)
        self.assertGreaterEqual(int(self.ended(gone, "draining").retry), 5000)
        self.server.log(event="sse_disconnect", reason="route_removed", route="/more")
        self.until(404, "/more?topic=t")
        self.publisher(self.server).publish("still here")
        self.assertEqual(stays.next("message").data, "still here")

    def test_streams_of_a_removed_key_end_and_others_go_on(self):
        alice = self.stream(self.server, "/stream?topic=private", (bearer(ALICE),))
        bob = self.stream(self.server, "/stream?topic=private", (bearer(BOB),))
        self.keys.write_text(f"bob {BOB}\n", encoding="utf-8")
        self.reload()
        self.ended(alice, "auth_expired")
        self.server.log(event="sse_disconnect", reason="key_removed", userId="alice")
        self.until(401, "/stream?topic=private", bearer(ALICE))
        self.publisher(self.server).publish("for bob", topic="private")
        self.assertEqual(bob.next("message").data, "for bob")

    def test_hosts_and_origins_change_together(self):
        origin = ("Origin", "https://app.example.com")
        self.assertEqual(self.ask("/stream?topic=t", origin).status, 403)
        self.reload({**self.conf, "hosts": ["127.0.0.1"], "cors": {"origins": [origin[1]]}})
        stream = self.stream(self.server, headers=(origin,))
        self.assertEqual(dict(stream.headers)["access-control-allow-origin"], origin[1])

    def test_publish_key_changes_and_begun_requests_are_answered(self):
        key = self.beside("publish", "another-publish-key-1\n")
        publisher = Connection(self.server)
        self.addCleanup(publisher.close)
        body = json.dumps({"topic": "t", "data": "half"})
        publisher.send("POST /publish HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       f"Authorization: Bearer {KEY}\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(publisher.head()[0], 100)  # the key has been taken
        self.reload({**self.conf, "publish": {"key-file": key}})
        for _ in range(8):
            self.server.settle(lambda: True)
        publisher.send(body)
        self.assertEqual(publisher.response().status, 200)
        refused = self.fetch(self.server, "POST", "/publish", (BEARER,), body)
        self.assertEqual(refused.status, 401)

    def test_success_is_told_to_logs_and_metrics(self):
        before = scrape(self.server.urls[1])
        self.assertEqual(before["sluice_reloads_total"], 0)
        self.assertGreater(before["sluice_config_loaded_timestamp_seconds"], 0)
        self.reload()
        self.assertIs(self.server.log(event="config_reload")["done"], True)
        self.assertEqual(scrape(self.server.urls[1])["sluice_reloads_total"], 1)


class MadeKey(ReloadCase):
    def test_made_publish_key_stays(self):
        conf = config()
        self.server = self.serve(conf)
        key = self.server.stderr.wait(lambda line: line.partition("key of this run: ")[2])
        self.reload({**conf, "charset": False})
        posted = self.fetch(self.server, "POST", "/publish",
                            (bearer(key), ("Content-Type", "application/json")),
                            json.dumps({"topic": "t", "data": 1}))
        self.assertEqual(posted.status, 200)


class Bad(ReloadCase):
    """Whatever is wrong, everything is as before."""

    def bad(self):
        """(what is wrong, the file, what is said about it)"""
        self.start()
        conf = self.conf
        missing = str(self.keys.parent / "missing")
        short = self.beside("short", "short\n")
        jwt = {"issuer": "i", "audience": "a", "algorithms": ["ES256"]}
        with_auth = lambda **auth: {**conf, "auth": {**conf["auth"], **auth}}
        return [
            ("no YAML", "listen: [", "sluice.yaml:2:1: not YAML"),
            ("an unknown key", json.dumps({**conf, "lisen": 1}), "unknown key 'lisen'"),
            ("a value out of range", json.dumps({**conf, "workers": 1000}), "sluice.yaml:"),
            ("an unsafe file", json.dumps({**conf, "cors": {"origins": ["*"],
                                                            "credentials": True}}),
             "sluice.yaml:"),
            ("no file of publish keys", json.dumps({**conf, "publish": {"key-file": missing}}),
             "cannot read publish.key-file"),
            ("a publish key that is too short",
             json.dumps({**conf, "publish": {"key-file": short}}), ":1: a key is"),
            ("no file of subscriber keys", json.dumps(with_auth(**{"keys-file": missing})),
             "cannot read auth.keys-file"),
            ("no file of token keys", json.dumps(with_auth(jwt={**jwt, "keys": missing})),
             missing),
            ("token keys that are none", json.dumps(with_auth(jwt={**jwt, "keys": short})), short),
            ("another address", json.dumps({**conf, "listen": ["127.0.0.1:1"]}),
             "cannot change while the server runs: listen[].address"),
            ("another listener", json.dumps({**conf, "listen": ["127.0.0.1:0", "127.0.0.1:1"]}),
             "cannot change while the server runs: listen "),
            ("no admin", json.dumps({**conf, "admin": "off"}),
             "cannot change while the server runs: admin "),
            ("threads and memory", json.dumps({**conf, "workers": 1,
                                               "history": {"memory": "2MiB"}}),
             "cannot change while the server runs: workers, history.memory "),
        ]

    def test_nothing_changes_and_the_reason_is_told(self):
        for failures, (name, text, reason) in enumerate(self.bad()):
            with self.subTest(name):
                if failures == 0:
                    stream = self.stream(self.server, "/stream?topic=private", (bearer(ALICE),))
                    publisher = self.publisher(self.server)
                self.write(text)
                self.server.signal(signal.SIGHUP)
                self.server.stderr.wait(lambda line: reason in line + " ")
                self.server.stderr.wait(lambda line: "nothing has changed" in line)
                self.assertIs(self.server.log(event="config_reload")["done"], False)
                samples = scrape(self.server.urls[1])
                self.assertEqual(samples["sluice_reload_failures_total"], failures + 1)
                self.assertEqual(samples["sluice_reloads_total"], 0)
                publisher.publish(name, topic="private")
                self.assertEqual(stream.next("message").data, name)
                self.assertEqual(self.ask("/stream?topic=private").status, 401)
                self.assertEqual(self.ask("/other").status, 404)
        self.reload(self.conf)  # a good file is taken after all of them

    def test_file_that_is_gone(self):
        self.start()
        (self.server.folder / "sluice.yaml").unlink()
        self.reload(done=False)
        self.stream(self.server)
        self.write(self.conf)
        self.reload()


class UnderLoad(ReloadCase):
    """bench/reload.py shows the same with 2,000 streams and 1,000 reloads."""

    def test_no_stream_is_dropped_and_no_event_is_lost(self):
        conf = config(routes=[ROUTE], workers=2, admin="127.0.0.1:0",
                      limits={"per-address": "off", "connect-rate": {"rate": "off"}})
        self.start(conf, env=sober_memory())
        streams = [self.stream(self.server) for _ in range(STREAMS)]
        publisher = self.publisher(self.server)
        done = threading.Event()
        sent = []

        def publish():
            while not done.is_set():
                publisher.publish(str(len(sent)))
                sent.append(len(sent))
                self.read(streams, len(sent))

        thread = threading.Thread(target=publish)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(done.set)
        for n in range(RELOADS):
            if n == RELOADS // 4:
                resident = self.server.resident()
            self.reload({**conf, "heartbeat": {"period": f"{15 + n % 2}s"}})
        done.set()
        thread.join()
        self.assertGreater(len(sent), 0)
        self.read(streams, len(sent))
        for stream in streams:
            self.assertEqual(stream.got, len(sent))
        if not is_sanitized():
            self.assertLess(self.server.resident() - resident, 2048)
        self.assertEqual(scrape(self.server.urls[1])["sluice_reloads_total"], RELOADS)
        self.assertEqual(scrape(self.server.urls[1])["sluice_streams_open"], STREAMS)

    def read(self, streams, upto):
        for stream in streams:
            got = getattr(stream, "got", 0)
            while got < upto:
                self.assertEqual(stream.next("message").data, str(got))
                got += 1
            stream.got = got


if __name__ == "__main__":
    unittest.main()
