"""The PostgreSQL protocol without a driver: for sessions that are cut off, cancelled, slow or malformed on purpose.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""
import socket
import struct

PROTOCOL = 196608
CANCEL_REQUEST = 80877102
TLS_REQUEST = 80877103


def startup(parameters=(("user", "roost"), ("database", "roost"))):
    body = struct.pack(">I", PROTOCOL)
    body += b"".join(name.encode() + b"\0" + value.encode() + b"\0" for name, value in parameters) + b"\0"
    return struct.pack(">I", len(body) + 4) + body


def message(kind, body=b""):
    return kind + struct.pack(">I", len(body) + 4) + body


def query(sql):
    return message(b"Q", sql.encode() + b"\0")


def cancel_request(process, secret):
    return struct.pack(">IIII", 16, CANCEL_REQUEST, process, secret)


class WireSession:
    """A session over one socket. Blocks as long as the socket's timeout says."""

    def __init__(self, address, timeout=10.0, receive_buffer=None):
        self.address = address
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.buffer = b""
        self.key = (0, 0)
        try:
            self.socket.connect(address)
            self.socket.sendall(startup())
            failure = self.until_ready()
        except BaseException:
            self.socket.close()
            raise
        if failure:
            self.socket.close()
            raise ConnectionError("start-up refused with %s" % failure)

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next message: its kind and its body."""
        while len(self.buffer) < 5 or len(self.buffer) < 1 + struct.unpack_from(">I", self.buffer, 1)[0]:
            data = self.socket.recv(1 << 16)
            if not data:
                raise ConnectionError("closed by the node")
            self.buffer += data
        end = 1 + struct.unpack_from(">I", self.buffer, 1)[0]
        kind, body = self.buffer[:1], self.buffer[5:end]
        self.buffer = self.buffer[end:]
        return kind, body

    def until_ready(self):
        """Reads until the session waits for its next statement: the SQLSTATE of an error, or None."""
        failure = None
        while True:
            try:
                kind, body = self.receive()
            except ConnectionError:
                if failure:
                    return failure
                raise
            if kind == b"E":
                failure = sqlstate(body)
            elif kind == b"K":
                self.key = struct.unpack(">II", body)
            elif kind == b"Z":
                return failure

    def run(self, sql):
        self.send(query(sql))
        return self.until_ready()

    def cancel(self):
        """Asks for the running statement's end over a connection of its own, and does not wait for anything."""
        with socket.create_connection(self.address, 5) as other:
            other.sendall(cancel_request(*self.key))

    def close(self):
        self.socket.close()


def take_failure(data):
    """Takes complete messages off the front of a bytearray: the SQLSTATE of the first error among them, or None."""
    failure = None
    offset = 0
    while len(data) - offset >= 5:
        end = offset + 1 + struct.unpack_from(">I", data, offset + 1)[0]
        if len(data) < end:
            break
        if data[offset:offset + 1] == b"E" and not failure:
            failure = sqlstate(bytes(data[offset + 5 : end]))
        offset = end
    del data[:offset]
    return failure


def sqlstate(body):
    """The code of an ErrorResponse."""
    for field in body.split(b"\0"):
        if field[:1] == b"C":
            return field[1:].decode()
    return "no code"
