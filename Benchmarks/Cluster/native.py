"""The native protocol as a client speaks it: greeting, frames, requests and answers. Nothing but Python's own library.

The layout is told beside the code that answers it: Sources/Ground/Transport (Hello, Frame) and
Sources/Database/Store/Requests.
"""
import json
import socket
import struct


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ 0x82F63B78 if byte & 1 else byte >> 1
        table.append(byte)
    return table


_TABLE = _crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    table = _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


# MARK: The greeting

HELLO_MAGIC = b"\xb0ROOST\r\n"
WELCOME_MAGIC = b"\xb0roost\r\n"
GREETING_SIZE = 48


def hello(role=1, lane=0, cluster=0, caller=0, target=0, version=1):
    """A client's by default; role 0 is a node's."""
    body = HELLO_MAGIC + struct.pack("<HBB", version, role, lane) + cluster.to_bytes(16, "little")
    body += struct.pack("<QQ", caller, target)
    return body + struct.pack("<I", crc32c(body))


class Refused(Exception):
    """The node turned the connection away, or is not one."""


def read_welcome(data):
    """The answering node's number and cluster."""
    if data[:8] != WELCOME_MAGIC:
        raise Refused("not a Roost peer port")
    _, status, _ = struct.unpack_from("<HBB", data, 8)
    if status:
        raise Refused("turned away with status %d" % status)
    return struct.unpack_from("<Q", data, 28)[0], int.from_bytes(data[12:28], "little")


# MARK: Frames

PAYLOAD, PING, PONG = 0, 1, 2


def frame(payload, kind=PAYLOAD):
    word = struct.pack("<I", kind << 30 | len(payload))
    return word + struct.pack("<I", crc32c(word + payload)) + payload


def frames(buffer):
    """Takes complete frames off the front of a bytearray: pairs of kind and payload. TCP keeps the bytes whole, so
    the checksum is not computed here."""
    found = []
    offset = 0
    while len(buffer) - offset >= 8:
        word = struct.unpack_from("<I", buffer, offset)[0]
        end = offset + 8 + (word & 0x3FFFFFFF)
        if len(buffer) < end:
            break
        found.append((word >> 30, bytes(buffer[offset + 8 : end])))
        offset = end
    del buffer[:offset]
    return found


# MARK: Requests and answers


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data, offset):
    result = shift = 0
    while True:
        byte = data[offset]
        offset += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, offset
        shift += 7


def _text(data):
    return varint(len(data)) + data


def put(key, value):
    return b"\x03" + _text(key) + _text(value)


def get(key, stale=False):
    return b"\x05" + (b"\x01" if stale else b"\x00") + _text(key)


def scan(lower, upper, limit):
    return b"\x06\x00" + _text(lower) + _text(upper) + varint(limit)


def application(opcode, body=b""):
    return bytes([opcode]) + body


COMMITTED, ABSENT, VALUE, PAIRS, APPLICATION, FAILURE = 1, 3, 4, 5, 6, 8
STATUS_OPCODE, TRANSFER_OPCODE = 65, 66


def answer(payload):
    """The request's number, the answer's status and the offset of the rest."""
    number, offset = read_varint(payload, 0)
    return number, payload[offset], offset + 1


def read_pairs(payload, offset):
    count, offset = read_varint(payload, offset)
    pairs = []
    for _ in range(count):
        length, offset = read_varint(payload, offset)
        key = payload[offset : offset + length]
        offset += length
        length, offset = read_varint(payload, offset)
        pairs.append((key, payload[offset : offset + length]))
        offset += length
    return pairs


class Session:
    """One connection that asks and waits: for what need not be fast."""

    def __init__(self, address, timeout=2.0):
        self.socket = socket.create_connection(address, timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.waiting = []
        self.next = 1
        try:
            self.socket.sendall(hello())
            while len(self.buffer) < GREETING_SIZE:
                self._receive()
            self.node, self.cluster = read_welcome(bytes(self.buffer[:GREETING_SIZE]))
            del self.buffer[:GREETING_SIZE]
        except BaseException:
            self.close()
            raise

    def _receive(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError("closed by the node")
        self.buffer += data

    def ask(self, request):
        """The answer's status and what follows it."""
        self.socket.sendall(frame(varint(self.next) + request))
        wanted = self.next
        self.next += 1
        while True:
            for kind, payload in frames(self.buffer):
                if kind == PAYLOAD:
                    number, status, offset = answer(payload)
                    if number == wanted:
                        return status, payload[offset:]
            self._receive()

    def status(self):
        status, body = self.ask(application(STATUS_OPCODE))
        if status != APPLICATION:
            raise ConnectionError("no status: answer %d" % status)
        return json.loads(body)

    def close(self):
        self.socket.close()
