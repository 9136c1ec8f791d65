# SPDX-License-Identifier: Apache-2.0
"""When the world is not as it should be: what the server says, what goes on, how it ends.

Start: a port that is taken, a configuration or a key that cannot be read or is unsafe. Running: no
descriptors, a log that nobody reads, clients that vanish. End: SIGTERM, a second one, SIGINT,
SIGKILL.
"""

import fcntl
import json
import os
import resource
import select
import signal
import socket
import struct
import time
import unittest

from harness import Connection, Lines, run
from hub_lab import KEY, HubCase, config

ENV = {"SLUICE_PUBLISH_KEY": KEY}
FEW_DESCRIPTORS = 64
DRAINED = 20  # streams that are told of the end
LONG_LINE = (("User-Agent", '"' * 256), ("Origin", '"' * 256))  # more than 1 KiB in the log
LOG_FILL = 6000  # such lines: more than the ring of 4 MiB and the pipe hold
LOG_BATCH = 50
FOREVER = {"window": "5m", "deadline": "10m"}


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_DESCRIPTORS, FEW_DESCRIPTORS))


class Start(HubCase):
    """Exit code 2 and a sentence that names the fault; nothing listens."""

    unsafe = [
        ("an unknown key", "limts: {}\n", 1),
        ("a word for a number", "limits:\n  per-address: many\n", 2),
        ("a list for a mapping", "limits: [1]\n", 1),
        ("a number out of range", "workers: 1\nretry: {min: 1s, max: 3m}\n", 2),
        ("any origin with credentials", 'cors:\n  origins: ["*"]\n  credentials: true\n', 2),
        ("an origin with a path", "cors: {origins: [https://a.example/x]}\n", 1),
        ("an origin with a wildcard", "cors: {origins: ['https://*.example']}\n", 1),
        ("the origin null", "cors: {origins: ['null']}\n", 1),
        ("a public listener without hosts",
         "listen: [0.0.0.0:0]\nroutes: [{path: /s, hub: {public: [t]}}]\n", 1),
        ("a public listener for nobody", "listen: [0.0.0.0:0]\nhosts: [a.example]\n", 1),
        ("two routes of one path", "routes: [/a, /a]\n", 1),
        ("a route on /publish", "routes:\n  - /publish\n", 2),
        ("bounds in the wrong order", "retry: {min: 9s, max: 1s}\n", 1),
        ("a key twice", "workers: 1\nworkers: 2\n", 2),
        ("broken YAML", "workers: [1\n", None),
        ("an anchor", "workers: &a 1\n", 1),
    ]

    def fails(self, words, *sentences):
        done = run("serve", *words, env=ENV)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        for sentence in sentences:
            self.assertIn(sentence, done.stderr)
        return done.stderr

    def test_a_port_that_is_taken(self):
        server = self.hub()
        self.fails(["--listen", f"127.0.0.1:{server.port}"], f"127.0.0.1:{server.port}",
                   "another server has it")
        self.assertEqual(self.fetch(server, "GET", "/healthz").status, 200)

    def test_what_cannot_be_listened_on(self):
        self.fails(["--listen", "127.0.0.1:80", "--listen", "127.0.0.1:80"],
                   "listen: '127.0.0.1:80': taken by a listener above")
        far = self.file(json.dumps(config(listen=["192.0.2.77:0"], hosts=["a.example"])))
        self.fails(["-c", far], "192.0.2.77:0", "(this machine has no such address)")
        self.fails(["--listen", "localhost:0"], "wants ADDRESS:PORT in numbers", "'localhost:0'")

    def test_a_configuration_that_is_no_file(self):
        folder = self.folder()
        os.mkfifo(folder / "fifo")
        self.fails(["-c", str(folder)], "cannot read configuration", str(folder))
        self.fails(["-c", str(folder / "fifo")], "not a regular file")
        self.fails(["-c", str(folder / "missing")], "No such file or directory")

    def test_unsafe_or_wrong_configurations_are_refused_at_their_place(self):
        for name, text, line in self.unsafe:
            with self.subTest(name):
                path = self.file(text)
                for check in ([], ["--check"]):
                    self.assertRegex(self.fails(["-c", path, *check]),
                                     rf"(?m)^{path}:{line or r'[12]'}:\d+: ")

    def test_check_says_ok_and_ends(self):
        path = self.file(json.dumps(config()))
        done = run("serve", "--check", "-c", path, env=ENV)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{path}: ok\n", ""))

    def test_keys_that_cannot_be_used(self):
        folder = self.folder()
        os.mkfifo(folder / "fifo")
        for name, path, sentence in [
                ("missing", folder / "missing", "No such file or directory"),
                ("a directory", folder, "publish.key-file"),
                ("a FIFO", folder / "fifo", "not a regular file"),
                ("short", self.file("fifteen-bytes-x\n"), ":1: a key is 16 to 512 bytes"),
                ("empty", self.file(""), "has no key"),
                ("long", self.file("k" * 513), ":1: a key is 16 to 512 bytes"),
                ("control bytes", self.file("sixteen-bytes-\x01\x01"), ":1: a key is"),
                ("many", self.file("".join(f"key-of-the-publisher-{n}\n" for n in range(257))),
                 ":257: more than 256 keys"),
                ("another's", self.file("ada sixteen-bytes-xx\nbob sixteen-bytes-xx\n"),
                 ":2: the key of another user above"),
                ("huge", self.file("k" * 300000), "larger than 256 KiB")]:
            with self.subTest(name):
                conf = self.file(json.dumps(config(publish={"key-file": str(path)})))
                error = self.fails(["-c", conf], sentence)
                self.assertNotIn("fifteen", error)

    def test_a_short_key_in_the_environment(self):
        done = run("serve", "--listen", "127.0.0.1:0", env={"SLUICE_PUBLISH_KEY": "short"})
        self.assertEqual(done.returncode, 2)
        self.assertIn("SLUICE_PUBLISH_KEY must be 16 to 512 bytes", done.stderr)

    def test_a_key_file_that_others_may_read_is_warned_of(self):
        for mode, warned in ((0o600, 0), (0o644, 1), (0o604, 1)):
            server = self.hub(config(publish={"key-file": self.file(KEY, mode)}))
            self.publisher(server).publish("x")
            self.assertEqual(server.stop(), 0)
            self.assertEqual("\n".join(server.stderr.rest()).count("chmod 600"), warned)


class Descriptors(HubCase):
    def test_streams_go_on_and_accepting_resumes(self):
        server = self.hub(config(workers=1, limits={"connections": 1000, "per-address": "off"}),
                          before=few_descriptors)
        self.assertRegex("\n".join(server.stderr.seen),
                         "warning: limits.connections is 1000, but the descriptors of this process "
                         "are enough for [0-9]+: raise LimitNOFILE")
        streams = [self.stream(server) for _ in range(20)]
        publisher = self.publisher(server)
        publisher.publish("before")
        waiting = []
        while server.descriptors() < FEW_DESCRIPTORS:
            waiting.append(self.connect(server))
            publisher.publish("turn")
        late = [self.connect(server).request("GET", "/healthz") for _ in range(5)]
        server.stderr.wait(lambda line: "out of descriptors" in line)
        publisher.publish("during")
        for stream in streams:
            while stream.next().data != "during":
                pass
        for connection in waiting[:10]:
            connection.close()
        self.assertEqual([connection.response().status for connection in late], [200] * 5)
        self.assertEqual(self.fetch(server, "GET", "/healthz").status, 200)
        for stream in streams:
            stream.close()
        for connection in waiting[10:] + late:
            connection.close()
        self.assertEqual(server.stop(), 0)
        told = [line for line in server.stderr.rest() if "out of descriptors" in line]
        self.assertEqual(len(told), 1)


    def test_no_warning_where_they_are_enough(self):
        for limit in ("auto", 32):
            server = self.hub(config(workers=1, limits={"connections": limit}),
                              before=few_descriptors)
            self.assertNotIn("descriptors", "\n".join(server.stderr.seen))


class LogReaders(HubCase):
    """Who reads the log, and whether, is no concern of a stream."""

    def pipe(self, size=None):
        """(read end as a file, server that logs into the write end)"""
        reader, writer = os.pipe()
        if size:
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, size)
        server = self.hub(config(limits={"per-address": "off"}), stdout=writer)
        os.close(writer)
        file = os.fdopen(reader, encoding="utf-8")
        self.addCleanup(file.close)
        return file, server

    def streams_go_on(self, server):
        stream, publisher = self.stream(server), self.publisher(server)
        for n in range(3):
            publisher.publish(str(n))
            self.assertEqual(stream.next().data, str(n))
        return stream

    def test_a_reader_that_leaves_after_one_line(self):
        file, server = self.pipe()
        stream = self.streams_go_on(server)
        self.assertEqual(json.loads(file.readline())["event"], "sse_connect")
        file.close()
        for _ in range(20):
            self.fetch(server, "GET", "/nothing")
        stream.close()
        self.streams_go_on(server).close()
        self.assertEqual(server.stop(), 0)
        self.assertRegex(server.stderr.rest()[-1], r" [1-9]\d* log lines lost$")

    def test_a_pipe_that_nobody_reads(self):
        file, server = self.pipe(4096)
        with Connection(server) as connection:
            for _ in range(LOG_FILL // LOG_BATCH):
                for _ in range(LOG_BATCH):
                    connection.request("GET", "/nothing", LONG_LINE)
                for _ in range(LOG_BATCH):
                    connection.response()
        self.streams_go_on(server).close()
        lines = Lines(file)
        lost = lines.wait(lambda line: '"log_lost"' in line and json.loads(line))
        self.assertGreater(lost["lines"], 0)
        self.fetch(server, "GET", "/nothing", (("User-Agent", "logged again"),))
        lines.wait(lambda line: "logged again" in line)
        self.assertEqual(server.stop(), 0)
        self.assertGreater(len(lines.rest()), 1000)

    def test_the_end_does_not_wait_for_a_reader_for_ever(self):
        _, server = self.pipe(4096)
        for _ in range(30):
            self.fetch(server, "GET", "/nothing")
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(10), 0)


class End(HubCase):
    def streams(self, server):
        return [self.stream(server, version=v) for v in ("HTTP/1.1", "HTTP/1.0")
                for _ in range(DRAINED // 2)]

    def drains(self, number):
        server = self.hub(config(drain={"window": "500ms", "deadline": "8s"}))
        streams = self.streams(server)
        started = time.monotonic()
        server.signal(number)
        for stream in streams:
            told = stream.next()
            self.assertEqual(told.type, "draining")
            self.assertTrue(5000 <= json.loads(told.data)["retry"] == int(told.retry) <= 30000)
            self.assertIsNone(stream.next())
        self.assertEqual(server.process.wait(10), 0)
        self.assertLess(time.monotonic() - started, 8)
        self.assertRegex(server.stderr.rest()[-1],
                         rf"^sluice serve: ended after \d+ s: {DRAINED} streams, "
                         rf"{DRAINED} told to come back, 0 cut, "
                         r"0 events published, 0 delivered, 0 dropped, 0 log lines lost$")
        closed = [json.loads(line) for line in server.stdout.rest()]
        self.assertEqual([e["reason"] for e in closed if e["event"] == "sse_disconnect"],
                         ["draining"] * DRAINED)

    def test_sigterm_tells_every_stream(self):
        self.drains(signal.SIGTERM)

    def test_sigint_does_the_same(self):
        self.drains(signal.SIGINT)

    def test_a_draining_server_takes_nobody_new(self):
        server = self.hub(config(drain=FOREVER))
        self.stream(server)
        kept = self.connect(server)
        self.assertEqual(kept.request("GET", "/healthz").response().status, 200)
        server.signal(signal.SIGTERM)
        server.stderr.wait(lambda line: "draining 1 streams" in line)
        with self.assertRaises(ConnectionError):
            while True:  # the listeners close with the next turn of each worker
                Connection(server).close()
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(10), 0)

    def test_a_second_signal_does_not_wait(self):
        server = self.hub(config(drain=FOREVER))
        streams = self.streams(server)
        server.signal(signal.SIGTERM)
        server.stderr.wait(lambda line: f"draining {DRAINED} streams" in line)
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(10), 0)
        for stream in streams:
            self.assertEqual(stream.next().type, "draining")
            self.assertIsNone(stream.next())

    def test_the_deadline_ends_what_the_window_has_not(self):
        server = self.hub(config(drain={"window": "300ms", "deadline": "300ms"}))
        stalled = self.stream(server, receive_buffer=2304)
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(10), 0)
        self.assertEqual(stalled.next().type, "draining")

    def test_after_sigkill_an_old_id_is_answered_with_resync(self):
        first = self.unclean()
        publisher = self.publisher(first)
        ids = [publisher.publish(str(n)) for n in range(3)]
        first.process.kill()
        self.assertEqual(first.process.wait(10), -signal.SIGKILL)
        second = self.hub()
        self.publisher(second).publish("after")
        for old in ids:
            stream = self.stream(second, headers=(("Last-Event-ID", old),))
            self.assertEqual(json.loads(stream.next("resync").data)["reason"], "server_restarted")
            self.assertEqual(stream.next().data, "after")

    def test_the_port_is_free_at_once(self):
        first = self.unclean()
        self.stream(first)
        port = first.port
        first.process.kill()
        first.process.wait(10)
        second = self.hub(args=("--listen", f"127.0.0.1:{port}"))
        self.assertEqual(second.port, port)


class Vanishing(HubCase):
    def test_each_way_has_its_reason(self):
        server = self.hub()
        for name, leave in [("client_closed", self.close), ("client_gone", self.reset)]:
            stream = self.stream(server)
            leave(stream.sock)
            entry = server.log(event="sse_disconnect")
            self.assertEqual((entry["reason"], entry["dropped"]), (name, 0))

    def close(self, sock):
        sock.close()

    def reset(self, sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    def test_a_half_closed_stream_is_over(self):
        server = self.hub()
        stream = self.stream(server)
        stream.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(server.log(event="sse_disconnect")["reason"], "client_closed")

    def test_one_that_stops_reading(self):
        server = self.hub(config(limits={"write-timeout": "1s"}))
        stalled = self.stream(server, receive_buffer=2304)
        other = self.stream(server)
        publisher = self.publisher(server)
        for n in range(10):
            publisher.publish(f"{n}" + "x" * 60000)
            self.assertEqual(other.next().data[0], str(n))
        entry = server.log(event="sse_disconnect")
        self.assertEqual(entry["reason"], "write_timeout")
        self.assertGreater(entry["dropped"], 0)
        seen = []
        while (event := stalled.next()) is not None:
            seen.append(event)
        self.assertEqual(seen[-1].type, "dropped")
        self.assertEqual([e.data[0] for e in seen[:-1]], [str(n) for n in range(len(seen) - 1)])
        told = json.loads(seen[-1].data)
        again = self.stream(server, headers=(("Last-Event-ID", seen[-2].id),))
        first = again.next()
        self.assertEqual((first.id, first.data[0]), (told["from"], str(len(seen) - 1)))

    def test_one_that_talks_on_a_stream(self):
        server = self.hub()
        stream = self.stream(server)
        try:
            while not select.select([stream.sock], [], [], 0)[0]:
                stream.send(b"x" * 4096)
        except ConnectionError:
            pass
        self.assertEqual(server.log(event="sse_disconnect")["reason"], "unexpected_data")


if __name__ == "__main__":
    unittest.main()
