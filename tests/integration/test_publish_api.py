# SPDX-License-Identifier: Apache-2.0
"""POST /publish: what is taken, what is refused, and how many events subscribers see of it.

JSON, NDJSON, chunked, 100-continue; minted ids, own ids, repeated ids, resuming by both; topic
lists and patterns; reserved names; the matrix of line ends in each member; UTF-8, depth, numbers,
sizes at their maximum and past it. After each case a marker event shows that nothing else came.
"""

import json
import unittest

from harness import Connection
from hub_lab import ACCEPT, BEARER, JSON, NDJSON, HubCase, config

MAX_EVENT = 64 << 10
MAX_BODY = 1 << 20
MAX_EVENTS = 4096
MAX_TOPICS, MAX_TOPIC, MAX_ID, MAX_TYPE, MAX_RETRY = 32, 256, 128, 128, 120_000
RESERVED = ("auth_expired", "auth_expiring", "connected", "overloaded", "resync", "draining",
            "dropped", "upstream_error")
MARKER = "--- marker ---"


class Api(HubCase):
    def setUp(self):
        self.server = self.hub(config(workers=2))
        self.backend = self.publisher(self.server)
        self.reader = self.stream(self.server)

    def events(self, stream=None):
        """All that has come so far: what stands before a marker that is published now."""
        stream = stream or self.reader
        self.backend.publish(MARKER, topic=["t", "marker"])
        found = []
        while (event := stream.next()).data != MARKER:
            found.append(event)
        return found

    def data(self):
        return [event.data for event in self.events()]

    def taken(self, body, *headers, **options):
        """The ids of a body that must be taken."""
        response = self.backend.post(body, *headers, **options)
        self.assertEqual(response.status, 200, response.body)
        return json.loads(response.body)["ids"]

    def no_event(self, body, rule, status=400, *headers, **options):
        """A refusal, and nothing of the body reaches anybody."""
        answer = self.refused(self.backend.post(body, *headers, **options), status, rule)
        self.assertEqual(self.events(), [])
        return answer


class Bodies(Api):
    def test_text_goes_out_as_text_and_other_json_as_it_was_written(self):
        for written, seen in [('"text"', "text"), ('""', ""), ("true", "true"), ("[]", "[]"),
                              ('{ "a" : [1,  2] }', '{ "a" : [1,  2] }'),
                              ('"\\u00e9\\ud83d\\ude00"', "é😀")]:
            with self.subTest(written):
                ids = self.taken(f'{{"topic":"t","data":{written}}}')
                event, = self.events()
                self.assertEqual((event.id, event.type, event.data), (ids[0], "message", seen))

    def test_all_members(self):
        self.taken({"topic": "t", "data": "a\nb", "event": "tick", "id": "own-1", "retry": 1500,
                    "private": False})
        event, = self.events()
        self.assertEqual(event, ("tick", "own-1", "a\nb", "1500"))

    def test_null_members_count_as_absent(self):
        self.taken('{"topic":"t","data":"x","event":null,"id":null,"retry":null,"private":null}')
        self.assertEqual(self.data(), ["x"])
        self.no_event('{"topic":"t","data":null}', "G805")

    def test_many_in_one_request(self):
        lines = '{"topic":"t","data":"1"}\n\r\n{"topic":"u","data":"2"}\r\n{"topic":"t","data":"3"}'
        for kind in ("application/x-ndjson", "application/jsonl"):
            ids = self.taken(lines, ("Content-Type", kind))
            self.assertEqual(len(ids), 3)
            self.assertEqual([e.id for e in self.events()], [ids[0], ids[2]])

    def test_one_bad_line_refuses_all(self):
        good = '{"topic":"t","data":"x"}\n'
        for bad, rule in [("{", "G804"), ("[]", "G805"), ('{"topic":"t"}', "G805"),
                          ('{"topic":"t","data":"x","event":"draining"}', "G806")]:
            answer = self.no_event(good * 2 + bad, rule, 400, NDJSON)
            self.assertIn("line 3", answer["detail"])

    def test_events_of_one_body_at_the_maximum_and_past_it(self):
        line = '{"topic":"u","data":"x"}\n'
        self.assertEqual(len(self.taken(line * MAX_EVENTS, NDJSON)), MAX_EVENTS)
        self.no_event(line * (MAX_EVENTS + 1), "G802", 413, NDJSON)

    def test_the_topic_may_stand_in_the_query(self):
        self.taken({"data": "x"}, target="/publish?topic=%74")
        self.assertEqual(self.data(), ["x"])
        for query, rule in [("?topic=a&topic=b", "G705"), ("?topic=%zz", "G705"),
                            ("?topic=*", "G704"), ("", "G805")]:
            self.no_event({"data": "x"}, rule, 400, target="/publish" + query)

    def test_types_that_a_form_can_send_are_refused(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "",
                     "text/json", "application/jsonx"):
            with self.subTest(kind):
                headers = (BEARER, *([("Content-Type", kind)] if kind else []))
                response = self.fetch(self.server, "POST", "/publish", headers, "{}")
                self.refused(response, 415, "G801")
        self.taken({"topic": "t", "data": "x"},
                   ("Content-Type", "Application/JSON; charset=utf-8"))

    def test_without_the_key_nothing_is_read(self):
        for sent in ("", "Bearer wrong", "Basic eDp5", BEARER[1] + "\x80"):
            headers = (("Authorization", sent),) if sent else ()
            response = self.fetch(self.server, "POST", "/publish", (JSON, *headers),
                                  '{"topic":"t","data":"x"}')
            self.assertEqual(response.status, 401)
        self.assertEqual(self.events(), [])


class Framing(Api):
    head = (f"POST /publish HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {BEARER[1]}\r\n"
            "Content-Type: application/json\r\n")
    body = b'{"topic":"t","data":"x"}'

    def test_chunked_in_every_cut(self):
        for size in (1, 2, 7, len(self.body)):
            pieces = [self.body[i:i + size] for i in range(0, len(self.body), size)]
            text = b"".join(b"%x;a=b\r\n%s\r\n" % (len(p), p) for p in pieces)
            text += b"0\r\nX: y\r\n\r\n"
            with Connection(self.server) as connection:
                connection.send(self.head + "Transfer-Encoding: chunked\r\n\r\n").send(text)
                self.assertEqual(connection.response().status, 200)
        self.assertEqual(self.data(), ["x"] * 4)

    def test_who_asks_is_told_to_continue(self):
        with Connection(self.server) as connection:
            connection.send(f"{self.head}Content-Length: {len(self.body)}\r\n"
                            "Expect: 100-continue\r\n\r\n")
            self.assertEqual(connection.head()[0], 100)
            self.assertEqual(connection.send(self.body).response().status, 200)

    def test_who_asks_in_vain_is_refused_before_the_body(self):
        with Connection(self.server) as connection:
            connection.send(f"{self.head}Content-Length: {MAX_BODY + 1}\r\n"
                            "Expect: 100-continue\r\n\r\n")
            self.refused(connection.response(), 413, "G802")

    def test_a_body_at_its_maximum_and_past_it(self):
        self.taken(self.body.ljust(MAX_BODY))
        self.assertEqual(self.data(), ["x"])
        response = self.fetch(self.server, "POST", "/publish", (BEARER, JSON),
                              self.body.ljust(MAX_BODY + 1))
        self.refused(response, 413, "G802")


class Ids(Api):
    def test_minted_ids_rise_and_have_a_safe_form(self):
        ids = [self.backend.publish(str(n)) for n in range(20)]
        self.assertEqual(len(set(ids)), 20)
        for one in ids:
            self.assertRegex(one, r"^[A-Za-z0-9._~-]{1,128}$")
        self.assertEqual([e.id for e in self.events()], ids)

    def test_a_repeated_id_is_a_success_and_comes_once(self):
        event = {"topic": "t", "data": "x", "id": "order-7"}
        answers = [json.loads(self.backend.post(event).body) for _ in range(3)]
        self.assertEqual([a["duplicates"] for a in answers], [0, 1, 1])
        self.assertEqual({a["ids"][0] for a in answers}, {"order-7"})
        self.assertEqual(self.data(), ["x"])

    def test_the_same_id_on_another_topic_is_another_event(self):
        other = self.stream(self.server, "/stream?topic=u&topic=marker")
        for topic in ("t", "u"):
            self.taken({"topic": topic, "data": topic, "id": "order-7"})
        self.assertEqual([e.data for e in self.events(other)], ["u"])

    def test_a_repeated_id_within_one_body(self):
        lines = '{"topic":"t","data":"x","id":"a"}\n' * 3
        self.taken(lines, NDJSON)
        self.assertEqual(self.data(), ["x"])

    def test_an_own_id_resumes_like_a_minted_one(self):
        for n in range(4):
            self.taken({"topic": "t", "data": str(n), "id": f"own/{n}"})
        for where in ((("Last-Event-ID", "own/1"),), ()):
            query = "" if where else "&last-event-id=own%2F1"
            stream = self.stream(self.server, "/stream?topic=t&topic=marker" + query, where)
            self.assertEqual([stream.next().id for _ in range(2)], ["own/2", "own/3"])

    def test_an_unknown_id_is_never_met_with_silence(self):
        self.backend.publish("x")
        stream = self.stream(self.server, headers=(("Last-Event-ID", "nobody-knows"),))
        told = json.loads(stream.next("resync").data)
        self.assertEqual(told["reason"], "unknown_id")
        self.assertTrue(told["oldest"])

    def test_forms_at_their_maximum_and_past_it(self):
        self.taken({"topic": "t", "data": "x", "id": "i" * MAX_ID})
        self.assertEqual(self.events()[0].id, "i" * MAX_ID)
        for bad in ("", "i" * (MAX_ID + 1), "a b", "é", "a\tb"):
            self.no_event({"topic": "t", "data": "x", "id": bad}, "G805")
        self.no_event({"topic": "t", "data": "x", "id": 7}, "G805")

    def test_the_form_of_minted_ids_is_not_for_publishers(self):
        minted = self.backend.publish("x")
        self.events()
        self.no_event({"topic": "t", "data": "x", "id": minted}, "G807", 409)


class Topics(Api):
    def test_a_list_reaches_each_subscriber_once(self):
        both = self.stream(self.server, "/stream?topic=t&topic=u&topic=marker")
        self.taken({"topic": ["t", "u", "v", "t"], "data": "x"})
        self.assertEqual([e.data for e in self.events(both)], ["x"])
        self.assertEqual([self.reader.next().data for _ in range(2)], ["x", MARKER])

    def test_patterns(self):
        topics = ["a", "a/b", "a/b/c", "a/c", "b", "a/b/c/d"]
        cases = [("a", ["a"]), ("a/*", ["a/b", "a/c"]),
                 ("a/**", ["a/b", "a/b/c", "a/c", "a/b/c/d"]), ("*", ["a", "b"]),
                 ("*/b", ["a/b"]), ("a/*/c", ["a/b/c"]), ("**", topics)]
        streams = [self.stream(self.server, f"/stream?topic={p}&topic=marker") for p, _ in cases]
        for topic in topics:
            self.backend.publish(topic, topic=topic)
        self.backend.publish(MARKER, topic="marker")
        for (pattern, wanted), stream in zip(cases, streams):
            with self.subTest(pattern):
                seen = []
                while (data := stream.next().data) != MARKER:
                    seen.append(data)
                self.assertEqual(seen, wanted)

    def test_what_is_no_topic_is_refused(self):
        for bad in ("", "a b", "a*", "*", "é", "a\nb", "a" * (MAX_TOPIC + 1)):
            with self.subTest(bad):
                self.no_event({"topic": bad, "data": "x"}, "G704")
        for bad in ([], 7, {}, ["t", 7]):
            self.no_event({"topic": bad, "data": "x"}, "G805")

    def test_at_the_maximum_and_past_it(self):
        names = [f"n{i}" for i in range(MAX_TOPICS)]
        self.taken({"topic": names, "data": "x"})
        self.taken({"topic": "a" * MAX_TOPIC, "data": "x"})
        self.no_event({"topic": [*names, "t"], "data": "x"}, "G704")
        query = "&".join(f"topic={n}" for n in names)
        self.stream(self.server, f"/stream?{query}")
        self.refused(self.fetch(self.server, "GET", f"/stream?{query}&topic=t", (ACCEPT,)),
                     400, "G704")


class Injection(Api):
    """A value forges no field and no event: it is split, or refused, and the count stays right."""

    ends = {"LF": "\n", "CR": "\r", "CRLF": "\r\n", "NUL": "\0", "U+2028": "\u2028"}
    seen = {"U+2028": "\u2028"}  # no line end in a stream; the others become one
    forged = "event: forged\ndata: forged\n\n"

    def test_line_ends_in_data(self):
        for name, end in self.ends.items():
            if name == "NUL":
                continue
            with self.subTest(name):
                value = f"a{end}id: 9{end}{end}event: forged{end}data: b"
                self.taken({"topic": "t", "data": value})
                event, = self.events()
                self.assertEqual(event.type, "message")
                self.assertEqual(event.data, value.replace(end, self.seen.get(name, "\n")))

    def test_line_ends_in_id_and_event(self):
        for name, end in self.ends.items():
            for member in ("id", "event"):
                with self.subTest(name, member=member):
                    body = {"topic": "t", "data": "x", member: f"a{end}{self.forged}"}
                    if name == "U+2028":  # the forged part has line ends of its own
                        body[member] = f"a{end}b"
                    if name == "U+2028" and member == "event":
                        self.taken(body)
                        self.assertEqual([e.type for e in self.events()], [f"a{end}b"])
                    else:
                        self.no_event(body, "G804" if name == "NUL" else "G805")

    def test_nul_is_refused_wherever_it_stands(self):
        for body in (r'{"topic":"t","data":"a\u0000b"}', r'{"topic":"t","data":["\u0000"]}',
                     r'{"topic":"t\u0000","data":"x"}', r'{"topic":"t","data":"x","\u0000":1}',
                     '{"topic":"t","data":"a\0b"}'):
            self.no_event(body, "G804")

    def test_reserved_names(self):
        for name in RESERVED:
            with self.subTest(name):
                self.no_event({"topic": "t", "data": "x", "event": name}, "G806")
        for name in ("Draining", "draining2", "reconnected"):
            self.taken({"topic": "t", "data": "x", "event": name})
        self.assertEqual(len(self.events()), 3)

    def test_names_at_their_maximum_and_past_it(self):
        self.taken({"topic": "t", "data": "x", "event": "e" * MAX_TYPE})
        self.assertEqual(len(self.events()), 1)
        self.no_event({"topic": "t", "data": "x", "event": "e" * (MAX_TYPE + 1)}, "G805")

    def test_other_members_of_the_wrong_kind(self):
        for name, value in [("event", 7), ("retry", "1"), ("retry", -1), ("retry", 1.5),
                            ("retry", MAX_RETRY + 1), ("private", 1), ("evnet", "x")]:
            with self.subTest(name, value=value):
                self.no_event({"topic": "t", "data": "x", name: value}, "G805")
        self.taken({"topic": "t", "data": "x", "retry": MAX_RETRY})


class Json(Api):
    def test_what_is_not_utf8_is_refused(self):
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"):
            for body in (b'{"topic":"t","data":"%s"}', b'{"topic":"t","data":{"a":"%s"}}',
                         b'{"topic":"t","data":"x","event":"%s"}'):
                self.no_event(body % bad, "G804")
        for bad in (r'"\ud800"', r'"\udc00\ud800"'):
            self.no_event(f'{{"topic":"t","data":{bad}}}', "G804")

    def test_what_is_not_json_is_refused_with_its_place(self):
        for bad in ("", "{", "nul", '{"topic":"t","data":"x"} x', "{'topic':'t'}", '{"topic":"t",}',
                    '{"topic":"t","data":"x","data":"y"}', '\ufeff{"topic":"t","data":"x"}',
                    '{"topic":"t","data":"a\nb"}', '{"topic":"t","data":NaN}'):
            with self.subTest(bad):
                answer = self.no_event(bad.encode(), "G804")
                self.assertRegex(answer["detail"], r"line \d+, column \d+: ")

    def test_depth_ends_in_an_answer(self):
        for depth in (100, 1000):
            self.taken('{"topic":"t","data":' + "[" * depth + "]" * depth + "}")
        self.assertEqual([len(d) for d in self.data()], [200, 2000])
        for text in ("[" * 3000 + "]" * 3000, "[" * 500000, '{"a":' * 100000):
            self.no_event('{"topic":"t","data":' + text + "}", "G804")

    def test_numbers_arrive_as_they_were_written(self):
        for number in ("0", "-0", "0.1", "1e5", "1E+2", "9223372036854775807", "-1.50",
                       "0.30000000000000004", "1e-400"):
            with self.subTest(number):
                self.taken(f'{{"topic":"t","data":{{"n":{number}}}}}')
                self.assertEqual(self.data(), [f'{{"n":{number}}}'])

    def test_numbers_past_every_type_are_refused_with_their_place(self):
        for number in ("1e400", "-1e400", "12345678901234567890"):
            with self.subTest(number):
                answer = self.no_event(f'{{"topic":"t","data":{number}}}', "G804")
                self.assertRegex(answer["detail"], "too (big|large)|overflow")

    def test_data_at_its_maximum_and_past_it(self):
        for data in ("x" * MAX_EVENT, "\n" * MAX_EVENT, "é" * (MAX_EVENT // 2)):
            self.taken(json.dumps({"topic": "t", "data": data}))
            self.assertEqual(self.data(), [data])
            self.no_event({"topic": "t", "data": data + "x"}, "G802", 413)
        raw = "[" + " " * (MAX_EVENT - 2) + "]"
        self.taken(f'{{"topic":"t","data":{raw}}}')
        self.assertEqual(self.data(), [raw])
        self.no_event(f'{{"topic":"t","data": {raw[:-1]} ]}}', "G802", 413)


if __name__ == "__main__":
    unittest.main()
