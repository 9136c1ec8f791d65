# SPDX-License-Identifier: Apache-2.0
"""sluice bench: against the bare loop it finds nothing, against crooked servers every fault."""

import json
import os
import pathlib
import signal
import socketserver
import subprocess
import tempfile
import threading
import unittest

import harness
from auth_lab import Authority
from harness import LISTENING, PROGRAM, TIMEOUT, Lines, run

OK, FINDINGS, USAGE, UNREACHABLE = 0, 1, 2, 3
BARE = str(pathlib.Path(PROGRAM).parent / "bench" / "bare")
FAULTS = ("lost", "duplicate", "out_of_order", "damaged", "streams_closed", "streams_broken")
STREAMS = 5
EVENTS = 8
HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def frame(data):
    text = b"id: 1\ndata: " + data.encode() + b"\n\n"
    return chunk(text)


def chunk(text):
    return b"%x\r\n%s\r\n" % (len(text), text)


class Exchange(socketserver.StreamRequestHandler):
    """One connection: a stream after GET, any number of events after POST."""

    def handle(self):
        while request := self.read_head():
            method, length = request
            if method == b"GET":
                self.server.add(self.connection)
                self.server.ended.wait(TIMEOUT)
                return
            self.server.publish(json.loads(self.rfile.read(length))["data"])
            self.connection.sendall(self.server.answer)

    def read_head(self):
        line = self.rfile.readline()
        if not line:
            return None
        length = 0
        while (field := self.rfile.readline()) != b"\r\n":
            name, _, value = field.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return line.split(b" ")[0], length


class Crooked(socketserver.ThreadingTCPServer):
    """Sends each event to each stream as `deliver(n, data)` says for the first stream: the n-th
    event becomes these bytes there; None closes it. All other streams are served well."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, deliver=lambda n, data: frame(data), head=HEAD, answer=ANSWER, tls=None):
        super().__init__(("127.0.0.1", 0), Exchange)
        self.deliver, self.head, self.answer, self.tls = deliver, head, answer, tls
        self.streams, self.count = [], 0
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_address[1]}"
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def finish_request(self, request, client_address):
        if not self.tls:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(request, server_side=True,
                                  do_handshake_on_connect=False) as request:
            request.do_handshake()
            super().finish_request(request, client_address)

    def add(self, connection):
        with self.lock:
            self.streams.append(connection)
            connection.sendall(self.head)

    def publish(self, data):
        with self.lock:
            crooked = self.deliver(self.count, data)
            self.count += 1
            for stream in self.streams[1:]:
                stream.sendall(frame(data))
            if crooked is None:
                self.streams.pop(0).shutdown(2)
            else:
                self.streams[0].sendall(crooked)

    def handle_error(self, request, client_address):
        """A bench that goes away in the middle of a test is no news."""

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.ended.set()
        self.shutdown()
        self.thread.join(TIMEOUT)
        self.server_close()


def bench(url, *words, env=None):
    return run("bench", f"{url}/stream?topic=bench", "--format", "json", *words, env=env)


class Faithful(harness.TestCase):
    """The bare loop delivers each event once to each stream, so bench has nothing to report."""

    def setUp(self):
        process = subprocess.Popen([BARE], stderr=subprocess.PIPE, text=True)
        self.pid = process.pid
        lines = Lines(process.stderr)
        self.addCleanup(lines.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.url = lines.wait(LISTENING.search).group(1)

    cases = [
        ("one event on its way", []),
        ("many on their way", ["--window", "16"]),
        ("a schedule", ["--rate", "2000"]),
        ("a slow ramp", ["--ramp", "1000/s"]),
        ("every byte decoded", ["--check"]),
        ("large events", ["--check", "--size", "20000"]),
        ("the least size", ["--check", "--size", "57"]),
    ]

    def test_fifty_streams_get_each_event_once_and_in_order(self):
        for name, words in self.cases:
            with self.subTest(name):
                done = bench(self.url, "-c", "50", "-m", "40", "--pid", str(self.pid), *words)
                self.assertEqual(done.returncode, OK, done.stderr)
                report = json.loads(done.stdout)
                self.assertEqual(report["streams_open"], 50)
                self.assertEqual(report["events_published"], 40)
                self.assertEqual(report["deliveries"], 50 * 40)
                self.assertEqual({fault: 0 for fault in FAULTS},
                                 {fault: report[fault] for fault in FAULTS})
                self.assertIsNotNone(report["latency_p999_ns"])
                self.assertGreater(report["server_cpu_per_delivery_ns"], 0)

    def test_no_events_opens_streams_only(self):
        done = bench(self.url, "-c", "10", "-m", "0")
        self.assertEqual(done.returncode, OK, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["streams_open"], report["deliveries"]), (10, 0))
        self.assertIsNone(report["latency_p50_ns"])
        self.assertIsNone(report["server_cpu_per_delivery_ns"])

    def test_progress_in_a_pipe_is_whole_lines(self):
        done = bench(self.url, "-c", "10", "-m", "5")
        self.assertEqual(done.stderr, "opening 10 streams\npublishing 5 events\n")

    def test_an_interrupt_ends_it_with_a_partial_report(self):
        words = [PROGRAM, "bench", f"{self.url}/", "-c", "5", "-m", "1000000", "--rate", "50"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lines = Lines(process.stderr)
        self.addCleanup(lines.close)
        lines.wait(lambda line: line.startswith("publishing"))
        process.send_signal(signal.SIGINT)
        report = process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(TIMEOUT), UNREACHABLE)
        self.assertIn("(partial)\n", report)

    def test_too_many_streams_for_the_descriptors_is_one_clear_line(self):
        done = subprocess.run(["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", PROGRAM, "bench",
                               self.url, "-c", "33"], capture_output=True, text=True,
                              timeout=TIMEOUT, check=False)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("at most 32 streams", done.stderr)


class Transports(harness.TestCase):
    """Whatever carries them, fifty streams of `sluice serve` get each event once and in order."""

    @classmethod
    def setUpClass(cls):
        authority = Authority()
        cls.addClassCleanup(authority.close)
        cls.ca = authority.ca
        certificate, key = authority.leaf("IP:127.0.0.1")
        cls.server = harness.Server({
            "listen": [{"address": "127.0.0.1:0", "h2c": "on"},
                       {"address": "127.0.0.1:0",
                        "tls": {"certificate": certificate, "key": key}}],
            "hosts": ["127.0.0.1"],
            "routes": [{"path": "/stream", "hub": {"public": ["bench"]}}],
            "limits": {"per-address": "off", "connect-rate": {"rate": "off"}},
            "http2": {"streams": 20},
        }, env=cls.env, listeners=2)
        cls.addClassCleanup(cls.server.kill)

    env = {"SLUICE_PUBLISH_KEY": "0123456789abcdef0123456789abcdef"}
    cases = [
        ("HTTP/1.1 over TLS", 1, []),
        ("HTTP/2 in clear", 0, ["--http", "2"]),
        ("HTTP/2 in clear, many streams", 0, ["--http", "2", "--streams-per-connection", "20"]),
        ("HTTP/2 over TLS", 1, ["--http", "2"]),
        ("HTTP/2 over TLS, many streams", 1, ["--http", "2", "--streams-per-connection", "20"]),
        ("HTTP/2, streams in a ramp", 1,
         ["--http", "2", "--streams-per-connection", "20", "--ramp", "500/s"]),
        ("HTTP/2, large events", 1,
         ["--http", "2", "--streams-per-connection", "20", "--size", "40000"]),
    ]

    def bench(self, listener, *words):
        return bench(self.server.urls[listener], "--ca", self.ca, "--check", "-c", "50", *words,
                     env=self.env)

    def test_fifty_streams_get_each_event_once_and_in_order(self):
        for name, listener, words in self.cases:
            with self.subTest(name):
                done = self.bench(listener, "-m", "20", *words)
                self.assertEqual(done.returncode, OK, done.stderr)
                report = json.loads(done.stdout)
                self.assertEqual(report["deliveries"], 50 * 20)
                self.assertEqual(report["connections"], 3 if "20" in words else 50)

    def test_more_streams_than_the_server_allows_on_a_connection(self):
        done = self.bench(0, "--http", "2", "--streams-per-connection", "21")
        self.assertEqual(done.returncode, UNREACHABLE)
        self.assertIn("the server allows fewer streams on one connection", done.stderr)


class Served(harness.TestCase):
    def test_serve_delivers_each_event_once_and_in_order_to_fifty_streams(self):
        config = (harness.ROOT / "bench" / "serve.yaml").read_text(encoding="utf-8")
        env = {"SLUICE_PUBLISH_KEY": "0123456789abcdef0123456789abcdef"}
        server = harness.Server(config, env=env)
        self.addCleanup(server.kill)
        for words in (["--check"], ["--window", "16"], ["--rate", "2000", "--check"]):
            with self.subTest(words):
                done = bench(server.url, "-c", "50", "-m", "40", *words, env=env)
                self.assertEqual(done.returncode, OK, done.stderr)
                self.assertEqual(json.loads(done.stdout)["deliveries"], 50 * 40)

    def test_a_wrong_key_is_named(self):
        config = (harness.ROOT / "bench" / "serve.yaml").read_text(encoding="utf-8")
        key = "0123456789abcdef0123456789abcdef"
        server = harness.Server(config, env={"SLUICE_PUBLISH_KEY": key})
        self.addCleanup(server.kill)
        done = bench(server.url, "-c", "1", "-m", "1", env={"SLUICE_PUBLISH_KEY": key[::-1]})
        self.assertEqual(done.returncode, UNREACHABLE)
        self.assertIn("publish: refused with status 401", done.stderr)


def lose(n, data):
    return b"" if n == EVENTS - 1 else frame(data)


def repeat(n, data):
    return frame(data) * (2 if n == 3 else 1)


class Swap:
    def __init__(self):
        self.held = b""

    def __call__(self, n, data):
        if n == 3:
            self.held = frame(data)
            return b""
        late, self.held = self.held, b""
        return frame(data) + late


def damage(n, data):
    return frame(data + "?") if n == 3 else frame(data)


def tear_event(n, data):
    whole = b"data: " + data.encode() + b"\n\n"
    return b"".join(chunk(whole[i:i + 3]) for i in range(0, len(whole), 3))


def break_chunk(n, data):
    return b"zz\r\n" if n == EVENTS - 1 else frame(data)


def end_body(n, data):
    return b"0\r\n\r\n" if n == EVENTS - 1 else frame(data)


def close(n, data):
    return None if n == EVENTS - 1 else frame(data)


class Faults(harness.TestCase):
    cases = [
        ("a lost event", lose, {"lost": 1}),
        ("an event that comes twice", repeat, {"duplicate": 1}),
        ("two events in the wrong order", Swap(), {"out_of_order": 1}),
        ("an event with a byte too many", damage, {"lost": 1, "damaged": 1}),
        ("an event in many chunks is well", tear_event, {}),
        ("a broken chunk", break_chunk, {"lost": 1, "streams_broken": 1}),
        ("an end of the body", end_body, {"lost": 1, "streams_closed": 1}),
        ("a closed connection", close, {"lost": 1, "streams_closed": 1}),
    ]

    def test_each_is_counted_and_makes_exit_code_1(self):
        for name, deliver, faults in self.cases:
            with self.subTest(name), Crooked(deliver) as server:
                done = bench(server.url, "-c", str(STREAMS), "-m", str(EVENTS), "--check",
                             "--rate", "1000", "--timeout", "1s")
                report = json.loads(done.stdout)
                self.assertEqual({fault: report[fault] for fault in FAULTS},
                                 {fault: faults.get(fault, 0) for fault in FAULTS})
                self.assertEqual(done.returncode, FINDINGS if faults else OK)


class Unreachable(harness.TestCase):
    """Nothing could be measured: exit code 3 and a line that says why."""

    cases = [
        ("a refusal", {"head": b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n"},
         "(status 429); all come from one address"),
        ("a page", {"head": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"}, "(status 200)"),
        ("no HTTP", {"head": b"SSH-2.0-x\r\n\r\n"}, "not well-formed"),
        ("a refused event", {"answer": b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"},
         "publish: refused with status 401"),
    ]

    def test_the_reason_is_named(self):
        for name, options, reason in self.cases:
            with self.subTest(name), Crooked(**options) as server:
                done = bench(server.url, "-c", "2", "-m", "2")
                self.assertEqual(done.returncode, UNREACHABLE, done.stderr)
                self.assertIn(reason, done.stderr)

    def test_nobody_listens(self):
        with Crooked() as server:
            url = server.url
        done = bench(url, "-c", "2")
        self.assertEqual(done.returncode, UNREACHABLE)
        self.assertIn("Connection refused", done.stderr)
        self.assertEqual(done.stdout, "")


class Tls(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)
        cls.good = cls.authority.context("IP:127.0.0.1")

    def bench(self, url, *words, **options):
        return bench(url, "--ca", self.authority.ca, *words, **options)

    def test_every_event_arrives_over_tls(self):
        for words in ([], ["--check"], ["--check", "--size", "40000"]):
            with self.subTest(words), Crooked(tls=self.good) as server:
                done = self.bench(server.url, "-c", "20", "-m", "10", *words)
                self.assertEqual(done.returncode, OK, done.stderr)
                self.assertEqual(json.loads(done.stdout)["deliveries"], 200)

    def test_events_may_be_published_at_a_plain_listener(self):
        with Crooked(tls=self.good) as server, Crooked() as other:
            other.publish = server.publish
            done = self.bench(server.url, "-c", "2", "-m", "5", "--publish", other.url)
        self.assertEqual(done.returncode, OK, done.stderr)

    def test_a_closed_connection_is_counted(self):
        with Crooked(close, tls=self.good) as server:
            done = self.bench(server.url, "-c", "3", "-m", str(EVENTS), "--timeout", "1s")
        report = json.loads(done.stdout)
        self.assertEqual((done.returncode, report["lost"], report["streams_closed"]),
                         (FINDINGS, 1, 1))

    def test_a_server_that_is_not_believed(self):
        cases = [("another name", self.authority.context("IP:127.0.0.2"), "IP address mismatch"),
                 ("expired", self.authority.context("IP:127.0.0.1", -1), "has expired")]
        for name, tls, reason in cases:
            with self.subTest(name), Crooked(tls=tls) as server:
                done = self.bench(server.url, "-c", "2")
                self.assertEqual((done.returncode, done.stdout), (UNREACHABLE, ""))
                self.assertIn(reason, done.stderr)

    def test_a_publisher_that_is_not_believed(self):
        with Crooked(tls=self.authority.context("IP:127.0.0.2")) as other, Crooked() as server:
            done = self.bench(server.url, "-c", "2", "--publish", other.url)
        self.assertEqual(done.returncode, UNREACHABLE)
        self.assertIn("publish: IP address mismatch", done.stderr)

    def test_http_2_that_the_server_does_not_speak(self):
        with Crooked(tls=self.good) as server:
            done = self.bench(server.url, "-c", "2", "--http", "2")
        self.assertEqual(done.returncode, UNREACHABLE)
        self.assertIn("did not open: the server does not agree to HTTP/2", done.stderr)

    def test_prior_knowledge_that_is_wrong(self):
        answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"

        class Puzzled(Exchange):
            def handle(self):
                self.rfile.readline()
                self.connection.sendall(answer)

        with Crooked() as server:
            server.RequestHandlerClass = Puzzled
            done = bench(server.url, "-c", "2", "--http", "2")
        self.assertEqual(done.returncode, UNREACHABLE)
        self.assertRegex(done.stderr, "stream [12] of 2 did not open")


class Misuse(harness.TestCase):
    cases = [
        ("an unknown version of HTTP", ["http://127.0.0.1/", "--http", "3"], "give 1.1 or 2"),
        ("many streams with HTTP/1.1", ["http://127.0.0.1/", "--streams-per-connection", "2"],
         "needs --http 2"),
        ("no stream on a connection",
         ["http://127.0.0.1/", "--http", "2", "--streams-per-connection", "0"], "from 1 to 1000"),
        ("too many streams on a connection",
         ["http://127.0.0.1/", "--http", "2", "--streams-per-connection", "1001"],
         "from 1 to 1000"),
        ("authorities that cannot be read", ["https://127.0.0.1/", "--ca", "/nonexistent"],
         "has no certificate authorities"),
        ("no URL", ["127.0.0.1:80"], "is not a URL"),
        ("no streams", ["http://127.0.0.1/", "-c", "0"], "from 1 to 1000000"),
        ("too many streams", ["http://127.0.0.1/", "-c", "1000001"], "from 1 to 1000000"),
        ("too many events", ["http://127.0.0.1/", "-m", "10000001"], "from 0 to 10000000"),
        ("an event too small", ["http://127.0.0.1/", "--size", "56"], "from 57 to 65536"),
        ("an event too large", ["http://127.0.0.1/", "--size", "65537"], "from 57 to 65536"),
        ("no time at all", ["http://127.0.0.1/", "--timeout", "0"], "--timeout is '0'"),
        ("too much time", ["http://127.0.0.1/", "--idle", "25h"], "at most 24h"),
        ("a ramp of nothing", ["http://127.0.0.1/", "--ramp", "0/s"], "500/s"),
        ("a ramp a minute", ["http://127.0.0.1/", "--ramp", "10/m"], "500/s"),
        ("an unknown format", ["http://127.0.0.1/", "--format", "xml"], "text or json"),
        ("a key file that is not there", ["http://127.0.0.1/", "--key-file", "/nonexistent"],
         "/nonexistent: No such file"),
        ("a broken topic", ["http://127.0.0.1/?topic=%zz"], "the topic in the URL"),
        ("a process that is not there", ["http://127.0.0.1/", "--pid", "4194304"],
         "there is no process"),
    ]

    def test_each_is_one_line_and_exit_code_2(self):
        for name, words, reason in self.cases:
            with self.subTest(name):
                done = run("bench", *words)
                self.assertEqual(done.returncode, USAGE, done.stderr)
                self.assertIn(reason, done.stderr)
                self.assertEqual(done.stdout, "")


class Key(harness.TestCase):
    def heads(self, *words, env=None):
        """What the publisher sent as Authorization."""
        seen = []

        class Listening(Exchange):
            def read_head(self):
                line = self.rfile.readline()
                fields = iter(self.rfile.readline, b"\r\n") if line else ()
                pairs = dict(field.rstrip().split(b": ", 1) for field in fields)
                seen.append(pairs.get(b"Authorization"))
                return (line.split(b" ")[0], int(pairs.get(b"Content-Length", 0))) if line else None

        with Crooked() as server:
            server.RequestHandlerClass = Listening
            done = bench(server.url, "-c", "1", "-m", "1", *words, env=env)
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertNotIn("secret", done.stdout + done.stderr)
        return [head for head in seen if head]

    def test_it_comes_from_the_environment_or_from_a_file(self):
        env = {"SLUICE_PUBLISH_KEY": "secret-1"}
        self.assertEqual(self.heads(env=env), [b"Bearer secret-1"])
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("secret-2\n")
            file.flush()
            self.assertEqual(self.heads("--key-file", file.name, env=env), [b"Bearer secret-2"])
            file.write("another line\n")
            file.flush()
            done = run("bench", "http://127.0.0.1/", "--key-file", file.name)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("must hold one line of text", done.stderr)

    def test_it_never_goes_in_clear_over_a_network(self):
        env = {"SLUICE_PUBLISH_KEY": "secret-1"}
        done = run("bench", "http://192.0.2.1/", env=env)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("in clear", done.stderr)
        self.assertNotIn("secret-1", done.stderr)


if __name__ == "__main__":
    os.environ.pop("SLUICE_PUBLISH_KEY", None)
    unittest.main()
