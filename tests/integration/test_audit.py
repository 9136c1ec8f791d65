# SPDX-License-Identifier: Apache-2.0
"""sluice audit from its command line to its exit code: bad servers, secrets, interruption."""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import unittest
import zlib

import harness
from audit_lab import HEAD, Target, audit, endless, line_of, trickle, whole_audit
from auth_lab import Authority
import h2_lab
from client_lab import SLUICE, read_request

OK, FINDINGS, USAGE, UNREACHABLE = 0, 1, 2, 3
SECRET = "correct-horse-battery-staple"
WHOLE = 60  # seconds; a full audit takes less than 40


def reset(_, conn, __):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(target, _, __):
    target.stop.wait()


def stream(first=b"retry: 3000\n: hello\n\nid: 1\ndata: a\n\n"):
    return endless(HEAD + first, b": beat\n\n", 0.2)


def unix_listener(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    return listener


class BadServers(unittest.TestCase):
    """Always one clear line, the right code, never a hang."""

    def ends(self, script, line, code=UNREACHABLE):
        with Target(script) as target:
            result = audit(target.url())
        self.assertEqual((line_of(result), result.returncode), (line, code))
        return result.stdout.decode()

    def test_nobody_listens(self):
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            result = audit(f"http://127.0.0.1:{held.getsockname()[1]}/")
        self.assertEqual(line_of(result),
                         "sluice audit: TARGET: connection refused: Connection refused\n")
        self.assertEqual(result.returncode, UNREACHABLE)

    def test_no_such_name(self):
        result = audit("http://nothing.invalid/stream")
        self.assertIn("sluice audit: nothing.invalid: name not found: ", line_of(result))
        self.assertEqual(result.returncode, UNREACHABLE)

    def test_no_answer(self):
        out = self.ends(silent, "sluice audit: TARGET: timed out: no answer in time\n")
        self.assertIn("no grade: the report is partial", out)

    def test_closes_without_an_answer(self):
        self.ends(b"", "sluice audit: TARGET: cut before a whole head: "
                       "the connection was closed without an answer\n")

    def test_resets(self):
        self.ends(reset, "sluice audit: TARGET: cut before a whole head: "
                         "the connection was reset before a whole head\n")

    def test_closes_within_the_head(self):
        self.ends(b"HTTP/1.1 200 OK\r\nContent-Ty",
                  "sluice audit: TARGET: cut before a whole head: within the head; it begins: "
                  '"HTTP/1.1 200 OK\\u000d\\nContent-Ty"\n')

    def test_binary_garbage(self):
        self.ends(bytes([0, 255, 7, 27]) * 4,
                  "sluice audit: TARGET: not HTTP: it begins: \""
                  + "\\u0000\\ufffd\\u0007\\u001b" * 4 + '"\n')

    def test_goaway_at_once(self):
        self.ends(b"\0\0\x08\x07" + bytes(12) + b"\1",
                  'sluice audit: TARGET: not HTTP: it begins: "\\u0000\\u0000\\u0008\\u0007'
                  + "\\u0000" * 12 + '\\u0001"\n')

    def test_a_status_that_is_none(self):
        self.ends(b"HTTP/1.1 099 No\r\n\r\n",
                  "sluice audit: TARGET: not HTTP: it begins: "
                  '"HTTP/1.1 099 No\\u000d\\n\\u000d\\n"\n')

    def test_an_endless_head(self):
        script = endless(b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"y" * 1000 + b"\r\n")
        self.ends(script, "sluice audit: TARGET: endless head: no end after 64 KiB; it begins: "
                          '"HTTP/1.1 200 OK\\u000d\\nX-Filler: ' + "y" * 53 + '"\n')

    def test_a_field_of_ten_megabytes(self):
        self.ends(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000_000 + b"\r\n\r\n",
                  "sluice audit: TARGET: endless head: no end after 64 KiB; it begins: "
                  '"HTTP/1.1 200 OK\\u000d\\nX: ' + "y" * 60 + '"\n')

    def test_a_head_that_trickles(self):
        self.ends(trickle(HEAD, 0.2),
                  "sluice audit: TARGET: timed out: no end of the head in time\n")

    def test_a_stream_that_trickles(self):
        out = self.ends(trickle(HEAD + b"data: x\n\n" * 30, 0.001), "", code=OK)
        self.assertIn("; 30 events", out)

    def test_a_login_page(self):
        page = b"<html>login</html>"
        out = self.ends(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 18\r\n\r\n"
                        + page, "", code=FINDINGS)
        self.assertIn("fatal     A101  The stream has another media type", out)
        self.assertIn("grade     F", out)

    def test_redirects_without_an_end(self):
        def script(_, conn, request):
            step = int(request.target.strip("/")) + 1
            conn.sendall(b"HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n" % step)

        with Target(script) as target:
            result = audit(target.url("/0"))
        self.assertEqual(result.returncode, FINDINGS)
        self.assertEqual(max(int(r.target.strip("/")) for r in target.requests), 5)

    def test_chunks_that_are_none(self):
        self.ends(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "", code=FINDINGS)

    def test_a_split_response_does_not_reach_the_terminal(self):
        out = self.ends(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\x1b[31m\r\n"
                        b"X: a\rSet-Cookie: b\x1b[2J\r\n\r\ndata: \x1b[2J\n\n", "", code=FINDINGS)
        self.assertNotIn("\x1b", out)

    def test_a_flood(self):
        with Target(endless(HEAD, b"data: " + b"z" * 60000 + b"\n\n")) as target:
            result = audit(target.url())
        self.assertEqual(line_of(result), "")  # grade or none: by the speed of the machine

    def test_plain_text_on_a_tls_port(self):
        with Target(b"HTTP/1.0 400 Bad\r\n\r\n", read=False) as target:
            result = audit(target.url().replace("http:", "https:"))
        self.assertIn("sluice audit: TARGET: TLS failed: ", line_of(result))
        self.assertEqual(result.returncode, UNREACHABLE)


class Compressed(unittest.TestCase):
    """A stream in a content coding that nobody asked for."""

    IN_THE_TEXT = ("A302", "A313", "A601", "A606", "A608", "A609", "A611")

    def found(self, coding, script):
        """{rule: finding} of a server that names `coding` in every answer."""
        head = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: " + coding + b"\r\n\r\n")
        with Target(script(head)) as target:
            result = audit("--format", "json", target.url())
        return {f["rule"]: f for f in json.loads(result.stdout)["findings"]}

    @staticmethod
    def packing(wrapping, events):
        """Sends each of `events`, flushed, and then heartbeats."""

        def script(head):
            def send(target, conn, _):
                packer = zlib.compressobj(9, zlib.DEFLATED, wrapping)
                conn.sendall(head)
                for event in (*events, *[b": beat\n\n"] * 100):
                    conn.sendall(packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH))
                    if target.stop.wait(0.2):
                        return

            return send

        return script

    def test_its_text_is_judged_like_plain_text(self):
        for coding, wrapping in ((b"gzip", 31), (b"deflate", 15), (b"deflate", -15)):
            found = self.found(coding, self.packing(wrapping, [
                b"retry: 3000\nid: 1\ndata: a\n\n", b"Data: b\n\nid: 1\ndata: \xc3\x28\n\n"]))
            got = {rule: found[rule]["verdict"] for rule in self.IN_THE_TEXT}
            self.assertEqual(got, {"A302": "pass", "A313": "pass", "A601": "fail", "A606": "pass",
                                   "A608": "pass", "A609": "fail", "A611": "fail"})
            self.assertEqual(found["A306"]["verdict"], "fail")

    def undecided(self, found, because):
        for rule in self.IN_THE_TEXT:
            self.assertEqual(found[rule]["verdict"], "inconclusive", found[rule])
            self.assertIn(f"the text of the stream was not read, for {because}",
                          found[rule]["evidence"])

    def test_a_coding_that_is_not_known_leaves_the_text_open(self):
        self.undecided(self.found(b"br", lambda head: endless(head, b"\x8b\x03data\n\n", 0.2)),
                       "its content coding is not one that we unpack: Content-Encoding: br")

    def test_plain_text_that_calls_itself_gzip(self):
        self.undecided(self.found(b"gzip", lambda head: endless(head, b"data: x\n\n", 0.2)),
                       "it is not in its content coding: Content-Encoding: gzip")

    def test_a_bomb_ends_at_its_maximum(self):
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64))
        found = self.found(b"gzip", lambda head: endless(head + bomb, b"", 0.2))
        for rule in ("A601", "A606", "A608", "A609"):
            self.assertEqual(found[rule]["verdict"], "inconclusive", found[rule])
            self.assertIn("more than 16 MiB", found[rule]["evidence"])


class Interrupted(unittest.TestCase):
    def test_ctrl_c_gives_a_partial_report_without_a_grade(self):
        with Target(stream()) as target:
            program = subprocess.Popen([SLUICE, "audit", "--silent", "--format", "json",
                                        target.url()], stdout=subprocess.PIPE)
            target.asked.wait()
            program.send_signal(signal.SIGINT)
            out, _ = program.communicate(timeout=WHOLE)
        report = json.loads(out)
        self.assertEqual((report["partial"], report["grade"], report["partialReason"]),
                         (True, None, "it was interrupted"))
        self.assertNotEqual(program.returncode, OK)

    def test_ctrl_c_ends_a_report_that_nobody_reads(self):
        with Target(stream()) as target:
            read_end, write_end = os.pipe()
            self.addCleanup(os.close, read_end)
            fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
            program = subprocess.Popen([SLUICE, "audit", "-s", "-q", "--span", "200ms", "--format",
                                        "html", target.url()], stdout=write_end)
            os.close(write_end)
            select.select([read_end], [], [])
            program.send_signal(signal.SIGINT)
            self.assertEqual(program.wait(timeout=WHOLE), -signal.SIGINT)

    def test_a_reader_that_has_gone_ends_it_quietly(self):
        with Target(stream()) as target:
            read_end, write_end = os.pipe()
            os.close(read_end)
            result = subprocess.run([SLUICE, "audit", "-s", "-q", target.url()], stdout=write_end,
                                    stderr=subprocess.PIPE, timeout=WHOLE, check=False)
            os.close(write_end)
        self.assertEqual((result.returncode, result.stderr), (UNREACHABLE, b""))

    def progress(self, term):
        with Target(stream()) as target:
            lead, follow = pty.openpty()
            subprocess.run([SLUICE, "audit", "-q", target.url()], stderr=follow,
                           stdout=subprocess.PIPE, timeout=WHOLE, check=False,
                           env={**os.environ, "TERM": term})
            seen = os.read(lead, 65536)
            os.close(lead)
            os.close(follow)
        return seen

    def test_progress_stands_on_a_terminal_only(self):
        seen = self.progress("xterm")
        self.assertIn(b"\r\x1b[Ksluice audit: ", seen)
        self.assertTrue(seen.endswith(b"\r\x1b[K"))
        steps = [tuple(map(int, step)) for step in re.findall(rb"audit: (\d+) of (\d+) ", seen)]
        self.assertEqual(steps[-1][0], steps[-1][1])

    def test_a_terminal_that_moves_no_cursor_gets_no_escapes(self):
        self.assertNotIn(b"\x1b", self.progress("dumb"))


class Budget(unittest.TestCase):
    def test_no_more_requests_than_allowed(self):
        with Target(stream()) as target:
            result = audit("--max-requests", "4", "--format", "json", target.url())
        report = json.loads(result.stdout)
        self.assertEqual((len(target.requests), report["requests"], report["partial"]), (4, 4, True))

    def test_quick_takes_less_than_five_seconds_whatever_comes(self):
        with Target(trickle(HEAD, 0.05)) as target:
            report = json.loads(audit("--format", "json", target.url()).stdout)
        self.assertLess(report["durationMs"], 5000)


class Secrets(unittest.TestCase):
    def file(self, text):
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "secret"
        path.write_text(text)
        return f"@{path}"

    if not hasattr(unittest.TestCase, "enterContext"):
        def enterContext(self, manager):
            value = manager.__enter__()
            self.addCleanup(manager.__exit__, None, None, None)
            return value

    def test_an_echoed_token_is_not_repeated(self):
        def script(_, conn, __):
            conn.sendall(HEAD.replace(b"\r\n\r\n", b"\r\nX-Echo: " + SECRET.encode()
                                      + b"\r\n\r\n") + b"data: " + SECRET.encode() + b"\n\n")

        for form in ("text", "json", "jsonl"):
            with Target(script) as target:
                result = audit("--bearer", self.file(SECRET), "--format", form, target.url())
            self.assertNotIn(SECRET, result.stdout.decode() + result.stderr.decode())
        sent = target.requests[0].fields["authorization"]
        self.assertEqual(sent, f"Bearer {SECRET}")

    def test_a_token_in_the_url(self):
        with Target(stream()) as target:
            result = audit("--format", "json", target.url(f"/stream?a=b&token={SECRET}"))
        self.assertNotIn(SECRET, result.stdout.decode() + result.stderr.decode())
        self.assertIn(SECRET, target.requests[0].target)

    def test_in_the_other_urls_and_in_fragments(self):
        query = f"?access_token={SECRET}"
        for form in ("text", "json", "html", "sarif"):
            with Target(stream()) as target:
                result = audit("--via", "app=" + target.url("/app" + query), "--page",
                               target.url("/page" + query), "--format", form,
                               target.url(f"/stream#{query}"))
            self.assertNotIn(SECRET, result.stdout.decode() + result.stderr.decode())

    def test_from_the_environment(self):
        with Target(stream()) as target:
            result = audit("--cookie", "session=env:AUDIT_COOKIE", target.url(),
                           env={**os.environ, "AUDIT_COOKIE": SECRET})
        self.assertEqual(target.requests[0].fields["cookie"], f"session={SECRET}")
        self.assertEqual(result.stderr, b"")

    def test_without_a_credential_where_a_probe_wants_none(self):
        with Target(stream()) as target:
            audit("--bearer", self.file(SECRET), target.url())
        bare = [r for r in target.requests if "authorization" not in r.fields]
        self.assertGreater(len(bare), 0)

    def test_a_credential_on_the_command_line_is_warned_of(self):
        with Target(stream()) as target:
            result = audit("--bearer", SECRET, target.url())
        self.assertEqual(line_of(result),
                         "sluice audit: warning: a credential on the command line can be read "
                         "with ps; put it in a file and give @FILE, or env:NAME\n")

    def test_never_in_clear_over_a_network(self):
        result = audit("--bearer", self.file(SECRET), "http://stream.example/")
        self.assertEqual(result.returncode, USAGE)
        self.assertIn("the credential would travel in clear to stream.example", line_of(result))


class Tls(unittest.TestCase):
    """A broken certificate is a finding; it gets no secret."""

    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)

    def look(self, names, *args, days=1, ca=True):
        context = self.authority.context(names, days)

        def script(target, conn, _):
            with context.wrap_socket(conn, server_side=True) as tls:
                request = read_request(tls)
                if request:
                    target.requests.append(request)
                    tls.sendall(HEAD + b"retry: 3000\n\ndata: a\n\n")
                    target.stop.wait(2)

        words = ("--ca", self.authority.ca) if ca else ()
        with Target(script, read=False) as target:
            result = audit("--format", "json", *words, *args,
                           f"https://localhost:{target.port}/stream")
        findings = {f["rule"]: f for f in json.loads(result.stdout)["findings"]}
        return findings, target.requests

    def test_a_good_certificate(self):
        findings, requests = self.look("DNS:localhost", "--bearer", "env:AUDIT_TOKEN",
                                       days=90)
        self.assertEqual(findings["A806"]["verdict"], "pass")
        self.assertIn("authorization", requests[0].fields)

    def test_one_of_nobody(self):
        findings, requests = self.look("DNS:localhost", "--bearer", "env:AUDIT_TOKEN", ca=False)
        self.assertEqual(findings["A806"]["verdict"], "fail")
        self.assertFalse([r for r in requests if "authorization" in r.fields])

    def test_one_for_another_name(self):
        findings, _ = self.look("DNS:other.example")
        self.assertEqual(findings["A806"]["verdict"], "fail")

    def test_one_that_has_run_out(self):
        findings, _ = self.look("DNS:localhost", days=-1)
        self.assertEqual(findings["A806"]["verdict"], "fail")

    def setUp(self):
        os.environ["AUDIT_TOKEN"] = SECRET
        self.addCleanup(os.environ.pop, "AUDIT_TOKEN")


class Http2(unittest.TestCase):
    """What other clients hide is seen, and a server that goes away ends one probe alone."""

    def look(self, *frames):
        def script(target, conn, request):
            if request.method == "PRI":
                conn.sendall(b"".join(frames))
                target.stop.wait(5)
                return
            conn.sendall(HEAD + b"retry: 3000\n\ndata: a\n\n")
            target.stop.wait(5)

        with Target(script) as target:
            report = whole_audit(target.url())
        self.assertFalse(report["partial"])
        return {f["rule"]: f for f in report["findings"]}

    def head(self, *fields):
        return h2_lab.frame(h2_lab.HEADERS, h2_lab.END_HEADERS, 1, h2_lab.block(
            (":status", "200"), ("content-type", "text/event-stream"), *fields))

    def test_a_clean_head(self):
        findings = self.look(h2_lab.frame(h2_lab.SETTINGS), self.head(),
                             h2_lab.frame(h2_lab.DATA, 0, 1, b"data: a\n\n"))
        self.assertEqual(findings["A706"]["verdict"], "pass")

    def test_a_field_that_http2_forbids(self):
        findings = self.look(h2_lab.frame(h2_lab.SETTINGS), self.head(("connection", "keep-alive")))
        self.assertEqual(findings["A706"]["verdict"], "fail")
        self.assertEqual(findings["A706"]["probe"], "http2")

    def test_goaway_at_once(self):
        findings = self.look(h2_lab.frame(h2_lab.SETTINGS),
                             h2_lab.frame(h2_lab.GOAWAY, payload=bytes(7) + b"\x0b"))
        self.assertNotEqual(findings["A706"]["verdict"], "pass")


class Tickets(unittest.TestCase):
    TICKET = "t1cket-0123456789abcdef"

    def look(self, single_use):
        used = []

        def script(target, conn, request):
            if request.target == "/ticket":
                body = json.dumps({"ticket": self.TICKET}).encode()
                conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(body) + body)
                return
            if f"ticket={self.TICKET}" in request.target:
                used.append(request)
                if single_use and len(used) > 1:
                    conn.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")
                    return
            conn.sendall(HEAD + b"retry: 3000\n\ndata: a\n\n")
            target.stop.wait(5)

        with Target(script) as target:
            report = whole_audit("--cookie", "session=env:AUDIT_COOKIE", "--ticket-url",
                                 target.url("/ticket"), target.url(),
                                 env={**os.environ, "AUDIT_COOKIE": SECRET})
        self.assertNotIn(self.TICKET, json.dumps(report))
        self.assertEqual(len(used), 2)
        self.assertFalse([r for r in used if "cookie" in r.fields])
        return {f["rule"]: f["verdict"] for f in report["findings"]}

    def test_one_that_works_once(self):
        self.assertEqual(self.look(single_use=True)["A508"], "pass")

    def test_one_that_works_twice(self):
        self.assertEqual(self.look(single_use=False)["A508"], "fail")


class Ways(unittest.TestCase):
    def test_connect_to_another_port_with_the_same_name(self):
        with Target(stream()) as target:
            audit("--connect-to", f"stream.example:80:127.0.0.1:{target.port}",
                  "http://stream.example/live")
        self.assertEqual(target.requests[0].fields["host"], "stream.example")
        self.assertEqual(target.requests[0].target, "/live")

    def test_resolve_to_an_address(self):
        with Target(stream()) as target:
            audit("--resolve", f"stream.example:{target.port}:127.0.0.1",
                  f"http://stream.example:{target.port}/")
        self.assertEqual(target.requests[0].fields["host"], f"stream.example:{target.port}")

    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            with Target(stream(), listener=unix_listener(path)) as target:
                result = audit("--unix-socket", path, "http://localhost/live")
        self.assertEqual(target.requests[0].target, "/live")
        self.assertIn(f"through   unix:{path}", result.stdout.decode())

    def test_another_hop(self):
        with Target(stream()) as edge, Target(stream()) as app:
            audit("--via", f"app={app.url('/inner')}", edge.url())
        self.assertEqual([r.target for r in app.requests], ["/inner"])

    def test_no_proxy_of_the_environment(self):
        with Target(stream()) as target, Target(b"") as proxy:
            audit(target.url(), env={**os.environ, "http_proxy": proxy.url(""),
                                     "ALL_PROXY": proxy.url("")})
        self.assertEqual(proxy.requests, [])


class SlowDown(unittest.TestCase):
    def test_a_429_is_waited_out(self):
        refused = []

        def script(target, conn, request):
            if request.fields.get("accept") == "*/*" and not refused:
                refused.append(request)
                conn.sendall(b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
            else:
                conn.sendall(HEAD + b"retry: 3000\n\n")
                target.stop.wait(5)

        with Target(script) as target:
            result = audit("--format", "json", target.url())
        again = [r for r in target.requests if r.fields.get("accept") == "*/*"]
        self.assertEqual(len(again), 2)
        self.assertEqual(json.loads(result.stdout)["requests"], len(target.requests))


    def test_who_bans_the_audit_decides_nothing(self):
        """A server that lets eight requests in, and then nobody."""
        served = []

        def script(target, conn, request):
            served.append(request)
            if len(served) > 8:
                conn.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
                return
            conn.sendall(HEAD + b"retry: 3000\n\n")
            target.stop.wait(5)

        with Target(script) as target:
            report = whole_audit(target.url())
        findings = {f["rule"]: f["verdict"] for f in report["findings"]}
        self.assertEqual((report["partial"], report["grade"]), (True, None))
        self.assertIn("turned the audit away", report["partialReason"])
        self.assertEqual({findings[rule] for rule in ("A401", "A406", "A417", "A622")},
                         {"inconclusive"})


class Waivers(unittest.TestCase):
    def write(self, text):
        file = tempfile.NamedTemporaryFile("w", suffix=".txt")
        self.addCleanup(file.close)
        file.write(text)
        file.flush()
        return file.name

    def audit_page(self, *args):
        page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"
        with Target(page) as target:
            return audit(*args, target.url())

    def test_an_ignored_finding_does_not_count(self):
        ignore = self.write("# ours\nA101 until=2199-12-31 # a page until the summer\n"
                            "A104 until=2199-12-31 # same\n")
        result = self.audit_page("--ignore", ignore)
        self.assertEqual(result.returncode, OK)
        self.assertIn("(ignored)", result.stdout.decode())

    def test_one_that_has_run_out_counts(self):
        ignore = self.write("A101 until=2020-01-31 # was a page\n")
        result = self.audit_page("--ignore", ignore)
        self.assertEqual(result.returncode, FINDINGS)
        self.assertIn("the last day of A101, 2020-01-31, is over", result.stderr.decode())

    def test_a_reason_must_be_given(self):
        ignore = self.write("A101\n")
        result = self.audit_page("--ignore", ignore)
        self.assertEqual(result.returncode, USAGE)
        self.assertIn("line 1: a reason must stand behind a #", line_of(result))

    def test_a_former_report_is_a_baseline(self):
        report = self.write(self.audit_page("--format", "json").stdout.decode())
        self.assertEqual(self.audit_page("--baseline", report).returncode, OK)


class Usage(harness.TestCase):
    def refuses(self, *args, because):
        result = harness.run("audit", *args)
        self.assertEqual(result.returncode, USAGE)
        self.assertIn(because, result.stderr)

    def test_what_is_refused(self):
        self.refuses("ftp://a", because="is not an http or https URL")
        self.refuses("--via", "http://a", "http://b", because="--via wants NAME=URL")
        self.refuses("--profile", "x", "http://a", because="--profile is 'x'")
        self.refuses("--origin", "http://a/b", "http://a", because="nothing behind it")
        self.refuses("--format", "x", "http://a", because="--format is 'x'")
        self.refuses("--fail-on", "x", "http://a", because="--fail-on is 'x'")
        self.refuses("--bearer2", "env:HOME", "http://a", because="a second identity needs a first")
        self.refuses("-4", "-6", "http://a", because="exclude each other")
        self.refuses("--via", "a=http://a", "--via", "a=http://b", "http://c",
                     because="there are two hops named 'a'")
        self.refuses("--via", "target=http://a", "http://b",
                     because="there are two hops named 'target'")
        self.refuses("--resolve", "a:80:nowhere", "http://a", because="is not HOST:PORT:ADDR")
        self.refuses("--resolve", "a:80:127.0.0.1,b", "http://a", because="is not HOST:PORT:ADDR")
        self.refuses("--unix-socket", "x" * 200, "http://a", because="empty or too long")
        self.refuses("--quick", "--soak", "1m", "http://a", because="no time for --soak")
        self.refuses("--delay", "61s", "http://a", because="longer than a minute")
        self.refuses("--cookie", "a=b;" * 30, "http://a", because="24 are the most")

    def test_what_may_be_secret_is_not_repeated(self):
        for url in (f"http://ann:{SECRET}@a/", f"ftp://ann:{SECRET}@a/", f"ftp://a/?token={SECRET}",
                    f"http://a:99999/?token={SECRET}", f"http://a b/?{SECRET}"):
            for words in ((url,), ("--via", f"app={url}", "http://a"), ("--page", url, "http://a")):
                with self.subTest(words=words):
                    result = harness.run("audit", *words)
                    self.assertEqual(result.returncode, USAGE)
                    self.assertNotIn(SECRET, result.stderr)


class OwnServer(harness.TestCase):
    def test_the_demo_is_faultless(self):
        server = self.serve(args=("--demo",))
        result = subprocess.run([SLUICE, "audit", "--silent", "--format", "json",
                                 f"http://127.0.0.1:{server.port}/stream?topic=demo"],
                                capture_output=True, timeout=WHOLE, check=False)
        report = json.loads(result.stdout)
        failed = [f for f in report["findings"] if f["verdict"] not in ("pass", "na")]
        self.assertEqual((failed, report["grade"], result.returncode), ([], "A+", OK))
        self.assertLess(report["durationMs"], 40000)


if __name__ == "__main__":
    unittest.main()
