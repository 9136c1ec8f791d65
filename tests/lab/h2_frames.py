# SPDX-License-Identifier: Apache-2.0
"""Frames of HTTP/2 (RFC 9113) as bytes, whatever they say, for both ends of a connection."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING = 0, 1, 2, 3, 4, 6
GOAWAY, WINDOW_UPDATE, CONTINUATION, PRIORITY_UPDATE = 7, 8, 9, 16
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _string(text):
    """A length in 7 bits and what follows, without Huffman's code (RFC 7541 5)."""
    data = text.encode("latin-1")
    if len(data) < 127:
        return bytes([len(data)]) + data
    rest, size = len(data) - 127, b"\x7f"
    while rest >= 128:
        size, rest = size + bytes([rest % 128 + 128]), rest // 128
    return size + bytes([rest]) + data


def block(*fields, first=b"\0"):
    """A header block of literals that no table keeps (RFC 7541 6.2.2); `first`: how the fields
    are announced."""
    return b"".join(first + _string(name) + _string(value) for name, value in fields)
