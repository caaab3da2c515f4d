"""A cluster of real `roost start` processes, each ended by its own process id whatever happens."""
import os
import shutil
import signal
import subprocess
import tempfile
import time

from native import Refused, Session

DATA_GROUP = 2


class Cluster:
    """Nodes are numbered from 1; node N listens for SQL on the first port + N - 1, for peers and clients 2000 above."""

    def __init__(self, roost, port, nodes=3, directory=None, host="127.0.0.1", arguments=(), environment=None):
        self.roost = os.path.abspath(roost)
        self.count = nodes
        self.host = host
        self.port = port
        self.arguments = list(arguments)
        self.environment = dict(os.environ, **(environment or {}))
        self.owns_directory = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="roost-bench-")
        self.processes = {}
        self.sessions = {}

    @property
    def nodes(self):
        return range(1, self.count + 1)

    def address(self, node):
        """Where a node's peers and native clients reach it."""
        return (self.host, self.port + 2000 + node - 1)

    def start(self, node):
        join = ",".join("%s:%d" % self.address(peer) for peer in self.nodes)
        log = open("%s/node%d.log" % (self.directory, node), "ab")
        self.processes[node] = subprocess.Popen(
            [self.roost, "start", "--node-id", "node%d" % node, "--data", "%s/node%d" % (self.directory, node)]
            + ["--host", self.host, "--port", str(self.port + node - 1), "--cluster-mode", "primary", "--join", join]
            + self.arguments,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        log.close()

    def pid(self, node):
        return self.processes[node].pid

    def signal(self, node, number):
        os.kill(self.pid(node), number)

    def reap(self, node):
        self.processes[node].wait()
        self.forget(node)

    # MARK: What the nodes say

    def forget(self, node):
        session = self.sessions.pop(node, None)
        if session:
            session.close()

    def status(self, node):
        """What a node says about the cluster; None if it does not answer."""
        try:
            if node not in self.sessions:
                self.sessions[node] = Session(self.address(node), timeout=1.0)
            return self.sessions[node].status()
        except (OSError, Refused, ValueError):
            self.forget(node)
            return None

    def leader(self, asked=None):
        """The node that leads the data and says so itself."""
        for node in [asked] if asked else self.nodes:
            status = self.status(node)
            if not status:
                continue
            for entry in status["nodes"]:
                if entry["role"] == "PRIMARY":
                    leader = int(entry["id"][len("node") :])
                    own = status if leader == node else self.status(leader)
                    if own and any(
                        group["id"] == DATA_GROUP and group["leader"] == entry["id"] for group in own["groups"]
                    ):
                        return leader
        return None

    def applied(self, node):
        """How far a node has applied the data, and how far it knows them to be committed."""
        status = self.status(node)
        for group in status["groups"] if status else []:
            if group["id"] == DATA_GROUP:
                return group["applied_index"], group["commit_index"]
        return 0, 0

    def has_caught_up(self, node, index):
        return self.applied(node)[0] >= index

    def is_whole(self, node):
        """Whether every node votes, as this one sees it."""
        status = self.status(node)
        return bool(status) and sum(entry["status"] == "active" for entry in status["nodes"]) == self.count

    def wait(self, what, holds, limit=60.0):
        deadline = time.monotonic() + limit
        while not holds():
            for node, process in self.processes.items():
                if process.poll() is not None:
                    raise SystemExit("node%d ended: %s" % (node, self.tail(node)))
            if time.monotonic() > deadline:
                raise SystemExit("not within %.0f s: %s" % (limit, what))
            time.sleep(0.01)

    def start_all(self):
        for node in self.nodes:
            self.start(node)
        self.wait("the cluster is whole", lambda: self.leader() is not None and self.is_whole(self.leader()))

    def tail(self, node):
        with open("%s/node%d.log" % (self.directory, node), errors="replace") as log:
            return log.read()[-1500:]

    # MARK: What the nodes cost

    def cpu_seconds(self):
        """Processor time of all nodes so far."""
        ticks = 0
        for process in self.processes.values():
            with open("/proc/%d/stat" % process.pid) as file:
                fields = file.read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident mebibytes of each node."""
        found = []
        for node in self.nodes:
            with open("/proc/%d/status" % self.pid(node)) as file:
                line = next(line for line in file if line.startswith("VmRSS"))
            found.append(int(line.split()[1]) / 1024)
        return found

    # MARK: The end

    def end(self):
        for node in list(self.sessions):
            self.forget(node)
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 15
        for process in self.processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.owns_directory:
            shutil.rmtree(self.directory, ignore_errors=True)


def percentile(values, share):
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)] if ordered else float("nan")


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return float("nan")
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
