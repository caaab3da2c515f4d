"""Strangers: what somebody does to the ports of a cluster who has no business there. Each is one process that goes on
until it is killed, and can be started by strangers.py only."""
import os
import random
import socket
import struct
import sys
import time

from nodes import native
from wire import CANCEL_REQUEST, PROTOCOL, TLS_REQUEST, startup

HELD = 40  # connections that one stranger holds open at most


OWN_ADDRESS = None


def connect(address, timeout=2.0):
    return socket.create_connection(address, timeout, source_address=OWN_ADDRESS)


class Held:
    """Connections kept open; the oldest goes when there are too many, and those that the node has closed."""

    def __init__(self, most=HELD):
        self.most = most
        self.connections = []

    def add(self, connection):
        self.connections.append(connection)
        if len(self.connections) > self.most:
            self.connections.pop(0).close()

    def drip(self, byte):
        for connection in list(self.connections):
            try:
                connection.send(byte)
            except OSError:
                connection.close()
                self.connections.remove(connection)


# MARK: Kinds. Each is called again and again with all addresses of all nodes, the peer addresses first, and its own memory.


def half_open(target, memory):
    """Connects and says nothing, or the first bytes of something."""
    connection = connect(target.any())
    connection.send(target.random.choice([b"", b"\x00", native.HELLO_MAGIC[:4], startup()[:6], b"GET "]) or b"")
    memory.add(connection)


def slow(target, memory):
    """One byte a second on many connections."""
    if len(memory.connections) < HELD:
        memory.add(connect(target.any()))
        return
    memory.drip(target.random.randbytes(1))
    time.sleep(1)


def garbage(target, memory):
    with connect(target.any()) as connection:
        for _ in range(20):
            connection.send(target.random.randbytes(target.random.randrange(1, 5000)))
        connection.recv(100)


def flood(target, memory):
    """Connects and goes."""
    for _ in range(50):
        connect(target.any()).close()


def resets(target, memory):
    """Connects and breaks off with a reset, some bytes unread."""
    for _ in range(20):
        connection = connect(target.any())
        connection.send(b"x" * target.random.randrange(64))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def greetings(target, memory):
    """Greets as a client, as a node and as nobody, in all versions, with forged names."""
    for _ in range(5):
        connection = connect(target.peer())
        connection.send(native.hello(
            role=target.random.randrange(4), lane=target.random.randrange(5), cluster=target.random.getrandbits(128),
            caller=target.random.choice([0, 1, 2, 3, target.random.getrandbits(64)]),
            target=target.random.choice([0, 1, 2, 3, target.random.getrandbits(64)]),
            version=target.random.choice([0, 1, 2, 3, 65535])))
        memory.add(connection)


def wrong_secret(target, memory):
    """A greeting of the second version, and an answer to whatever challenge comes that can't be right."""
    with connect(target.peer()) as connection:
        connection.send(native.hello(role=target.random.randrange(2), version=2) + target.random.randbytes(96))
        connection.recv(4096)
        connection.send(target.random.randbytes(target.random.choice([32, 48, 64, 96, 128])))
        connection.recv(4096)


def forged_frames(target, memory):
    """Frames of a node: heartbeats, votes and appends of terms far ahead, with a right checksum."""
    with connect(target.peer()) as connection:
        connection.send(native.hello(role=target.random.randrange(2), lane=target.random.randrange(3), version=1))
        welcome = connection.recv(4096)
        if len(welcome) >= native.GREETING_SIZE:
            cluster, node = int.from_bytes(welcome[12:28], "little"), struct.unpack_from("<Q", welcome, 28)[0]
            other = connect(target.peer())
            other.send(native.hello(0, 0, cluster, target.random.randrange(1, 4), node))
            memory.add(other)
        for _ in range(50):
            body = bytes([target.random.randrange(16)]) + target.random.randbytes(target.random.randrange(1, 200))
            connection.send(native.frame(body, kind=target.random.randrange(3)))
        connection.recv(4096)


def lengths(target, memory):
    """Sizes that nothing follows, on each kind of port."""
    connection = connect(target.peer())
    connection.send(native.hello() + struct.pack("<II", target.random.choice([0x3FFFFFFF, 64 << 20, 1 << 20]), 0))
    memory.add(connection)
    connection = connect(target.sql())
    size = target.random.choice([0, 1, 3, 7, 10_000, 0x7FFFFFFF, 0xFFFFFFFF])
    connection.send(struct.pack(">II", size, PROTOCOL))
    memory.add(connection)
    connection = connect(target.sql())
    connection.send(startup() + b"Q" + struct.pack(">I", 0x7FFFFFFF) + b"SELECT 1")
    memory.add(connection)


def endless_startup(target, memory):
    """Start-up packets whose parameters go on and on."""
    with connect(target.sql()) as connection:
        connection.send(struct.pack(">II", 10_000, PROTOCOL))
        for _ in range(200):
            connection.send(b"user\0x\0" * 10)
            time.sleep(0.05)


def tls(target, memory):
    """The first bytes of TLS, with and without PostgreSQL's request for it, again and again."""
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + target.random.randbytes(500)
    with connect(target.any()) as connection:
        connection.send(hello)
        connection.recv(100)
    with connect(target.sql()) as connection:
        for _ in range(10):
            connection.send(struct.pack(">II", 8, TLS_REQUEST))
            connection.recv(1)
        connection.send(hello)
        connection.recv(100)


def http(target, memory):
    with connect(target.any()) as connection:
        connection.send(b"GET /cluster/status HTTP/1.1\r\nHost: x\r\n" + b"X-Y: %s\r\n" % (b"z" * 2000) * 5 + b"\r\n")
        connection.recv(100)


def cancels(target, memory):
    """Cancel requests with keys that are not theirs."""
    for _ in range(20):
        with connect(target.sql()) as connection:
            connection.send(struct.pack(
                ">IIII", 16, CANCEL_REQUEST, target.random.randrange(100), target.random.getrandbits(32)))


def replay(target, memory):
    """What an honest client or node once said, said again: a recording made through a relay."""
    for recording in target.recordings:
        with connect(target.peer()) as connection:
            connection.send(recording)
            connection.recv(4096)
            memory.add(connect(target.peer()))


def sessions(target, memory):
    """Complete start-ups, as anybody can do them, that then sit there."""
    connection = connect(target.sql())
    connection.send(startup())
    connection.recv(4096)
    memory.add(connection)


def burners(target, memory):
    """No stranger: only burns its share. What honest clients lose beside these is the machine's part."""
    sum(range(20_000))


KINDS = [
    half_open, slow, garbage, flood, resets, greetings, wrong_secret, forged_frames, lengths, endless_startup, tls, http,
    cancels, replay, sessions]


class Target:
    def __init__(self, host, ports, recordings, seed):
        self.host, self.ports, self.recordings = host, ports, recordings
        self.random = random.Random(seed)

    def any(self):
        return (self.host, self.random.choice(self.random.choice(self.ports)))

    def sql(self):
        return (self.host, self.random.choice(self.ports)[0])

    def peer(self):
        return (self.host, self.random.choice(self.ports)[1])


def main(kind, host, ports, recordings, seed, parent):
    """
    ports: of each node, the SQL port, the peer port, and the others.
    parent: the process without which a stranger ends.
    """
    global OWN_ADDRESS
    # Half of them come from addresses of their own, the others from the one that honest clients have, too.
    OWN_ADDRESS = ("127.0.1.%d" % (seed % 250 + 1), 0) if seed % 2 else None
    target, memory = Target(host, ports, recordings, seed), Held()
    attempts = 0
    while os.getppid() == parent:
        attempts += 1
        try:
            kind(target, memory)
        except (OSError, struct.error):
            # Refused, closed or without an answer: what strangers should get.
            time.sleep(0.01)
    sys.exit(0)
