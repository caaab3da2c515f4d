"""Clients of the native protocol in a closed loop, all on one thread, and the history of what they saw.

Each client writes and reads a few keys that all share, and writes keys of its own that nobody writes twice. Beside
them, probes write at fixed times without waiting for one another, so that the first moment at which a write succeeds
again is seen no later than one interval after it came.
"""
import errno
import random
import select
import socket
import time

import native

PREFIX = b"\x01K"


class History:
    """The project's form of a history, as `roost check-history` reads it."""

    def __init__(self):
        self.lines = [";; roost history 1"]
        self.origin = time.monotonic_ns()

    def add(self, process, kind, function, key, value):
        # Keys and values are plain ASCII behind the prefix, which is the same for all of them.
        value = "nil" if value is None else '"%s"' % value.decode()
        self.lines.append(
            '{:process %d, :type :%s, :f :%s, :key "%s", :value %s, :time %d}'
            % (process, kind, function, key.decode(), value, time.monotonic_ns() - self.origin))

    def write(self, path):
        with open(path, "w") as file:
            file.write("\n".join(self.lines) + "\n")


class Operation:
    __slots__ = ("process", "function", "key", "value", "begun", "is_unique")

    def __init__(self, process, function, key, value, is_unique):
        self.process = process
        self.function = function
        self.key = key
        self.value = value
        self.is_unique = is_unique
        self.begun = time.monotonic()


class Connection:
    """One non-blocking connection to one node, made again elsewhere when it breaks."""

    def __init__(self, load, target):
        self.load = load
        self.target = target
        self.socket = None
        self.pending = {}
        self.retry_at = 0.0
        self.open()

    def open(self):
        self.is_ready = False
        self.incoming = bytearray()
        self.outgoing = bytearray(native.hello())
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.load.register(self)
        error = self.socket.connect_ex(self.load.cluster.address(self.target))
        if error not in (0, errno.EINPROGRESS):
            self.broken()

    def send(self, number, operation, request):
        self.pending[number] = operation
        self.outgoing += native.frame(native.varint(number) + request)
        self.flush()

    def flush(self):
        if self.socket is None or not self.outgoing:
            return
        try:
            sent = self.socket.send(self.outgoing)
            del self.outgoing[:sent]
        except BlockingIOError:
            pass
        except OSError:
            return self.broken()
        if self.outgoing:
            self.load.want_writing(self)

    def readable(self):
        try:
            data = self.socket.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            return self.broken()
        self.incoming += data
        if not self.is_ready:
            if len(self.incoming) < native.GREETING_SIZE:
                return
            try:
                native.read_welcome(bytes(self.incoming[: native.GREETING_SIZE]))
            except native.Refused:
                return self.broken()
            del self.incoming[: native.GREETING_SIZE]
            self.is_ready = True
            self.ready()
        for kind, payload in native.frames(self.incoming):
            if kind == native.PING:
                self.outgoing += native.frame(b"", native.PONG)
                self.flush()
            elif kind == native.PAYLOAD:
                number, status, offset = native.answer(payload)
                operation = self.pending.pop(number, None)
                if operation:
                    self.load.answered(operation, status, payload[offset:])
                self.done(status)

    def broken(self):
        if self.socket is None:
            return
        self.load.unregister(self)
        self.socket.close()
        self.socket = None
        self.is_ready = False
        lost, self.pending = self.pending, {}
        for operation in lost.values():
            self.load.unknown(operation)
        self.retry_at = time.monotonic() + 0.002
        self.target = self.target % self.load.cluster.count + 1

    def tick(self, now):
        if self.socket is None and now >= self.retry_at:
            self.open()

    def ready(self):
        pass

    def done(self, status):
        pass


class Client(Connection):
    """One operation at a time. An answer that does not come within the limit is not waited for any longer."""

    def __init__(self, load, process, target):
        self.process = process
        self.serial = 0
        self.idle_until = 0.0
        super().__init__(load, target)

    def ready(self):
        self.begin()

    def done(self, status):
        if status == native.FAILURE:
            self.idle_until = time.monotonic() + 0.005
        else:
            self.begin()

    def begin(self):
        load = self.load
        if load.is_draining or self.pending or not self.is_ready:
            return
        if load.pause:
            now = time.monotonic()
            if now < self.idle_until:
                return
            self.idle_until = now + load.pause
        choice = load.random.random()
        self.serial += 1
        number = self.serial
        value = b"%d.%d" % (self.process, number)
        if choice < 0.4:
            operation = Operation(self.process, "put", load.shared_key(), value, False)
            request = native.put(PREFIX + operation.key, value)
        elif choice < 0.7:
            operation = Operation(self.process, "get", load.shared_key(), None, False)
            request = native.get(PREFIX + operation.key)
        else:
            operation = Operation(self.process, "put", b"%su%d.%d" % (load.name, self.process, number), value, True)
            request = native.put(PREFIX + operation.key, value)
        load.begun(operation)
        self.send(number, operation, request)

    def tick(self, now):
        super().tick(now)
        if self.pending:
            for number, operation in list(self.pending.items()):
                if now - operation.begun > self.load.time_limit:
                    del self.pending[number]
                    self.load.unknown(operation)
        if not self.pending and now >= self.idle_until:
            self.begin()


class Probe(Connection):
    """Writes at fixed times, each write as a process of its own."""

    def fire(self):
        if not self.is_ready or len(self.pending) > 1000:
            return
        load = self.load
        load.probes += 1
        value = b"%d" % load.probes
        operation = Operation(1_000_000 + load.probes, "put", b"%sp%d" % (load.name, load.probes), value, True)
        load.begun(operation)
        self.send(load.probes, operation, native.put(PREFIX + operation.key, value))


class Order(Connection):
    """One request that is no client's, sent while the load goes on."""

    def __init__(self, load, node, request):
        self.request = request
        self.function = "order"
        self.answer = None
        self.begun = None
        self.ended = None
        super().__init__(load, node)

    def ready(self):
        self.begun = time.monotonic()
        self.send(1, self, self.request)


class Load:
    """
    name: what keys begin with; of its own for every load on a cluster.
    pause: seconds that a client waits between two operations.
    time_limit: seconds after which a client goes on without an answer.
    """

    def __init__(self, cluster, history, name, clients, keys=40, pause=0.0, time_limit=0.1, seed=1):
        self.cluster = cluster
        self.history = history
        self.name = name.encode()
        self.random = random.Random(seed)
        self.keys = [b"%sk%d" % (self.name, number) for number in range(keys)]
        self.pause = pause
        self.time_limit = time_limit
        self.epoll = select.epoll()
        self.by_descriptor = {}
        self.is_draining = False
        self.acknowledged = {}
        self.writes = 0
        self.operations = 0
        self.failures = {}
        self.unknowns = 0
        self.last_write = 0.0
        self.longest_gap = 0.0
        self.gap_since = None
        self.watch_since = None
        self.first_write = None
        self.probes = 0
        self.next_probe = 0.0
        self.probe_interval = None
        count = cluster.count
        self.clients = [Client(self, process, process % count + 1) for process in range(clients)]
        self.probers = [Probe(self, node) for node in cluster.nodes]

    # MARK: Events

    def register(self, connection):
        descriptor = connection.socket.fileno()
        self.by_descriptor[descriptor] = connection
        self.epoll.register(descriptor, select.EPOLLIN | select.EPOLLOUT)

    def want_writing(self, connection):
        self.epoll.modify(connection.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def unregister(self, connection):
        descriptor = connection.socket.fileno()
        self.by_descriptor.pop(descriptor, None)
        self.epoll.unregister(descriptor)

    def turn(self, limit=0.002):
        if self.probe_interval:
            limit = max(0.0, min(limit, self.next_probe - time.monotonic()))
        for descriptor, events in self.epoll.poll(limit):
            connection = self.by_descriptor.get(descriptor)
            if connection is None:
                continue
            if events & select.EPOLLOUT:
                self.epoll.modify(descriptor, select.EPOLLIN)
                connection.flush()
            if connection.socket is not None and events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                connection.readable()
        now = time.monotonic()
        for client in self.clients:
            client.tick(now)
        for probe in self.probers:
            probe.tick(now)
        if self.probe_interval and now >= self.next_probe:
            self.next_probe = now + self.probe_interval
            for probe in self.probers:
                probe.fire()

    def run(self, holds, limit, what):
        deadline = time.monotonic() + limit
        while not holds():
            if time.monotonic() > deadline:
                raise SystemExit("not within %.0f s: %s" % (limit, what))
            self.turn()

    def run_for(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.turn()

    # MARK: What is measured

    def watch(self):
        """From now on: when the first write that begins later is acknowledged, and the longest time without one."""
        now = time.monotonic()
        self.first_write = None
        self.watch_since = now
        self.gap_since = now
        self.longest_gap = 0.0

    def begin_probing(self, interval=0.004):
        self.probe_interval = interval
        self.next_probe = time.monotonic()

    def end_probing(self):
        self.probe_interval = None

    # MARK: What clients report

    def shared_key(self):
        return self.random.choice(self.keys)

    def begun(self, operation):
        self.history.add(operation.process, "invoke", operation.function, operation.key, operation.value)

    def answered(self, operation, status, rest):
        if operation.function == "order":
            operation.ended = time.monotonic()
            operation.answer = (status, rest)
            return
        add = self.history.add
        if status == native.COMMITTED:
            now = time.monotonic()
            self.writes += 1
            self.operations += 1
            add(operation.process, "ok", "put", operation.key, operation.value)
            if operation.is_unique:
                self.acknowledged[operation.key] = operation.value
            if self.watch_since is not None and operation.begun >= self.watch_since:
                if self.first_write is None:
                    self.first_write = now
                self.longest_gap = max(self.longest_gap, now - self.gap_since)
                self.gap_since = now
            self.last_write = now
        elif status in (native.ABSENT, native.VALUE):
            self.operations += 1
            add(operation.process, "ok", "get", operation.key, rest if status == native.VALUE else None)
        else:
            reason = "answer %d.%d" % (status, rest[0] if rest else 0)
            self.failures[reason] = self.failures.get(reason, 0) + 1
            # A refused write is taken for unknown: a history must not claim more than is certain.
            add(operation.process, "fail" if operation.function == "get" else "info",
                operation.function, operation.key, operation.value)

    def unknown(self, operation):
        if operation.function == "order":
            operation.answer = (0, b"the connection broke")
            return
        self.unknowns += 1
        self.history.add(operation.process, "info", operation.function, operation.key, operation.value)

    # MARK: The end

    def drain(self, limit=15.0):
        """Lets what is under way end, and closes."""
        self.end_probing()
        self.is_draining = True
        begun = time.monotonic()
        deadline = begun + limit
        while time.monotonic() < deadline and any(peer.pending for peer in self.clients + self.probers):
            self.turn()
        # Without an answer until the end: of probes, which no limit of their own ends.
        self.drained = time.monotonic() - begun
        # By node.
        self.unanswered = {}
        for connection in self.clients + self.probers:
            if connection.pending:
                self.unanswered[connection.target] = self.unanswered.get(connection.target, 0) + len(connection.pending)
        for connection in self.clients + self.probers:
            connection.broken()
        self.epoll.close()

    def lost_writes(self, session):
        """Reads everything back through one node: the keys whose acknowledged value is not there. The shared keys go
        into the history as reads of one more process."""
        process = 999_999
        for key in self.keys:
            self.history.add(process, "invoke", "get", key, None)
            status, value = session.ask(native.get(PREFIX + key))
            if status not in (native.ABSENT, native.VALUE):
                raise SystemExit("a key can't be read back: answer %d" % status)
            self.history.add(process, "ok", "get", key, value if status == native.VALUE else None)
        stored = {}
        lower, upper = PREFIX + self.name, PREFIX + self.name + b"\xff"
        while True:
            status, rest = session.ask(native.scan(lower, upper, 4096))
            if status != native.PAIRS:
                raise SystemExit("the keys can't be read back: answer %d" % status)
            pairs = native.read_pairs(rest, 0)
            if not pairs:
                break
            for key, value in pairs:
                stored[key[len(PREFIX) :]] = value
            lower = pairs[-1][0] + b"\x00"
        return [key for key, value in self.acknowledged.items() if stored.get(key) != value]
