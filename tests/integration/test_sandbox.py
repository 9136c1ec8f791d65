# SPDX-License-Identifier: Apache-2.0
"""The running server in its sandbox: what the kernel says of it, what it says itself, what works.

All other tests run in the sandbox too. Here is what they do not see: the rights that are gone,
another account, files that are replaced, and how a part that is missing is told.
"""

import json
import os
import pathlib
import pwd
import re
import signal
import unittest

from auth_lab import Server as Issuer, json_answer
from harness import ROOT, TIMEOUT, Connection, Stream, only_if, run
from hub_lab import HubCase, config, is_sanitized
from identity_lab import IdentityCase, SigningKey, jwt, key_set, need_node

ACCOUNT = "nobody"
TOLD = re.compile(r"^sandbox: no new privileges, (no )?landlock (\d+|\([^)]+\)), "
                  r"(no )?seccomp (\(\d+ system calls\)|\([^)]+\))$")
NO_CAPABILITIES = "0000000000000000"


def status(server, thread=None):
    """/proc/PID/status, or that of a thread, as a dict."""
    path = pathlib.Path(f"/proc/{server.process.pid}")
    path = path / "task" / thread / "status" if thread else path / "status"
    lines = path.read_text(encoding="ascii").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def threads(server):
    return os.listdir(f"/proc/{server.process.pid}/task")


def need_root():
    if os.geteuid() != 0:
        raise unittest.SkipTest("only root can become another account")


class Sandbox:
    """Beside a HubCase."""

    def told(self, server):
        """(landlock, seccomp): the words of the line that says what is in force."""
        line = next(line for line in server.stderr.seen if line.startswith("sandbox: "))
        self.assertRegex(line, TOLD)
        found = TOLD.match(line)
        return None if found[1] else found[2], None if found[3] else found[4]

    def need_all(self, server):
        """The rest of a test wants both parts."""
        missing = [name for name, got in zip(("landlock", "seccomp"), self.told(server)) if not got]
        if missing:
            self.skipTest(f"not here: {', '.join(missing)}")

    def works(self, server):
        """An event goes through."""
        stream = self.stream(server)
        self.publisher(server).publish("x")
        self.assertEqual(stream.next().data, "x")
        stream.close()


class InForce(Sandbox, HubCase):
    def test_every_thread_has_given_up_its_rights(self):
        server = self.hub(config(workers=2))
        _, seccomp = self.told(server)
        self.assertGreater(len(threads(server)), 2)
        for thread in threads(server):
            got = status(server, thread)
            with self.subTest(got["Name"]):
                self.assertEqual((got["NoNewPrivs"], got["CapEff"], got["CapPrm"], got["CapAmb"]),
                                 ("1", NO_CAPABILITIES, NO_CAPABILITIES, NO_CAPABILITIES))
                self.assertEqual(got["Seccomp"], "2" if seccomp else "0")
                if os.geteuid() == 0:
                    self.assertEqual(got["CapBnd"], NO_CAPABILITIES)

    @only_if(not is_sanitized())
    def test_no_core_file_holds_the_keys(self):
        server = self.hub()
        self.need_all(server)
        limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text(encoding="ascii")
        self.assertRegex(limits, r"Max core file size +0 +0 ")

    @only_if(is_sanitized())
    def test_an_instrumented_program_says_what_it_keeps(self):
        server = self.hub()
        self.assertEqual(self.told(server), (None, None))
        self.assertIn("(an instrumented program)", "\n".join(server.stderr.seen))

    def test_root_is_warned_of(self):
        need_root()
        server = self.hub()
        self.assertIn("warning: runs as root", "\n".join(server.stderr.seen))
        self.works(server)


class Off(Sandbox, HubCase):
    def off(self, server, words):
        warnings = [line for line in server.stderr.seen if words in line]
        self.assertEqual(len(warnings), 1, server.stderr.seen)
        self.assertIn("warning", warnings[0])
        self.assertFalse([line for line in server.stderr.seen if line.startswith("sandbox: ")])
        got = status(server)
        self.assertEqual((got["NoNewPrivs"], got["Seccomp"]), ("0", "0"))
        self.works(server)

    def test_the_flag_says_so(self):
        self.off(self.hub(args=("--no-sandbox",)), "--no-sandbox")

    def test_the_configuration_says_so(self):
        self.off(self.hub(config(sandbox=False)), "sandbox is false")

    def test_the_account_changes_all_the_same(self):
        need_root()
        server = self.hub(config(sandbox=False, user=ACCOUNT))
        wanted = str(pwd.getpwnam(ACCOUNT).pw_uid)
        self.assertEqual(status(server)["Uid"].split(), [wanted] * 4)


class Account(Sandbox, HubCase):
    def test_root_becomes_the_user(self):
        need_root()
        server = self.hub(config(user=ACCOUNT, workers=2))
        account = pwd.getpwnam(ACCOUNT)
        for thread in threads(server):
            got = status(server, thread)
            self.assertEqual(got["Uid"].split(), [str(account.pw_uid)] * 4)
            self.assertEqual(got["Gid"].split(), [str(account.pw_gid)] * 4)
            self.assertNotIn("0", got["Groups"].split())
        self.assertNotIn("runs as root", "\n".join(server.stderr.seen))
        self.works(server)

    def test_a_file_that_it_cannot_read_again_is_told(self):
        need_root()
        key = self.file("a-key-of-sixteen-bytes-or-more\n")
        server = self.hub(config(user=ACCOUNT, publish={"key-file": key}))
        told = [line for line in server.stderr.seen if key in line]
        self.assertEqual(len(told), 1, server.stderr.seen)
        self.assertIn("cannot be read again", told[0])

    def test_an_account_that_is_not_there_stops_the_start(self):
        need_root()
        done = run("serve", "-c", self.file(json.dumps(config(user="no-such-account"))))
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no account 'no-such-account'", done.stderr)


class Works(Sandbox, IdentityCase):
    """What reads files, makes threads and connects, once the rights are gone."""

    def setUp(self):
        need_node()
        super().setUp()

    def opens(self, server, token):
        with Stream(server, "/stream?topic=private", self.bearer(token)) as stream:
            return stream.status == 200

    def test_keys_that_are_replaced_by_rename_are_read_again(self):
        old, new = SigningKey(kid="old"), SigningKey(kid="new")
        path = pathlib.Path(self.keys_path(old))
        server = self.guarded({"jwt": jwt(path)})
        self.assertTrue(self.opens(server, self.token(old)))
        token = self.token(new)
        self.assertFalse(self.opens(server, token))
        fresh = path.with_name("fresh")
        fresh.write_text(json.dumps(key_set(new)), encoding="utf-8")
        os.replace(fresh, path)
        server.signal(signal.SIGHUP)
        self.until(lambda: self.opens(server, token))

    def test_keys_are_fetched_by_address_and_by_name(self):
        key = SigningKey()
        for host in ("127.0.0.1", "localhost"):
            with self.subTest(host), Issuer(json_answer(key_set(key))) as issuer:
                server = self.guarded({"jwt": jwt(issuer.url(host=host))})
                token = self.token(key)
                self.until(lambda server=server, token=token: self.opens(server, token))

    def test_a_name_that_dns_does_not_know_ends_nothing(self):
        server = self.guarded({"jwt": jwt("https://issuer.invalid/keys")})
        server.stderr.wait(lambda line: "issuer.invalid" in line)
        with Connection(server) as connection:
            self.assertEqual(connection.request("GET", "/healthz").response().status, 200)

    def reload(self, server, conf):
        """SIGHUP with another configuration; gives the line before `not reloaded`."""
        (server.folder / "sluice.yaml").write_text(json.dumps(conf), encoding="utf-8")
        server.signal(signal.SIGHUP)
        server.stderr.wait(lambda line: "not reloaded" in line)
        with Connection(server) as connection:
            self.assertEqual(connection.request("GET", "/healthz").response().status, 200)
        return server.stderr.seen[-2]

    @only_if(not is_sanitized())
    def test_a_reload_cannot_reach_a_file_elsewhere(self):
        server = self.hub(config(publish={"key-file": self.file(self.plant("k" * 24))}))
        self.need_all(server)
        other = self.file(self.plant("o" * 24))
        told = self.reload(server, config(publish={"key-file": other}))
        self.assertIn(f"'{other}': Permission denied", told)

    @only_if(not is_sanitized())
    def test_a_reload_cannot_begin_to_fetch(self):
        server = self.hub()
        self.need_all(server)
        for url, words in (("http://127.0.0.1:1/keys", "connections to port 1,"),
                           ("https://id.example/keys", "connections to port 443,")):
            with self.subTest(url):
                self.assertIn(words, self.reload(server, config(auth={"jwt": jwt(url)})))

    @only_if(not is_sanitized())
    def test_a_reload_cannot_change_to_https(self):
        with Issuer(json_answer({"keys": []})) as issuer:
            server = self.hub(config(auth={"jwt": jwt(issuer.url())}))
            self.need_all(server)
            there = issuer.url().replace("http:", "https:")
            told = self.reload(server, config(auth={"jwt": jwt(there)}))
            self.assertIn("certificate authorities", told)

    def test_metrics_and_a_drain(self):
        server = self.hub(config(admin="127.0.0.1:0", drain={"window": "1s", "deadline": "5s"}),
                          listeners=2)
        stream = self.stream(server)
        port = int(server.urls[1].rsplit(":", 1)[1])
        admin = type("Listener", (), {"port": port})
        with Connection(admin) as connection:
            answer = connection.request("GET", "/metrics").response()
        landlock, seccomp = (re.sub(r"\D", "", word or "0") for word in self.told(server))
        self.assertIn(f"\nsluice_sandbox_landlock_version {landlock}\n", answer.body.decode())
        self.assertIn(f"\nsluice_sandbox_system_calls {seccomp}\n", answer.body.decode())
        server.signal(signal.SIGTERM)
        self.assertIsNotNone(stream.next("draining"))
        self.assertEqual(server.process.wait(TIMEOUT), 0)


class Page(unittest.TestCase):
    """docs/sandbox.md has the same table as the program."""

    ROW = re.compile(r'^X\("(\w+)", (\w+), "(\w+)", "([^"]+)"\)$', re.MULTILINE)

    def test_the_page_has_every_system_call_and_no_other(self):
        table = (ROOT / "src/os/syscalls.def").read_text(encoding="utf-8")
        rows = self.ROW.findall(table)
        self.assertEqual(len(rows), len(re.findall(r"^X\(", table, re.MULTILINE)))
        page = (ROOT / "docs/sandbox.md").read_text(encoding="utf-8")
        got = re.findall(r"^\| `(\w+)` \| (\w*) \| (\w+) \| ([^|]+) \|$", page, re.MULTILINE)
        self.assertEqual(got, [(name, "" if rule == "ANY" else rule, use, why)
                               for name, rule, use, why in rows])


if __name__ == "__main__":
    unittest.main()
