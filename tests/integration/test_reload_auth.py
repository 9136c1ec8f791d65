# SPDX-License-Identifier: Apache-2.0
"""SIGHUP and who may watch: keys of tokens, the application that is asked, tickets, revocations."""

import json
import pathlib
import signal
import threading
import unittest

import harness
from auth_lab import Server as Application
from auth_lab import json_answer
from identity_lab import IdentityCase, SigningKey, claims, jwt, key_set, need_node


class Held(Application):
    """Says who somebody is only when it is told to."""

    def __init__(self):
        self.asked = threading.Semaphore(0)
        self.told = threading.Event()
        super().__init__(self.about)

    def about(self, _, conn):
        self.asked.release()
        self.told.wait(harness.TIMEOUT)
        conn.sendall(json_answer({"sub": "ann", "subscribe": ["**"]}))


class Tokens(IdentityCase):
    def setUp(self):
        need_node()
        super().setUp()
        self.old, self.new = SigningKey(kid="old"), SigningKey(kid="new")
        self.path = pathlib.Path(self.keys_path(self.old))
        self.server = self.guarded({"jwt": jwt(self.path)})

    def reload(self, word="reloaded"):
        self.server.signal(signal.SIGHUP)
        self.server.stderr.wait(lambda line: word in line)

    def test_keys_change_under_open_streams(self):
        stream = self.watch(self.server, self.token(self.old))
        again = self.token(self.old)  # remembered as good
        self.watch(self.server, again).close()
        self.path.write_text(json.dumps(key_set(self.new)), encoding="utf-8")
        self.reload()
        self.until(lambda: self.ask(self.server, self.bearer(again)).status == 401)
        self.watch(self.server, self.token(self.new))
        self.publisher(self.server).publish("still here", topic="private")
        self.assertEqual(stream.next("message").data, "still here")

    def test_keys_that_are_none_change_nothing(self):
        self.path.write_text('{"keys":[]}', encoding="utf-8")
        self.reload("nothing has changed")
        self.watch(self.server, self.token(self.old))

    def test_tickets_and_revocations_outlive_it(self):
        token = self.token(self.old)
        gone = self.token(self.old, sub="bob")
        url = self.ticket(self.server, self.bearer(token))
        self.revoke(self.server, sub="bob")
        self.reload()
        self.stream(self.server, url)
        self.assertEqual(self.ask(self.server, self.bearer(gone)).status, 401)

    def test_other_rules_hold_at_once(self):
        text = json.loads((self.server.folder / "sluice.yaml").read_text(encoding="utf-8"))
        text["auth"]["jwt"]["audience"] = "another"
        (self.server.folder / "sluice.yaml").write_text(json.dumps(text), encoding="utf-8")
        token = self.token(self.old)
        self.watch(self.server, token).close()
        self.reload()
        self.until(lambda: self.ask(self.server, self.bearer(token)).status == 401)
        other = self.tokens(self.old, [claims(aud="another")])[0]
        self.watch(self.server, other)


class Questions(IdentityCase):
    """A request that waits for the application is answered, whatever is reloaded meanwhile."""

    def ask_over_reload(self, change):
        app = Held()
        self.addCleanup(app.close)
        self.addCleanup(app.told.set)
        conf = {"url": app.url("/who"), "timeout": "5s"}
        server = self.guarded({"introspect": conf})
        path = server.folder / "sluice.yaml"
        text = json.loads(path.read_text(encoding="utf-8"))
        got = []
        waiting = threading.Thread(target=lambda: got.append(self.watch(
            server, self.plant("session-that-is-asked-about"))))
        waiting.start()
        self.assertTrue(app.asked.acquire(timeout=harness.TIMEOUT))
        change(text, server.folder)
        path.write_text(json.dumps(text), encoding="utf-8")
        server.signal(signal.SIGHUP)
        server.stderr.wait(lambda line: "reloaded" in line)
        app.told.set()
        waiting.join(harness.TIMEOUT)
        self.assertEqual(len(got), 1)
        self.publisher(server).publish("for ann", topic="private")
        self.assertEqual(got[0].next("message").data, "for ann")

    def test_the_same_application(self):
        self.ask_over_reload(lambda conf, _: conf.update(charset=False))

    def test_asked_in_another_way(self):
        self.ask_over_reload(lambda conf, _: conf["auth"]["introspect"].update(timeout="4s"))

    def test_asked_no_more(self):
        def keys_alone(conf, folder):
            keys = folder / "keys"  # one that the sandbox knows
            keys.write_text("bob a-subscriber-key-of-bob\n", encoding="utf-8")
            del conf["auth"]["introspect"]
            conf["auth"]["keys-file"] = str(keys)

        self.ask_over_reload(keys_alone)


if __name__ == "__main__":
    unittest.main()
