# SPDX-License-Identifier: Apache-2.0
"""sluice publish against a hub that takes, refuses and leaves."""

import json
import socket
import tempfile
import unittest

from client_lab import Lab, Running, answer, chunk, run

TAKEN = answer("200 OK", b'{"ids":["1.7"]}', "Content-Type: application/json")
KEY = {"SLUICE_PUBLISH_KEY": "k3y"}
NO_KEY = {"SLUICE_PUBLISH_KEY": ""}


def publish(lab, *args, **kwargs):
    kwargs.setdefault("env", NO_KEY)
    return run("publish", "--url", lab.url("/publish"), *args, **kwargs)


class OneEvent(unittest.TestCase):
    def sent(self, *args, **kwargs):
        with Lab(TAKEN) as lab:
            self.assertEqual(publish(lab, *args, **kwargs), (0, "1.7\n", ""))
        request = lab.requests[0]
        self.assertEqual((request.method, request.target), ("POST", "/publish"))
        self.assertEqual(request.fields["content-type"], "application/json")
        return json.loads(request.body)

    def test_topic_and_data(self):
        self.assertEqual(self.sent("news", "hello"), {"topic": "news", "data": "hello"})

    def test_all_members(self):
        self.assertEqual(
            self.sent("a/b", "x\ny", "--event", "e", "--id", "i", "--retry", "500", "--private"),
            {"topic": "a/b", "data": "x\ny", "event": "e", "id": "i", "retry": 500,
             "private": True})

    def test_json_is_sent_as_it_is(self):
        self.assertEqual(self.sent("t", "--json", '{"n": [1, null]}'),
                         {"topic": "t", "data": {"n": [1, None]}})

    def test_text_that_looks_like_json_stays_text(self):
        self.assertEqual(self.sent("t", '{"n":1}')["data"], '{"n":1}')

    def test_standard_input_without_its_line_end(self):
        self.assertEqual(self.sent("t", stdin=b"a\nb\n")["data"], "a\nb")
        self.assertEqual(self.sent("t", "-", stdin=b"a\r\n")["data"], "a")

    def test_empty_data_is_data(self):
        self.assertEqual(self.sent("t", "")["data"], "")
        self.assertEqual(self.sent("t", stdin=b"")["data"], "")

    def test_every_character_arrives(self):
        text = "".join(map(chr, range(1, 0x300))) + "\u2028\U0001f600"
        self.assertEqual(self.sent("t", "-", stdin=text.encode() + b"\n")["data"], text)

    def test_data_at_its_maximum_and_past_it(self):
        limit = 4 << 20
        self.assertEqual(len(self.sent("t", stdin=b"x" * limit)["data"]), limit)
        code, _, err = run("publish", "t", stdin=b"x" * (limit + 1), env=NO_KEY)
        self.assertEqual(code, 2)
        self.assertIn("larger than", err)


class Keys(unittest.TestCase):
    def test_from_the_environment(self):
        with Lab(TAKEN) as lab:
            publish(lab, "t", "x", env=KEY)
        self.assertEqual(lab.requests[0].fields["authorization"], "Bearer k3y")

    def test_a_file_goes_before_the_environment(self):
        with Lab(TAKEN) as lab, tempfile.NamedTemporaryFile("w") as file:
            file.write("from-file\n")
            file.flush()
            publish(lab, "t", "x", "--key-file", file.name, env=KEY)
        self.assertEqual(lab.requests[0].fields["authorization"], "Bearer from-file")

    def test_without_a_key_none_is_sent(self):
        with Lab(TAKEN) as lab:
            publish(lab, "t", "x")
        self.assertNotIn("authorization", lab.requests[0].fields)

    def test_never_in_clear_over_a_network(self):
        for host in ("192.0.2.1", "example.com", "127.0.0.1.example.com", "[2001:db8::1]"):
            code, _, err = run("publish", "t", "x", "--url", f"http://{host}/publish", env=KEY)
            self.assertEqual(code, 2)
            self.assertIn("in clear", err)
            self.assertNotIn("k3y", err)

    def test_a_key_of_two_lines_is_refused(self):
        env = {"SLUICE_PUBLISH_KEY": "a\r\nX-Forged: b"}
        self.assertEqual(run("publish", "t", "x", env=env)[0], 2)

    def test_a_key_file_past_its_maximum_is_refused(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("x" * 8193)
            file.flush()
            self.assertEqual(run("publish", "t", "x", "--key-file", file.name)[0], 2)


class Answers(unittest.TestCase):
    def check(self, response, code, words):
        with Lab(response) as lab:
            got, out, err = publish(lab, "t", "x")
        self.assertEqual((got, out), (code, ""))
        self.assertIn(words, err)

    def test_refused_with_a_message(self):
        self.check(answer("403 Forbidden", b'{"error":"e","message":"not this topic","rule":"R"}'),
                   1, "403 Forbidden: not this topic")

    def test_refused_with_a_detail(self):
        self.check(answer("400 Bad Request", b'{"message":"Repair it.","detail":"line 2: \\n"}'),
                   1, "400 Bad Request: Repair it. (line 2: \\x0a)\n")
        self.check(answer("400 Bad Request", b'{"message":"Repair it.","detail":7}'),
                   1, "400 Bad Request: Repair it.\n")

    def test_a_redirect_is_not_followed_with_a_key(self):
        self.check(answer("307 Temporary Redirect", b"", "Location: http://127.0.0.1:1/"), 1, "307")

    def test_something_else_answers(self):
        self.check(answer("200 OK", b"<html>"), 3, "not that of a hub")

    def test_the_answer_breaks_off(self):
        self.check(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", 3, "not known")

    def test_no_answer(self):
        self.check(b"", 3, "before an answer")

    def test_nobody_there(self):
        with socket.socket() as held:  # and nobody listens
            held.bind(("127.0.0.1", 0))
            port = held.getsockname()[1]
            code, _, err = run("publish", "t", "x", "-u", f"http://127.0.0.1:{port}/", env=NO_KEY)
        self.assertEqual((code, err), (
            3, f"sluice publish: 127.0.0.1:{port}: cannot connect: Connection refused\n"))

    def test_an_early_refusal_of_a_large_body_is_read(self):
        def refuse(_, conn):
            conn.sendall(answer("413 Content Too Large", b'{"message":"too much"}'))

        with Lab(refuse) as lab:
            code, _, err = publish(lab, "t", "x")
        self.assertEqual(code, 1)
        self.assertIn("413", err)

    def test_ids_in_chunks(self):
        body = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b'{"ids":["a",')
                + chunk(b'"b\\u001b"]}') + b"0\r\n\r\n")
        with Lab(body) as lab:
            self.assertEqual(publish(lab, "t", "x")[:2], (0, "a\nb\\x1b\n"))


class ManyEvents(unittest.TestCase):
    def test_lines_go_as_they_are(self):
        with Lab(TAKEN) as lab:
            code, out, _ = publish(lab, "a b", "--ndjson", stdin=b'{"data":1}\n{"data":2}\n')
        self.assertEqual((code, out), (0, "1.7\n"))
        request = lab.requests[0]
        self.assertEqual(request.target, "/publish?topic=a%20b")
        self.assertEqual(request.fields["content-type"], "application/x-ndjson")
        self.assertEqual(request.body, b'{"data":1}\n{"data":2}\n')

    def test_a_last_line_without_its_end_counts(self):
        with Lab(TAKEN, TAKEN) as lab:
            code, out, _ = publish(lab, "t", "--ndjson", stdin=b'{"data":1}\n{"data":2}')
        self.assertEqual((code, out), (0, "1.7\n1.7\n"))
        self.assertEqual(lab.requests[1].body, b'{"data":2}')

    def test_a_line_is_sent_when_it_comes(self):
        with Lab(TAKEN, TAKEN) as lab:
            with Running("publish", "t", "--ndjson", "-u", lab.url("/")) as tool:
                for line in (b'{"data":1}\n', b'{"data":2}\n'):
                    tool.process.stdin.write(line)
                    tool.process.stdin.flush()
                    self.assertEqual(tool.line(), "1.7\n")
            self.assertEqual([r.body for r in lab.requests], [b'{"data":1}\n', b'{"data":2}\n'])

    def test_batches_are_bounded(self):
        lines = b'{"data":1}\n' * 1025
        with Lab(*[TAKEN] * 99) as lab:
            self.assertEqual(publish(lab, "t", "--ndjson", stdin=lines)[0], 0)
        self.assertEqual(b"".join(r.body for r in lab.requests), lines)
        self.assertLessEqual(max(r.body.count(b"\n") for r in lab.requests), 1024)

    def test_a_refused_batch_stops(self):
        with Lab(answer("400 Bad Request", b'{"message":"line 1: data is missing"}'), TAKEN) as lab:
            code, _, err = publish(lab, "t", "--ndjson", stdin=b"{}\n")
        self.assertEqual(code, 1)
        self.assertIn("line 1", err)

    def test_no_lines_publish_nothing(self):
        self.assertEqual(run("publish", "t", "--ndjson", "-u", "http://127.0.0.1:1/"), (0, "", ""))


class Usage(unittest.TestCase):
    CASES = {
        "no URL": ["t", "x", "--url", "127.0.0.1"],
        "data that is not JSON": ["t", "{", "--json"],
        "no JSON at all": ["t", "", "--json"],
        "retry past its maximum": ["t", "x", "--retry", "120001"],
        "an event name for lines": ["t", "--ndjson", "--event", "e"],
        "data for lines": ["t", "x", "--ndjson"],
        "data that is not UTF-8": ["t", b"\xff"],
        "a key file that is not there": ["t", "x", "--key-file", "/nonexistent"],
    }

    def test_refused_with_one_line(self):
        for name, args in self.CASES.items():
            with self.subTest(name):
                code, out, err = run("publish", *args, env=NO_KEY)
                self.assertEqual((code, out), (2, ""))
                self.assertTrue(err.startswith("sluice publish: "), err)


if __name__ == "__main__":
    unittest.main()
