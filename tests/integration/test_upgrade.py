# SPDX-License-Identifier: Apache-2.0
"""A new process takes the place of the old one: nobody is refused, streams resume."""

import contextlib
import json
import os
import signal
import socket
import threading
import unittest

import harness
from harness import Connection, Server
from hub_lab import ACCEPT, KEY, HubCase, config, sober_memory

STREAMS = 50
ENV = {"SLUICE_PUBLISH_KEY": KEY}


class Knocker(threading.Thread):
    """A client that connects again and again, and notes whatever is not an answer."""

    def __init__(self, port):
        super().__init__()
        self.port = port
        self.answers = {}
        self.faults = []
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            try:
                self.ask()
            except (OSError, AssertionError, ValueError) as fault:
                self.faults.append(repr(fault))

    def ask(self):
        with contextlib.closing(Connection(self)) as connection:
            status = connection.request("GET", "/stream?topic=t", (ACCEPT,)).head()[0]
        self.answers[status] = self.answers.get(status, 0) + 1

    def end(self):
        self.over.set()
        self.join()


class TakeOver(HubCase):
    """Both processes listen on one port for a while (SO_REUSEPORT)."""

    def conf(self, port=0, **keys):
        return config(listen=[f"127.0.0.1:{port}"], workers=2,
                      limits={"per-address": "off", "connect-rate": {"rate": "off"}}, **keys)

    def test_nobody_is_refused_and_streams_resume(self):
        old = self.hub(self.conf(drain={"window": "500ms", "deadline": "5s"}), env=sober_memory())
        streams = [self.stream(old) for _ in range(STREAMS)]
        last = self.publisher(old).publish("before")
        for stream in streams:
            self.assertEqual(stream.next("message").data, "before")
        knocker = Knocker(old.port)
        knocker.start()
        self.addCleanup(knocker.end)
        new = self.hub(self.conf(old.port), args=("--take-over",))
        self.assertEqual(new.port, old.port)
        old.signal(signal.SIGTERM)
        for stream in streams:
            self.assertGreaterEqual(int(stream.next("draining").retry), 5000)
            self.assertIsNone(stream.next())
        self.assertEqual(old.process.wait(harness.TIMEOUT), 0)
        self.assertIn(f"{STREAMS} told to come back, 0 cut", old.stderr.rest()[-1])
        self.assertGreater(knocker.answers.get(200, 0), 0)
        before = knocker.answers[200]
        new.settle(lambda: knocker.answers[200] > before + 20)
        knocker.end()
        self.assertEqual(knocker.faults, [])
        self.assertLessEqual(set(knocker.answers), {200, 503})
        self.resumes(new, last)

    def resumes(self, server, last):
        """History is in memory: the new process says that it cannot know what was missed."""
        stream = self.stream(server, headers=(("Last-Event-ID", last),))
        resync = json.loads(stream.next("resync").data)
        self.assertEqual(resync["reason"], "server_restarted")
        self.publisher(server).publish("after")
        self.assertEqual(stream.next("message").data, "after")

    def test_port_is_not_joined_by_chance(self):
        old = self.hub(self.conf())
        with self.assertRaises(AssertionError) as caught:
            Server(self.conf(old.port), env=ENV)
        self.assertIn("--take-over", str(caught.exception))

    def test_nothing_to_take_over_is_a_plain_start(self):
        self.stream(self.hub(self.conf(), args=("--take-over",)))


class Activation(HubCase):
    """Whoever starts us has the sockets, and keeps them over a restart."""

    def listener(self, address="127.0.0.1", family=socket.AF_INET):
        sock = socket.socket(family)
        self.addCleanup(sock.close)
        sock.bind((address, 0))
        sock.listen(128)
        return sock

    def start(self, socks, conf=None, pid=None, fds=None, **options):
        """As a service manager does: descriptors from 3 on, and whose they are."""
        conf = conf or config(listen=[f"127.0.0.1:{socks[0].getsockname()[1]}"], workers=2)
        numbers = [sock.fileno() for sock in socks]

        def hand_over():
            high = [os.dup2(fd, 100 + i) for i, fd in enumerate(numbers)]
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i, inheritable=True)
                os.close(fd)

        env = {**ENV, "LISTEN_FDS": str(len(socks)) if fds is None else fds}
        shell = ["/bin/sh", "-c", 'LISTEN_PID=${PID:-$$} exec "$0" "$@"']
        return harness.Server(conf, env={**env, **({"PID": str(pid)} if pid else {})},
                              before=hand_over, launcher=shell, **options)

    def serve_on(self, *socks, **options):
        server = self.start(socks, **options)
        self.addCleanup(server.__exit__, None, None, None)
        return server

    def fails(self, message, *socks, **options):
        with self.assertRaises(AssertionError) as caught:
            self.start(socks, **options)
        self.assertIn(message, str(caught.exception))

    def test_socket_outlives_the_server_and_keeps_who_waits(self):
        sock = self.listener()
        with self.start([sock]) as old:
            stream = self.stream(old)
            old.signal(signal.SIGTERM)
            self.assertIsNotNone(stream.next("draining"))
            self.assertEqual(old.process.wait(harness.TIMEOUT), 0)
            with Connection(old) as waiting:  # nobody accepts, nobody refuses
                waiting.request("GET", "/healthz")
                self.serve_on(sock)
                self.assertEqual(waiting.response().status, 200)

    def test_every_worker_accepts(self):
        server = self.serve_on(self.listener())
        for _ in range(20):
            self.stream(server)

    def test_socket_for_the_admin(self):
        public, admin = self.listener(), self.listener()
        conf = config(listen=[f"127.0.0.1:{public.getsockname()[1]}"],
                      admin=f"127.0.0.1:{admin.getsockname()[1]}")
        server = self.serve_on(admin, public, conf=conf, listeners=2)
        self.assertEqual(self.fetch(server, "GET", "/healthz").status, 200)

    def test_sockets_of_another_process_are_not_ours(self):
        server = self.serve_on(self.listener(), conf=config(), pid=1)
        self.stream(server)

    def test_unusable_sockets_are_refused(self):
        self.fails("neither listen nor admin", self.listener(), conf=config())
        plain = socket.socket()
        self.addCleanup(plain.close)
        self.fails("no listening TCP socket", plain, conf=config())
        datagrams = socket.socket(type=socket.SOCK_DGRAM)
        self.addCleanup(datagrams.close)
        self.fails("no listening TCP socket", datagrams, conf=config())
        both = self.listener("::", socket.AF_INET6)
        self.fails("BindIPv6Only", both, conf=config())
        self.fails("must be numbers", self.listener(), fds="many")
        self.fails("must be numbers", self.listener(), fds="18")


class Notify(HubCase):
    """The service manager's datagrams, by path and by abstract name."""

    def hear(self, name):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.bind(name.replace("@", "\0", 1))
        sock.settimeout(harness.TIMEOUT)
        server = self.hub(config(), env={"NOTIFY_SOCKET": name})
        next_ = lambda: dict(line.split("=", 1) for line in sock.recv(4096).decode().splitlines())
        self.assertEqual(next_()["READY"], "1")
        server.signal(signal.SIGHUP)
        reloading = next_()
        self.assertEqual(reloading["RELOADING"], "1")
        self.assertGreater(int(reloading["MONOTONIC_USEC"]), 0)
        self.assertEqual(next_()["READY"], "1")
        server.signal(signal.SIGTERM)
        self.assertEqual(next_()["STOPPING"], "1")

    def test_by_path(self):
        self.hear(str(self.folder() / "notify"))

    def test_by_abstract_name(self):
        self.hear(f"@sluice-test-{os.getpid()}")

    def test_nobody_there_is_a_warning(self):
        server = self.hub(config(), env={"NOTIFY_SOCKET": str(self.folder() / "gone")})
        self.assertIn("NOTIFY_SOCKET leads nowhere", "\n".join(server.stderr.seen))


if __name__ == "__main__":
    unittest.main()
