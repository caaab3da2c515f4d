#!/usr/bin/env python3
"""Fuzzed messages on each face of a cluster: SQL start-up, SQL messages after it, the peer greeting, peer frames, and native
requests. Valid messages, some of them recorded from the cluster itself, are mutated; some are random. The nodes must live,
answer afterwards, and stay within their memory.

    fuzz.py                             100,000 messages on each of five faces, about fifteen minutes
    fuzz.py --messages 2000 --faces peer-frames --seed 7

The nodes run with ROOST_INSECURE=true, so that frames get past the greeting. A seed repeats the bytes, not the moments; what
was sent last is kept in a file when a node ends. Needs root, to record.
"""
import collections
import os
import random
import select
import socket
import struct
import sys
import tempfile
import time

from nodes import Nodes, Verdict, arguments_parser, benched, native
from recorder import Recorder
from wire import CANCEL_REQUEST, TLS_REQUEST, message, query, startup

MEMORY = 1024  # mebibytes of each node at the most
ANSWERS = 30.0  # seconds after a face until the cluster must serve again
PER_CONNECTION = 25
OPEN = 32  # connections at once
PATIENCE = 1.0  # seconds for the last answer: a mutated length may let a node wait for more
KEPT = 20  # connections whose bytes are kept for the report

STATEMENTS = [
    "SELECT 1", "SELECT a, count(*) FROM f GROUP BY a ORDER BY 2 DESC LIMIT 3", "INSERT INTO f VALUES (1, 'x', 2.5)",
    "UPDATE f SET b = b || 'y' WHERE a = 3", "DELETE FROM f WHERE a BETWEEN 5 AND 6", "BEGIN", "COMMIT", "ROLLBACK",
    "SELECT * FROM f x JOIN f y ON x.a = y.a WHERE x.b LIKE 'a%_\\%' ESCAPE '\\'", "SELECT substr('é€😀', 2, 1), 1e10::numeric / 3",
    "SELECT sum(a) OVER (PARTITION BY b ORDER BY c ROWS 2 PRECEDING) FROM f", "SELECT '2020-01-31'::date + interval '1 month'",
    "WITH t AS (SELECT 1 UNION ALL SELECT 2) SELECT * FROM t", "SELECT CASE WHEN a > 1 THEN 'x' ELSE NULL END FROM f",
    "SELECT E'\\\\x41'::bytea, U&'\\0041', $tag$text$tag$, B'01'", "SHOW statement_timeout", "EXPLAIN SELECT * FROM f WHERE a = 1",
    "SET statement_timeout = '2s'", "PREPARE p AS SELECT $1::int", "EXECUTE p(1)", "SELECT to_char(now(), 'YYYY-MM-DD')",
    "SELECT regexp_replace('abc', '(b)', '[\\1]', 'g')", "SELECT 'a' ~ '[[:alpha:]]{1,3}(x|y)*$'", ";;", "-- nothing", "/* /* */ */",
]
# Larger than a count of the protocol can say, or than a parser should walk twice. Sent as they are, now and then.
LARGE = [
    "SELECT " + ",".join(["1"] * 65_536), "SELECT 1 " + "+-" * 200_000 + "1", "SELECT " + "(" * 50_000 + "1" + ")" * 50_000,
    "SELECT '" + "x" * 1_000_000 + "'", "SELECT 1 IN (" + ",".join(["2"] * 20_000) + ")", ";" * 100_000]
LARGE_SHARE = 0.0005
INTERESTING = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x3FFFFFFF]


class Mutator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def mutate(self, data, samples):
        """One to four changes; sometimes none, sometimes nothing but noise."""
        choice = self.random.random()
        if choice < 0.05:
            return self.random.randbytes(self.random.randrange(200))
        if choice < 0.1:
            return data
        data = bytearray(data)
        for _ in range(self.random.randrange(1, 5)):
            self._change(data, samples)
        return bytes(data)

    def _change(self, data, samples):
        random_source = self.random
        place = random_source.randrange(len(data) + 1)
        what = random_source.randrange(8)
        if what == 0 and data:
            data[place % len(data)] ^= 1 << random_source.randrange(8)
        elif what == 1 and data:
            data[place % len(data)] = random_source.choice(INTERESTING[:5])
        elif what == 2:
            del data[place:]
        elif what == 3:
            data[place:place] = random_source.randbytes(random_source.randrange(1, 20))
        elif what == 4:
            size = random_source.choice([1, 2, 4, 8])
            number = random_source.choice(INTERESTING) & (1 << 8 * size) - 1
            data[place : place + size] = number.to_bytes(size, random_source.choice(["little", "big"]))
        elif what == 5:
            end = place + random_source.randrange(40)
            data[place:place] = data[place:end] * random_source.randrange(1, 5)
        elif what == 6:
            other = random_source.choice(samples)
            data[place:] = other[random_source.randrange(len(other) + 1) :]
        else:
            data[place:place] = native.varint(random_source.choice(INTERESTING + [1 << 62, (1 << 64) - 1]))


# MARK: Faces. Each gives, for one connection, its address, what is said first, and the messages.


class Startup:
    """A message is a whole connection: nothing valid can follow a start-up that is not."""

    name = "sql-startup"
    question = last = b""

    def __init__(self, nodes, recordings):
        self.samples = [
            startup(), startup((("user", "roost"), ("database", "roost"), ("options", "-c statement_timeout=5s"))),
            startup((("user", "roost"), ("client_encoding", "UTF8"), ("application_name", "x" * 200), ("replication", "database"))),
            struct.pack(">II", 8, TLS_REQUEST), struct.pack(">II", 8, 80877104), struct.pack(">IIII", 16, CANCEL_REQUEST, 1, 2),
            struct.pack(">II", 8, TLS_REQUEST) + startup(), startup() + query("SELECT 1"), startup() + message(b"X")]

    def connection(self, nodes, mutator):
        node = mutator.random.choice(list(nodes.nodes))
        return (nodes.host, nodes.port + node - 1), b"", [mutator.mutate(mutator.random.choice(self.samples), self.samples)]


class Messages:
    name = "sql-messages"
    question, last = message(b"S") + query("ROLLBACK; SELECT 'fuzz-' || 'over'"), b"fuzz-over"

    def __init__(self, nodes, recordings):
        self.samples = [sql.encode() + b"\0" for sql in STATEMENTS]
        self.bodies = {
            b"Q": self.samples,
            b"P": [b"s\0" + sql + b"\0\0" for sql in self.samples] + [b"\0SELECT $1::int + $2\0\0\x02\0\0\0\x17\0\0\0\x17"],
            b"B": [b"\0s\0\0\0\0\0\0\0", b"\0\0\0\x01\0\x01\0\x02\0\0\0\x04\0\0\0\x07\0\0\0\x04\0\0\0\x07\0\x01\0\x01", b"p\0s\0\0\0\0\x01\xff\xff\xff\xff\0\0"],
            b"D": [b"Ss\0", b"P\0", b"Pp\0"], b"E": [b"\0\0\0\0\0", b"p\0\0\0\0\x01"], b"C": [b"Ss\0", b"Pp\0"],
            b"S": [b""], b"H": [b""], b"F": [b"\0\0\0\x01\0\0\0\0\0\0"], b"d": [b"1\tx\n"], b"c": [b""], b"f": [b"no\0"], b"p": [b"secret\0"],
        }
        self.kinds = list(b"QQQQPPPBBBDDEEECSSHFdcfp")

    def connection(self, nodes, mutator):
        node = mutator.random.choice(list(nodes.nodes))
        found = []
        for _ in range(PER_CONNECTION):
            if mutator.random.random() < LARGE_SHARE:
                found.append(query(mutator.random.choice(LARGE)))
                continue
            kind = bytes([mutator.random.choice(self.kinds)])
            body = mutator.mutate(mutator.random.choice(self.bodies[kind]), self.samples)
            whole = message(kind, body)
            # Most keep their frame, or the first error would end the connection.
            if mutator.random.random() < 0.005:
                whole = kind + mutator.random.choice(INTERESTING).to_bytes(4, "big") + body
            found.append(whole)
        return (nodes.host, nodes.port + node - 1), startup() + query("SET statement_timeout = '2s'"), found


class Greeting:
    name = "peer-greeting"
    question = last = b""

    def __init__(self, nodes, recordings):
        self.samples = [each[:400] for each in recordings if each] + [native.hello(), native.hello(role=0), native.hello(version=2)]

    def connection(self, nodes, mutator):
        node = mutator.random.choice(list(nodes.nodes))
        greeting = mutator.mutate(mutator.random.choice(self.samples), self.samples)
        if mutator.random.random() < 0.5 and len(greeting) >= 44:
            # With a right checksum, so that what it covers is looked at.
            greeting = greeting[:44] + struct.pack("<I", native.crc32c(greeting[:44])) + greeting[48:]
        return nodes.address(node), b"", [greeting]


class Frames:
    """Frames of a node, after the greeting of one that was recorded."""

    name = "peer-frames"
    question, last = native.frame(b"", native.PING), native.frame(b"", native.PONG)

    def __init__(self, nodes, recordings):
        self.greetings, self.samples = [], []
        for each in recordings:
            greeting, rest = each[: native.GREETING_SIZE], bytearray(each[native.GREETING_SIZE :])
            payloads = [payload for _, payload in native.frames(rest) if payload]
            if greeting[:8] == native.HELLO_MAGIC and payloads:
                self.greetings.append(greeting)
                self.samples += payloads
        if not self.samples:
            raise SystemExit("no frames of nodes were recorded")

    def connection(self, nodes, mutator):
        node = mutator.random.choice(list(nodes.nodes))
        found = []
        for _ in range(PER_CONNECTION):
            payload = mutator.mutate(mutator.random.choice(self.samples), self.samples)
            kind = native.PAYLOAD if mutator.random.random() < 0.95 else mutator.random.randrange(4)
            found.append(native.frame(payload, kind))
        return nodes.address(node), mutator.random.choice(self.greetings), found


class Requests:
    """Native requests of a client."""

    name = "native-requests"
    question, last = native.frame(b"", native.PING), native.frame(b"", native.PONG)

    def __init__(self, nodes, recordings):
        key = b"\x01Kfuzz"
        self.samples = [
            native.put(key, b"v" * 50), native.get(key), native.get(key, stale=True), native.scan(key, key + b"\xff", 100), b"\x04\x06" + key,
            b"\x01\x02" + bytes(8) + b"\x01\x06" + key + b"\0" + b"\x01\x01\x06" + key + b"\x01v",
            native.application(native.STATUS_OPCODE), native.application(67, b"{}"), native.application(native.TRANSFER_OPCODE, b'{"target":"node1"}')]

    def connection(self, nodes, mutator):
        node = mutator.random.choice(list(nodes.nodes))
        found = []
        for number in range(PER_CONNECTION):
            request = mutator.mutate(mutator.random.choice(self.samples), self.samples)
            found.append(native.frame(native.varint(number + 1) + request))
        return nodes.address(node), native.hello(), found


FACES = {face.name: face for face in (Startup, Messages, Greeting, Frames, Requests)}


class Conversation:
    """One connection with its messages, and after them a question whose answer tells that the node has got to it."""

    def __init__(self, face, address, first, messages):
        self.last = face.last
        self.sent = 0
        self.received = b""
        self.is_open = False
        try:
            self.socket = socket.create_connection(address, 5)
            self.socket.sendall(first)
            self.is_open = True
            for each in messages:
                self.socket.sendall(each)
                self.sent += 1
                self.drain()
            self.socket.sendall(face.question)
        except OSError:
            # Closed by the node in the middle, as it should be after an error of the protocol.
            self.is_open = False

    @property
    def is_answered(self):
        return bool(self.last) and self.last in self.received

    def drain(self, seconds=0.0):
        while self.is_open and not self.is_answered and select.select([self.socket], [], [], seconds)[0]:
            try:
                data = self.socket.recv(1 << 16)
            except OSError:
                data = b""
            self.received = (self.received + data)[-100_000:]
            self.is_open = bool(data)

    def close(self):
        """Waits for the answer, if there is a question; whether the node has said something to the last."""
        deadline = time.monotonic() + PATIENCE
        while self.last and self.is_open and not self.is_answered and time.monotonic() < deadline:
            self.drain(deadline - time.monotonic())
        self.drain()
        if hasattr(self, "socket"):
            self.socket.close()
        return self.is_answered or not self.is_open


def serves(nodes):
    return all(nodes.answers(node) for node in nodes.nodes) and nodes.query(
        "INSERT INTO f VALUES (9, 'z', 1) ON CONFLICT (a) DO UPDATE SET c = 2") is not None


def try_face(nodes, verdict, face, arguments):
    mutator = Mutator("%s %d" % (face.name, arguments.seed))
    total, settled, held, highest, last = 0, 0, 0, 0.0, []
    conversations = collections.deque()
    begun = time.monotonic()
    while total < arguments.messages and not nodes.dead():
        address, first, messages = face.connection(nodes, mutator)
        last = last[-KEPT:] + [(address, first, messages)]
        conversation = Conversation(face, address, first, messages)
        held += 1
        total += conversation.sent
        conversations.append(conversation)
        if len(conversations) > OPEN:
            settled += conversations.popleft().close()
        highest = max([highest] + [nodes.resident(node) for node in nodes.nodes])
        if time.monotonic() - begun > arguments.limit:
            break
    settled += sum(conversation.close() for conversation in conversations)
    print(
        "%s: %d messages on %d connections in %.0f s, %d answered or closed by the node, nodes at most %.0f MB"
        % (face.name, total, held, time.monotonic() - begun, settled, highest), flush=True)
    verdict.check("%s: %d messages" % (face.name, arguments.messages), total >= arguments.messages, total)
    if not verdict.check("%s: the nodes live" % face.name, not nodes.dead(), "; ".join(nodes.dead())):
        handle, path = tempfile.mkstemp(prefix="roost-fuzz-")
        with os.fdopen(handle, "w") as file:
            file.write("\n".join(repr(each) for each in last))
        print("seed %d; what was sent last: %s" % (arguments.seed, path))
        for node in nodes.nodes:
            if not nodes.is_alive(node):
                print(nodes.tail(node))
                nodes.start(node)
    verdict.check("%s: within %d MB" % (face.name, MEMORY), highest < MEMORY, "%.0f MB" % highest)
    is_serving = nodes.eventually("the cluster serves", lambda: serves(nodes), ANSWERS)
    verdict.check("%s: the cluster serves afterwards" % face.name, is_serving)
    # Forged votes of nodes that need prove nothing may have moved the leadership.
    puts = nodes.eventually(
        "native puts go through", lambda: benched(nodes.bench("put", 4, 0.5), 60)["ops_per_second"] > 0, ANSWERS)
    verdict.check("%s: native puts go through afterwards" % face.name, puts)


def main():
    parser = arguments_parser(__doc__, 26700)
    parser.add_argument("--messages", type=int, default=100_000, help="on each face")
    parser.add_argument("--faces", nargs="+", choices=list(FACES), default=list(FACES), metavar="FACE", help=", ".join(FACES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=600, help="seconds for a face")
    arguments = parser.parse_args()
    verdict = Verdict()
    nodes = Nodes(arguments.roost, arguments.port, environment={"ROOST_INSECURE": "true"})
    try:
        recorder = Recorder(nodes.address(node)[1] for node in nodes.nodes)
        nodes.start_all()
        nodes.query("CREATE TABLE f (a int PRIMARY KEY, b text, c numeric)")
        benched(nodes.bench("put", 2, 0.5, warm_up=0), 60)
        recordings = recorder.end()
        for name in arguments.faces:
            try_face(nodes, verdict, FACES[name](nodes, recordings), arguments)
    finally:
        nodes.end()
    return verdict.end()


if __name__ == "__main__":
    sys.exit(main())
