# SPDX-License-Identifier: Apache-2.0
"""sluice tail against servers that behave, misbehave and leave."""

import json
import socket
import tempfile
import unittest

from client_lab import PATIENCE, STREAM, Lab, Running, answer, chunk, hold, run

CHUNKED = (b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream;charset=utf-8\r\n"
           b"Transfer-Encoding: chunked\r\n\r\n")


def redirect(to, status="302 Found"):
    return answer(status, b"", f"Location: {to}")


class Framing(unittest.TestCase):
    def check(self, response):
        with Lab(response) as lab:
            code, out, _ = run("tail", "--no-reconnect", lab.url())
        self.assertEqual((code, out), (0, "one\ntwo\n"))

    def test_a_body_until_close(self):
        self.check(STREAM + b"data: one\n\ndata: two\n\n")

    def test_chunks_that_cut_lines(self):
        self.check(CHUNKED + chunk(b"data: o") + chunk(b"ne\n\ndata: two\n") + chunk(b"\n")
                   + b"0\r\n\r\n")

    def test_a_body_with_a_length(self):
        body = b"data: one\n\ndata: two\n\n"
        self.check(answer("200 OK", body, "Content-Type: text/event-stream"))

    def test_interim_responses_are_read_over(self):
        self.check(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + STREAM
                   + b"data: one\n\ndata: two\n\n")

    def test_one_byte_at_a_time(self):
        def drip(_, conn):
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in CHUNKED + chunk(b"data: one\n\ndata: two\n\n") + b"0\r\n\r\n":
                conn.sendall(bytes([byte]))
        self.check(drip)


class Output(unittest.TestCase):
    def plain(self, stream):
        return run("tail", "-", stdin=stream)[1]

    def test_a_plain_message_is_its_data(self):
        self.assertEqual(self.plain(b'data: {"n":1}\n\n'), '{"n":1}\n')

    def test_type_and_id_go_before(self):
        self.assertEqual(self.plain(b'event: demo\nid: 42\ndata: {"n":42}\n\n'),
                         'demo  #42  {"n":42}\n')

    def test_an_id_is_shown_once(self):
        self.assertEqual(self.plain(b"id: 1\ndata: a\n\ndata: b\n\n"), "#1  a\nb\n")

    def test_later_lines_are_indented(self):
        self.assertEqual(self.plain(b"event: x\ndata: a\ndata: b\n\n"), "x  a\n   b\n")

    def test_a_terminal_is_not_commanded(self):
        self.assertEqual(self.plain(b"data: \x1b]0;x\x07\xc2\x9b\x7f\xff\n\n"),
                         "\\x1b]0;x\\x07\\x9b\\x7f\ufffd\n")

    def test_json_is_one_object_a_line(self):
        with Lab(STREAM + b"event: x\nid: 7\ndata: a\ndata: b\n\n") as lab:
            code, out, _ = run("tail", "--json", "--no-reconnect", lab.url())
            origin = lab.url("")
        record = json.loads(out)
        self.assertEqual(code, 0)
        self.assertRegex(record.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(record, {"type": "x", "data": "a\nb", "lastEventId": "7",
                                  "origin": origin})

    def test_several_urls_are_told_apart(self):
        with Lab(STREAM + b"data: a\n\n") as one, Lab(STREAM + b"data: b\n\n") as two:
            code, out, _ = run("tail", "--no-reconnect", one.url(), two.url())
        self.assertEqual(code, 0)
        self.assertEqual(sorted(out.splitlines()), sorted(
            [f"127.0.0.1:{one.port}  a", f"127.0.0.1:{two.port}  b"]))

    def test_count_stops(self):
        with Lab(hold(STREAM + b"data: a\n\ndata: b\n\ndata: c\n\n")) as lab:
            code, out, _ = run("tail", "--count", "2", lab.url())
        self.assertEqual((code, out), (0, "a\nb\n"))

    def test_a_reader_that_has_enough_is_no_fault(self):
        with Lab(hold(STREAM + b"data: a\n\n")) as lab, \
                Running("tail", "--quiet", lab.url()) as tail:
            self.assertEqual(tail.line(), "a\n")
            tail.process.stdout.close()
            tail.process.stdout = None
            self.assertEqual(tail.process.wait(PATIENCE), 0)
            self.assertEqual(tail.process.stderr.read(), b"")

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as full, Lab(STREAM + b"data: a\n\n") as lab:
            with Running("tail", lab.url(), stdout=full) as tail:
                self.assertEqual(tail.process.wait(PATIENCE), 3)
                self.assertIn(b"No space left", tail.process.stderr.read())

    def test_interrupt_after_flushing(self):
        with Lab(hold(STREAM + b"data: a\n\n")) as lab, Running("tail", lab.url()) as tail:
            self.assertEqual(tail.line(), "a\n")
            self.assertEqual(tail.interrupt(), 130)


class Reconnect(unittest.TestCase):
    def test_a_stream_that_ended_is_resumed_behind_its_last_id(self):
        with Lab(STREAM + b"retry: 100\nid: 1\ndata: a\n\nid: 2\n",
                 STREAM + b"data: b\n\n") as lab:
            code, out, err = run("tail", "--count", "2", lab.url())
            ids = [r.fields.get("last-event-id") for r in lab.requests]
        self.assertEqual((code, out), (0, "#1  a\nb\n"))
        self.assertEqual(ids, [None, "1"])
        self.assertIn("reconnecting in 0.1 s (connection closed)", err)

    def test_a_cut_chunk_is_a_network_error(self):
        with Lab(CHUNKED + b"50\r\nretry: 100\ndata: a\n\n", STREAM + b"data: b\n\n") as lab:
            code, out, err = run("tail", "--count", "2", lab.url())
        self.assertEqual((code, out), (0, "a\nb\n"))
        self.assertIn("in the middle of the body", err)

    def test_the_first_id_is_sent(self):
        with Lab(STREAM + b"data: a\n\n") as lab:
            run("tail", "--no-reconnect", "--last-event-id", "x9", lab.url())
        self.assertEqual(lab.requests[0].fields["last-event-id"], "x9")

    def test_nobody_there_is_unreachable(self):
        with socket.socket() as held:  # and nobody listens
            held.bind(("127.0.0.1", 0))
            port = held.getsockname()[1]
            code, _, err = run("tail", "--no-reconnect", f"http://127.0.0.1:{port}/")
            self.assertEqual(code, 3)
            self.assertIn("cannot connect: Connection refused", err)
            code, _, err = run("tail", "--max-time", "100ms", f"http://127.0.0.1:{port}/")
            self.assertEqual(code, 3)
            self.assertIn("reconnecting in", err)

    def test_quiet_says_nothing_of_connections(self):
        with Lab(STREAM + b"retry: 1\ndata: a\n\n", STREAM + b"data: b\n\n") as lab:
            _, _, err = run("tail", "--quiet", "--count", "2", lab.url())
        self.assertEqual(err, "")


class Final(unittest.TestCase):
    def check(self, response, words):
        with Lab(response) as lab:
            code, out, err = run("tail", lab.url())
            self.assertEqual((code, out), (3, ""))
            self.assertIn(words, err)
            self.assertEqual(len(lab.requests), 1)

    def test_a_refusal_with_its_message(self):
        self.check(answer("403 Forbidden", b'{"error":"x","message":"not \\u001b[1m you"}'),
                   "403 Forbidden: not \\x1b[1m you")

    def test_a_refusal_without_json(self):
        self.check(answer("503 Busy", b"<html>"), "503 Service Unavailable\n")

    def test_a_wrong_type(self):
        self.check(answer("200 OK", b"hi", "Content-Type: text/html"), "text/html")

    def test_no_type(self):
        self.check(answer("200 OK", b"data: a\n\n"), "no Content-Type")

    def test_not_even_http(self):
        with Lab(b"SSH-2.0-x\r\n\r\n") as lab:
            code, _, _ = run("tail", "--no-reconnect", lab.url())
        self.assertEqual(code, 3)

    def test_no_content_stops_quietly(self):
        with Lab(answer("204 No Content")) as lab:
            self.assertEqual(run("tail", lab.url()), (0, "", ""))


class Redirects(unittest.TestCase):
    def test_followed_anew_at_each_try(self):
        with Lab(redirect("/b?x#f"), STREAM + b"retry: 1\ndata: a\n\n", redirect("c"),
                 STREAM + b"data: b\n\n") as lab:
            code, out, _ = run("tail", "--count", "2", lab.url("/dir/a"))
            targets = [r.target for r in lab.requests]
        self.assertEqual((code, out), (0, "a\nb\n"))
        self.assertEqual(targets, ["/dir/a", "/b?x", "/dir/a", "/dir/c"])

    def test_credentials_stay_with_their_origin(self):
        with Lab(STREAM + b"data: a\n\n") as other:
            with Lab(redirect(other.url())) as lab, tempfile.NamedTemporaryFile("w") as file:
                file.write("s3cret\n")
                file.flush()
                run("tail", "--no-reconnect", "--bearer", "@" + file.name, "--header", "X-Key: k",
                    lab.url())
        self.assertEqual(lab.requests[0].fields["authorization"], "Bearer s3cret")
        self.assertEqual(lab.requests[0].fields["x-key"], "k")
        self.assertNotIn("authorization", other.requests[0].fields)
        self.assertNotIn("x-key", other.requests[0].fields)

    def test_five_are_followed_and_six_are_not(self):
        with Lab(*[redirect("/")] * 5, STREAM + b"data: a\n\n") as lab:
            self.assertEqual(run("tail", "--no-reconnect", lab.url())[:2], (0, "a\n"))
        with Lab(*[redirect("/")] * 6) as lab:
            code, _, err = run("tail", lab.url())
        self.assertEqual(code, 3)
        self.assertIn("too many redirects", err)


class Request(unittest.TestCase):
    def test_what_a_browser_sends(self):
        with Lab(STREAM) as lab:
            run("tail", "--no-reconnect", "--origin", "https://app.example", lab.url("/s?a=b"))
        request = lab.requests[0]
        self.assertEqual((request.method, request.target), ("GET", "/s?a=b"))
        self.assertEqual(request.fields["accept"], "text/event-stream")
        self.assertEqual(request.fields["cache-control"], "no-cache")
        self.assertEqual(request.fields["origin"], "https://app.example")
        self.assertEqual(request.fields["host"], f"127.0.0.1:{lab.port}")
        self.assertNotIn("last-event-id", request.fields)

    def test_a_given_field_replaces_ours(self):
        with Lab(STREAM) as lab:
            run("tail", "--no-reconnect", "-H", "accept: a/b", lab.url())
        self.assertEqual(lab.requests[0].fields["accept"], "a/b")

    def test_a_credential_on_the_command_line_is_warned_about(self):
        with Lab(STREAM) as lab:
            _, _, err = run("tail", "--no-reconnect", "-H", "Authorization: Bearer x", lab.url())
        self.assertIn("ps", err)
        self.assertNotIn("Bearer x", err)

    def test_localhost_by_its_second_address(self):
        with Lab(STREAM + b"data: a\n\n") as lab:
            code, out, _ = run("tail", "--no-reconnect", f"http://localhost:{lab.port}/")
        self.assertEqual((code, out), (0, "a\n"))


class Usage(unittest.TestCase):
    CASES = {
        "no URL": ["example.com"],
        "user information": ["http://a:b@example.com/"],
        "dash with a URL": ["-", "http://127.0.0.1:1/"],
        "a header without a colon": ["-H", "x", "http://127.0.0.1:1/"],
        "a header that forges another": ["-H", "x: a\r\ny: b", "http://127.0.0.1:1/"],
        "a header of ours": ["-H", "Host: x", "http://127.0.0.1:1/"],
        "an id that cannot be sent": ["--last-event-id", "a\nb", "http://127.0.0.1:1/"],
        "an origin that forges a field": ["--origin", "a\r\nb: c", "http://127.0.0.1:1/"],
        "a file that is not there": ["--bearer", "@/nonexistent", "http://127.0.0.1:1/"],
        "count of none": ["--count", "0", "http://127.0.0.1:1/"],
        "too many URLs": ["http://127.0.0.1:1/"] * 65,
    }

    def test_refused_with_one_line(self):
        for name, args in self.CASES.items():
            with self.subTest(name):
                code, out, err = run("tail", *args)
                self.assertEqual((code, out), (2, ""))
                self.assertTrue(err.startswith("sluice tail: "), err)

    def test_a_password_in_a_url_is_not_repeated(self):
        for words in (["tail"], ["publish", "t", "x", "-u"], ["bench"], ["audit"],
                      ["token", "ticket", "--url"]):
            for url in ("http://ada:hunter2@127.0.0.1:1/s", "https://hunter2@127.0.0.1:1?x=1",
                        "ada:hunter2@127.0.0.1/x"):
                with self.subTest(words, url=url):
                    code, out, err = run(*words, url, env={"SLUICE_TOKEN": "a.b.c"})
                    self.assertEqual((code, out), (2, ""))
                    self.assertIn("a URL with a user or a password is not taken", err)
                    self.assertNotIn("hunter2", err)
        code, _, err = run("tail", "ftp://127.0.0.1/a@b")
        self.assertEqual(code, 2)
        self.assertIn("'ftp://127.0.0.1/a@b' is not an http or https URL", err)

    def test_the_64th_url_is_taken(self):
        with Lab(STREAM + b"data: a\n\n") as lab:
            self.assertEqual(
                run("tail", "--no-reconnect", "-n", "1", "-q", *[lab.url()] * 64)[0], 0)


class StandardInput(unittest.TestCase):
    def test_a_file_as_well_as_a_pipe(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"data: a\n\ndata: cut")
            file.seek(0)
            self.assertEqual(run("tail", "-", stdin=file), (0, "a\n", ""))

    def test_bytes_in_any_pieces(self):
        with Running("tail", "-") as tail:
            for byte in b"id: 5\ndata: a\r\n\r":
                tail.process.stdin.write(bytes([byte]))
                tail.process.stdin.flush()
            self.assertEqual(tail.line(), "#5  a\n")

    def test_json_has_the_origin_of_nobody(self):
        _, out, _ = run("tail", "-j", "-", stdin=b"data: a\n\n")
        self.assertEqual(json.loads(out)["origin"], "null")


if __name__ == "__main__":
    unittest.main()
