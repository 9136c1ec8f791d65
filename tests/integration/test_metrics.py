# SPDX-License-Identifier: Apache-2.0
"""The admin listener: what it counts, whom it answers, and that it is nowhere else.

A worker's counts reach it within 250 ms, so a value is waited for, scrape by scrape.
"""

import collections
import re
import signal
import time
import unittest
import urllib.request

import harness
from harness import ROOT, Connection
from hub_lab import ACCEPT, HubCase, config

TABLE = re.findall(r'^X\("(\w+)", "(\w+)", [^,]+, (\w+),\s+"([^"]*)"\)$',
                   (ROOT / "src/stream/metrics.def").read_text(), re.MULTILINE)
SAMPLE = re.compile(r'^(\w+)((?:\{(?:\w+="[^"]*",?)+\})?) (\d+)$')
DOCUMENT = (ROOT / "docs" / "metrics.md").read_text()
Listener = collections.namedtuple("Listener", "port")  # what Connection wants of a server
ALERTS = (ROOT / "packaging" / "prometheus" / "alerts.yml").read_text()


def scrape(url):
    """{sample with its labels: value}; every line must be a comment or a sample."""
    with urllib.request.urlopen(url + "/metrics", timeout=harness.TIMEOUT) as response:
        text = response.read().decode()
    lines = [line for line in text.splitlines() if not line.startswith("# ")]
    return {name + labels: int(value)
            for name, labels, value in (SAMPLE.match(line).groups() for line in lines)}


class Admin(HubCase):
    def setUp(self):
        self.server = self.admin()

    def admin(self, **keys):
        return self.hub(config(admin="127.0.0.1:0", workers=2, **keys), listeners=2)

    def until(self, **wanted):
        """Scrapes until these samples have these values; gives the last scrape."""
        deadline = time.monotonic() + harness.TIMEOUT
        while True:
            samples = scrape(self.server.urls[1])
            got = {name: samples["sluice_" + name] for name in wanted}
            if got == wanted:
                return samples
            self.assertLess(time.monotonic(), deadline, got)

    def labelled(self, name, value):
        self.until(**{name: value})

    def ask(self, target, *headers, method="GET"):
        """A request to the admin listener, byte by byte as we say."""
        with Connection(self.admin_listener()) as connection:
            return connection.request(method, target, headers).response(method == "HEAD")

    def admin_listener(self):
        return Listener(int(self.server.urls[1].rsplit(":", 1)[1]))


class Counts(Admin):
    def test_every_row_is_there_from_the_start(self):
        names = {sample.split("{")[0] for sample in scrape(self.server.urls[1])}
        self.assertEqual(names, {row[0] for row in TABLE})

    def test_it_is_what_prometheus_expects(self):
        response = self.ask("/metrics")
        fields = dict(response.headers)
        self.assertEqual(response.status, 200)
        self.assertEqual(fields["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertIn("no-store", fields["cache-control"])
        self.assertEqual(int(fields["content-length"]), len(response.body))

    def test_a_head_has_the_length_and_no_body(self):
        response = self.ask("/metrics", method="HEAD")
        self.assertEqual((response.status, response.body), (200, b""))
        self.assertGreater(int(dict(response.headers)["content-length"]), 1000)

    def test_streams_and_events_are_counted(self):
        streams = [self.stream(self.server) for _ in range(3)]
        self.until(streams_opened_total=3, streams_open=3, connections_open=3)
        self.publisher(self.server).publish("hello", id="own-1")
        for stream in streams:
            self.assertEqual(stream.next().data, "hello")
        samples = self.until(published_total=1, deliveries_total=3)
        self.assertGreater(samples["sluice_bytes_sent_total"], 0)
        for stream in streams:
            stream.close()
        self.labelled('streams_closed_total{reason="client_closed"}', 3)
        self.until(streams_open=0)

    def test_a_duplicate_is_counted(self):
        publisher = self.publisher(self.server)
        for _ in range(2):
            publisher.publish("once", id="own-1")
        self.until(published_total=1, duplicates_total=1)

    def test_refusals_are_counted_by_rule(self):
        self.fetch(self.server, "GET", "/nothing")
        self.fetch(self.server, "GET", "/stream?topic=t", (("Accept", "text/html"),))
        self.fetch(self.server, "GET", "/stream?topic=t",
                   (ACCEPT, ("Origin", "https://evil.example")))
        self.labelled('refusals_total{rule="G302",reason="not_found"}', 1)
        self.labelled('refusals_total{rule="G701",reason="not_acceptable"}', 1)
        self.labelled('refusals_total{rule="G401",reason="origin_not_allowed"}', 1)

    def test_a_scrape_counts_nothing(self):
        before = scrape(self.server.urls[1])
        for _ in range(3):
            self.assertEqual(self.ask("/nothing").status, 404)
        self.assertEqual(scrape(self.server.urls[1]), before)

    def test_the_version_is_that_of_the_program(self):
        version = harness.run("version").stdout.split()[1]
        self.labelled(f'build_info{{version="{version}"}}', 1)


class Credentials(Admin):
    def setUp(self):
        keys = self.file("alice key-of-alice-0123456789\n")
        self.server = self.admin(auth={"keys-file": str(keys)}, routes=["/stream"])

    def test_failures_are_counted_by_reason(self):
        self.fetch(self.server, "GET", "/stream?topic=t", (ACCEPT,))
        self.labelled('refusals_total{rule="G602",reason="unauthorized"}', 1)
        self.fetch(self.server, "GET", "/stream?topic=t",
                   (ACCEPT, ("Authorization", "Bearer wrong-wrong-wrong")))
        self.labelled('refusals_total{rule="G603",reason="unauthorized"}', 1)
        self.labelled('auth_failures_total{reason="unknown_key"}', 1)


class Guarded(Admin):
    def test_health_and_readiness(self):
        for target, word in (("/healthz", b"ok"), ("/readyz", b"ready")):
            response = self.ask(target)
            self.assertEqual(response.status, 200)
            self.assertIn(word, response.body)

    def test_a_name_that_is_not_loopback_is_refused(self):
        for target in ("/metrics", "/readyz"):
            self.assertEqual(self.ask(target, ("Host", "evil.example")).status, 421)

    def test_a_page_of_another_origin_is_refused(self):
        for headers in ((("Origin", "https://evil.example"),), (("Origin", "null"),),
                        (("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"))):
            response = self.ask("/metrics", *headers)
            self.assertEqual(response.status, 403)
            self.assertNotIn("access-control-allow-origin", dict(response.headers))

    def test_nothing_public_is_served_here(self):
        for target in ("/", "/stream?topic=t", "/publish"):
            self.assertEqual(self.ask(target).status, 404)

    def test_nothing_of_it_is_served_publicly(self):
        for target in ("/metrics", "/readyz"):
            self.assertEqual(self.fetch(self.server, "GET", target).status, 404)

    def test_its_connections_are_bounded(self):
        held = [Connection(self.admin_listener()) for _ in range(32)]
        for connection in held:
            self.addCleanup(connection.close)
            self.assertEqual(connection.request("GET", "/healthz").response().status, 200)
        with Connection(self.admin_listener()) as connection:
            self.assertEqual(connection.response().status, 503)
        self.assertEqual(self.fetch(self.server, "GET", "/healthz").status, 200)


class Draining(Admin):
    def setUp(self):
        self.server = self.admin(drain={"window": "5s", "deadline": "5s"})

    def test_it_is_alive_and_not_ready(self):
        self.stream(self.server)
        with Connection(self.admin_listener()) as connection:
            self.assertEqual(connection.request("GET", "/readyz").response().status, 200)
            self.server.signal(signal.SIGTERM)
            self.server.stderr.wait(lambda line: "draining" in line)
            self.assertEqual(connection.request("GET", "/readyz").response().status, 503)
            self.assertEqual(connection.request("GET", "/healthz").response().status, 200)
            self.assertEqual(connection.request("GET", "/metrics").response().status, 200)
        self.server.signal(signal.SIGTERM)


class Configuration(HubCase):
    def test_it_is_off_unless_asked_for(self):
        server = self.hub(config())
        self.assertEqual(self.fetch(server, "GET", "/metrics").status, 404)
        server.stop()
        self.assertNotIn("(admin)", "\n".join(server.stderr.rest()))

    def test_a_port_in_use_is_told(self):
        server = self.hub(config())
        address = server.url.removeprefix("http://")
        path = self.file(f"listen: [127.0.0.1:0]\nadmin: {address}\n")
        ended = harness.run("serve", "-c", str(path))
        self.assertEqual(ended.returncode, 2)
        self.assertIn(f"cannot listen on {address}", ended.stderr)
        self.assertIn("choose with admin", ended.stderr)

    def test_another_network_is_refused_with_its_place(self):
        path = self.file("admin: 0.0.0.0:9090\n")
        ended = harness.run("serve", "--check", "-c", str(path))
        self.assertEqual(ended.returncode, 2)
        self.assertIn(f"{path}:1:8: admin: '0.0.0.0:9090': not on loopback", ended.stderr)


class Documents(harness.TestCase):
    def test_the_manual_has_every_row_of_the_table(self):
        labels = {"NONE": "", "CLOSE": "`reason`", "REFUSAL": "`rule`, `reason`",
                  "FAULT": "`reason`", "END": "`reason`", "VERSION": "`version`"}
        self.assertGreater(len(TABLE), 10)
        rows = [f"| `{name}` | {kind} | {labels[set_]} | {text} |".replace("|  |", "| |")
                for name, kind, set_, text in TABLE]
        found = [line for line in DOCUMENT.splitlines() if line.startswith("| `sluice_")]
        self.assertEqual(found, rows)

    def test_alerts_use_what_there_is(self):
        names = {row[0] for row in TABLE}
        self.assertEqual(set(re.findall(r"sluice_\w+", ALERTS)) - names, set())
        refusals = (ROOT / "src/policy/refusals.def").read_text()
        rules = re.findall(r"G\d{3}", ALERTS)
        self.assertTrue(rules)
        self.assertEqual([rule for rule in rules if f'"{rule}"' not in refusals], [])
        words = "".join((ROOT / path).read_text() for path in (
            "src/stream/close.def", "src/identity/auth_fault.def"))
        reasons = re.findall(r'reason=~?"([^"]+)"', ALERTS)
        self.assertEqual([reason for group in reasons for reason in group.split("|")
                          if f'"{reason}"' not in words], [])

    def test_the_manual_names_every_alert(self):
        for alert in re.findall(r"alert: (\w+)", ALERTS):
            self.assertIn(f"`{alert}`", DOCUMENT)


if __name__ == "__main__":
    unittest.main()
