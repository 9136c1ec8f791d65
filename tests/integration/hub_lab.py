# SPDX-License-Identifier: Apache-2.0
"""What tests of a running hub share: a configuration, a publisher, streams that are cleaned up."""

import functools
import json
import os
import pathlib
import tempfile

import harness
from harness import PROGRAM, Connection, Server, Stream

KEY = "publish-key-of-the-tests"
BEARER = ("Authorization", f"Bearer {KEY}")
JSON = ("Content-Type", "application/json")
NDJSON = ("Content-Type", "application/x-ndjson")
ACCEPT = ("Accept", "text/event-stream")
ORIGIN = "https://app.example.com"


def config(**keys):
    """Loopback, every topic public, ends at once on SIGTERM; keys replace what stands here.

    All streams of a test come from one address, and soon: its connect rate is off unless said.
    """
    keys["limits"] = {"connect-rate": {"rate": "off"}, **keys.get("limits", {})}
    return {
        "listen": ["127.0.0.1:0"],
        "routes": [{"path": "/stream", "hub": {"public": ["**"]}}],
        "drain": {"window": "0s", "deadline": "5s"},
        **keys,
    }


@functools.cache
def is_sanitized():
    """True for the instrumented program, whose memory says little."""
    with open(PROGRAM, "rb") as file:
        return b"__asan_init" in file.read()


def sober_memory():
    """Environment in which the sanitizers do not keep freed memory back."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {"ASAN_OPTIONS": f"{options}:quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}


class Publisher:
    """A backend on one kept-alive connection."""

    def __init__(self, server, **options):
        self.connection = Connection(server, **options)

    def post(self, body, *headers, target="/publish"):
        """Sends bytes, text, or a value as JSON; gives the Response."""
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if not any(name == "Content-Type" for name, _ in headers):
            headers = (*headers, JSON)
        return self.connection.request("POST", target, (BEARER, *headers), body).response()

    def publish(self, data, topic="t", **members):
        """One event that must be taken; gives its id."""
        response = self.post({"topic": topic, "data": data, **members})
        if response.status != 200:
            raise AssertionError(response)
        return json.loads(response.body)["ids"][0]

    def close(self):
        self.connection.close()


class HubCase(harness.TestCase):
    """Servers, streams and publishers that end with the test, streams first."""

    def folder(self):
        """One that lives as long as the test."""
        return pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sluice-")))

    def file(self, text, mode=0o600):
        """Path of a file in a folder of its own."""
        path = self.folder() / "file"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return str(path)

    def hub(self, conf=None, **options):
        options.setdefault("env", {})
        options["env"] = {"SLUICE_PUBLISH_KEY": KEY, **options["env"]}
        return self.serve(conf or config(), **options)

    def unclean(self, conf=None, **options):
        """A server whose end is the test's own business."""
        server = Server(conf or config(), env={"SLUICE_PUBLISH_KEY": KEY}, **options)
        self.addCleanup(server.kill)
        return server

    def publisher(self, server, **options):
        publisher = Publisher(server, **options)
        self.addCleanup(publisher.close)
        return publisher

    def connect(self, server, **options):
        connection = Connection(server, **options)
        self.addCleanup(connection.close)
        return connection

    def stream(self, server, target="/stream?topic=t", headers=(), **options):
        """A stream that has said `connected`."""
        stream = Stream(server, target, headers, **options)
        self.addCleanup(stream.close)
        self.assertEqual(stream.status, 200)
        while (event := stream.next()) is not None and event.type != "connected":
            self.assertNotEqual(event.retry, None)
        self.assertIsNotNone(event)
        stream.first_id = event.id
        return stream

    def refused(self, response, status, rule):
        """A refusal is JSON with its rule, and no cache keeps it."""
        body = json.loads(response.body)
        self.assertEqual((response.status, body["rule"]), (status, rule), response)
        fields = dict(response.headers)
        self.assertEqual(fields["content-type"], "application/json")
        self.assertEqual(fields["cache-control"], "no-store")
        return body
