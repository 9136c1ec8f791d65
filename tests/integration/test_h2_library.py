# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 with a library that shares no code with ours: python3-h2, which checks each frame we send.

curl, Node and h2load all use nghttp2, as Sluice does: they would share its mistakes.
"""

import signal
import sys
import time
import unittest

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, where python3 is another one

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

from harness import RECV_MAX, TIMEOUT, Connection
from hub_lab import KEY, HubCase, config

SMALL_WINDOW = 16
STREAMS = 100
RESETS = 2000  # far past the budget of docs/http2.md
BODY = 1000000


class Peer(Connection):
    """A connection driven by h2. What comes is kept by stream."""

    def __init__(self, server, window=65535, tls=None):
        super().__init__(server, tls=tls)
        self.authority = f"127.0.0.1:{server.port}"
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.flush()
        self.heads, self.bodies, self.ended, self.resets = {}, {}, set(), {}
        self.goaway = None  # the ConnectionTerminated
        self.acks = 0
        self.wait(lambda: self.acks == 2)  # of both SETTINGS: the windows are what they will be

    def flush(self):
        try:
            self.sock.sendall(self.h2.data_to_send())
        except ConnectionError:
            pass  # what is read next says why

    def ask(self, path, *fields, method="GET", ends=True):
        """Sends the head of a request; gives its stream."""
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [(":method", method), (":path", path), (":scheme", "http"),
                                      (":authority", self.authority), *fields], end_stream=ends)
        self.bodies[stream] = b""
        self.flush()
        return stream

    def send_body(self, stream, body):
        """As the windows allow, waiting for each update."""
        while body:
            self.wait(lambda: self.h2.local_flow_control_window(stream) > 0)
            size = min(len(body), self.h2.local_flow_control_window(stream),
                       self.h2.max_outbound_frame_size)
            self.h2.send_data(stream, body[:size])
            self.flush()
            body = body[size:]
        self.h2.end_stream(stream)
        self.flush()

    def take(self, event):
        match event:
            case h2.events.ResponseReceived():
                self.heads[event.stream_id] = dict(event.headers)
            case h2.events.DataReceived():
                self.bodies[event.stream_id] += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.StreamEnded():
                self.ended.add(event.stream_id)
            case h2.events.StreamReset():
                self.resets[event.stream_id] = event.error_code
            case h2.events.SettingsAcknowledged():
                self.acks += 1
            case h2.events.ConnectionTerminated():
                self.goaway = event

    def wait(self, wanted):
        """Reads until wanted() holds."""
        deadline = time.monotonic() + TIMEOUT
        while not wanted():
            data = self.sock.recv(RECV_MAX)
            if not data or time.monotonic() > deadline:
                raise AssertionError(f"did not come; ended by {self.goaway}")
            for event in self.h2.receive_data(data):
                self.take(event)
            self.flush()

    def open(self, path="/stream?topic=t"):
        """A stream that has said `connected`."""
        stream = self.ask(path, ("accept", "text/event-stream"))
        self.wait(lambda: b"event: connected" in self.bodies[stream])
        return stream


class Library(HubCase):
    def peer(self, server, **options):
        peer = Peer(server, **options)
        self.addCleanup(peer.close)
        return peer

    def test_a_hundred_streams_of_one_connection_get_each_event(self):
        server = self.hub(config(limits={"per-address": "off"}))
        peer = self.peer(server)
        streams = [peer.open() for _ in range(STREAMS)]
        self.publisher(server).publish("one for all")
        peer.wait(lambda: all(b"data: one for all" in peer.bodies[s] for s in streams))
        for stream in streams:
            self.assertEqual(peer.heads[stream][":status"], "200")
            self.assertEqual(peer.heads[stream]["content-type"],
                             "text/event-stream; charset=utf-8")
            self.assertNotIn("connection", peer.heads[stream])
        self.assertEqual((peer.ended, peer.resets), (set(), {}))

    def test_a_body_of_many_windows_is_published(self):
        server = self.hub(config(publish={"max-body": "2MiB", "max-event": "1MiB"}))
        peer = self.peer(server)
        stream = peer.ask("/publish", ("authorization", f"Bearer {KEY}"),
                          ("content-type", "application/json"), method="POST", ends=False)
        peer.send_body(stream, b'{"topic": "t", "data": "%s"}' % (b"x" * BODY))
        peer.wait(lambda: stream in peer.ended)
        self.assertEqual(peer.heads[stream][":status"], "200", peer.bodies[stream])

    def test_a_window_of_a_few_bytes_gets_all_bytes_in_order(self):
        server = self.hub()
        peer = self.peer(server, window=SMALL_WINDOW)
        stream = peer.open()
        publisher = self.publisher(server)
        for number in range(20):
            publisher.publish(f"event {number} of a few")
        peer.wait(lambda: b"data: event 19 of a few\n\n" in peer.bodies[stream])
        places = [peer.bodies[stream].find(b"data: event %d of a few\n\n" % n) for n in range(20)]
        self.assertEqual(places, sorted(places))
        self.assertNotIn(-1, places)

    def test_a_reader_that_lets_go_leaves_the_others(self):
        server = self.hub()
        peer = self.peer(server)
        one, other = peer.open(), peer.open()
        peer.h2.reset_stream(one, h2.errors.ErrorCodes.CANCEL)
        peer.flush()
        self.publisher(server).publish("for who stays")
        peer.wait(lambda: b"data: for who stays" in peer.bodies[other])
        self.assertNotIn(b"for who stays", peer.bodies[one])

    def test_a_shutdown_is_told_before_the_streams_end(self):
        server = self.unclean()
        peer = self.peer(server)
        peer.open()
        server.signal(signal.SIGTERM)
        peer.wait(lambda: peer.goaway is not None)  # h2 takes no frame behind it
        self.assertEqual(peer.goaway.error_code, h2.errors.ErrorCodes.NO_ERROR)
        self.assertEqual(server.stop(), 0)

    def test_rapid_resets_end_the_connection(self):
        server = self.hub(config(limits={"per-address": "off"}))
        peer = self.peer(server)
        for _ in range(RESETS):
            stream = peer.ask("/stream?topic=t", ("accept", "text/event-stream"))
            peer.h2.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
            peer.flush()
        peer.wait(lambda: peer.goaway is not None)
        self.assertEqual(peer.goaway.error_code, h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)
        self.assertIsNotNone(self.peer(server).open())


if __name__ == "__main__":
    unittest.main()
