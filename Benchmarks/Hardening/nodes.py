"""What the scripts of this folder share: nodes under test, the kernel's limits for them, SQL clients, and the verdict."""
import argparse
import collections
import json
import os
import signal
import subprocess
import sys
import threading
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "..", "Cluster"))

import native  # noqa: E402
from cluster import Cluster, median, percentile  # noqa: E402

try:
    import psycopg2
except ImportError:
    raise SystemExit("psycopg2 is missing: pip install psycopg2-binary")


def arguments_parser(documentation, port):
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--roost", default=os.path.join(FOLDER, "..", "..", ".build", "release", "roost"), help="the binary under test")
    parser.add_argument("--port", type=int, default=port, help="the first SQL port (default: %d)" % port)
    return parser


class Verdict:
    """What was asked for and what was found; the last line and the exit status of a script."""

    def __init__(self):
        self.failures = []

    def check(self, what, holds, found=""):
        print("%-6s %s%s" % ("ok" if holds else "FAILED", what, ": " + str(found) if found != "" else ""), flush=True)
        if not holds:
            self.failures.append("%s (%s)" % (what, found) if found != "" else what)
        return holds

    def end(self):
        if self.failures:
            more = " and %d more" % (len(self.failures) - 1) if len(self.failures) > 1 else ""
            print("FAIL %s%s" % (self.failures[0], more), flush=True)
            return 1
        print("PASS", flush=True)
        return 0


# MARK: Limits of the kernel


class ControlGroup:
    """A control group of its own for some processes, in either version of the kernel's interface. Needs root."""

    ROOT = "/sys/fs/cgroup"

    def __init__(self, name, cpu_share=None, memory=None):
        self.is_unified = os.path.exists(self.ROOT + "/cgroup.controllers")
        controller = "cpu" if cpu_share else "memory"
        parent = self.ROOT if self.is_unified else "%s/%s" % (self.ROOT, controller)
        self.path = "%s/roost-hardening-%d-%s" % (parent, os.getpid(), name)
        try:
            if self.is_unified:
                self.set("cgroup.subtree_control", "+" + controller, parent)
            os.makedirs(self.path)
        except OSError as error:
            raise SystemExit("no control group (run as root, with the %s controller): %s" % (controller, error))
        if cpu_share:
            quota = int(100_000 * cpu_share)
            if self.is_unified:
                self.set("cpu.max", "%d 100000" % quota)
            else:
                self.set("cpu.cfs_period_us", 100_000)
                self.set("cpu.cfs_quota_us", quota)
        if memory:
            self.set("memory.max" if self.is_unified else "memory.limit_in_bytes", memory)
            # Without swap the limit is one of resident memory.
            try:
                self.set("memory.swap.max" if self.is_unified else "memory.memsw.limit_in_bytes", 0 if self.is_unified else memory)
            except OSError:
                pass

    def set(self, name, value, folder=None):
        with open("%s/%s" % (folder or self.path, name), "w") as file:
            file.write(str(value))

    def add(self, pid):
        self.set("cgroup.procs", pid)

    def peak(self):
        """Mebibytes at the most, the page cache included."""
        name = "memory.peak" if self.is_unified else "memory.max_usage_in_bytes"
        try:
            with open("%s/%s" % (self.path, name)) as file:
                return int(file.read()) / (1 << 20)
        except OSError:
            return float("nan")

    def remove(self):
        deadline = time.monotonic() + 5
        while os.path.isdir(self.path):
            try:
                os.rmdir(self.path)
            except OSError:
                if time.monotonic() > deadline:
                    print("left behind: %s" % self.path, file=sys.stderr)
                    return
                time.sleep(0.05)


# MARK: Nodes


class Nodes(Cluster):
    """A cluster that is asked through the command line, so that it works whatever a client must prove to a node."""

    def status(self, node):
        try:
            said = subprocess.run(
                [self.roost, "status", "--port", str(self.port + node - 1), "--json"], stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=10)
            status = json.loads(said.stdout)
            return status if "nodes" in status and "groups" in status else None
        except (ValueError, subprocess.TimeoutExpired):
            return None

    def start_in(self, group, node):
        """Starts a node inside a control group: its limits hold from the first allocation."""
        self.start(node)
        group.add(self.pid(node))

    def is_alive(self, node):
        return self.processes[node].poll() is None

    def dead(self):
        return ["node%d ended with %s" % (node, self.processes[node].returncode) for node in self.nodes if not self.is_alive(node)]

    def kill(self, node):
        self.processes[node].kill()
        self.reap(node)

    def resident(self, node):
        return self._field(node, "VmRSS")

    def peak(self, node):
        return self._field(node, "VmHWM")

    def _field(self, node, name):
        """Mebibytes; 0 of a process that has ended."""
        try:
            with open("/proc/%d/status" % self.pid(node)) as file:
                for line in file:
                    if line.startswith(name):
                        return int(line.split()[1]) / 1024
        except OSError:
            pass
        return 0.0

    def descriptors(self, node):
        try:
            return len(os.listdir("/proc/%d/fd" % self.pid(node)))
        except OSError:
            return 0

    def run_seconds(self, node):
        """Processor time of a node so far, from the scheduler's own nanoseconds: ticks are too coarse for 200 ms."""
        total = 0
        folder = "/proc/%d/task" % self.pid(node)
        for thread in os.listdir(folder):
            try:
                with open("%s/%s/schedstat" % (folder, thread)) as file:
                    total += int(file.read().split()[0])
            except OSError:
                pass
        return total / 1e9

    def log_lines(self, node):
        with open("%s/node%d.log" % (self.directory, node), "rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 16), b""))

    # MARK: SQL

    def connect(self, node=1, timeout=10, autocommit=True):
        connection = psycopg2.connect(
            host=self.host, port=self.port + node - 1, user="roost", dbname="roost", connect_timeout=timeout)
        connection.autocommit = autocommit
        return connection

    def query(self, sql, node=1, timeout=10, limit="60s"):
        connection = self.connect(node, timeout)
        try:
            cursor = connection.cursor()
            cursor.execute("SET statement_timeout = '%s'" % limit)
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else cursor.rowcount
        finally:
            connection.close()

    def eventually(self, what, holds, limit=60.0):
        """Whether something comes to hold, with the nodes left as they are if it does not."""
        deadline = time.monotonic() + limit
        while True:
            try:
                if holds():
                    return True
            except (psycopg2.Error, OSError):
                pass
            if time.monotonic() > deadline:
                print("not within %.0f s: %s" % (limit, what), flush=True)
                return False
            time.sleep(0.1)

    def answers(self, node):
        try:
            return self.query("SELECT 1", node, timeout=5, limit="5s") == [(1,)]
        except psycopg2.Error:
            return False

    def bench(self, kind, clients, seconds, node=1, warm_up=1.0):
        """The process of `roost bench`; `benched` reads it."""
        return subprocess.Popen(
            [self.roost, "bench", kind, "--clients", str(clients), "--seconds", str(seconds), "--warm-up", str(warm_up),
             "--port", str(self.port + node - 1), "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def benched(process, limit):
    """What a `roost bench` measured; operations 0 and the reason if it failed."""
    try:
        said, complaint = process.communicate(timeout=limit)
        return json.loads(said)
    except (ValueError, subprocess.TimeoutExpired) as error:
        process.kill()
        process.wait()
        reason = complaint.strip() if isinstance(error, ValueError) else str(error)
        return {"ops_per_second": 0.0, "p99_ms": float("nan"), "errors": 1, "reason": reason}


def state(error):
    """The SQLSTATE of an error; `closed` where the connection broke and no answer named one."""
    return getattr(error, "pgcode", None) or "closed"


# MARK: What other sessions notice


class Sampler(threading.Thread):
    """Calls something at an interval beside the test, and ends with it."""

    def __init__(self, interval, sample):
        super().__init__(daemon=True)
        self.interval, self.sample = interval, sample
        self.is_over = threading.Event()
        self.start()

    def run(self):
        while not self.is_over.wait(self.interval):
            self.sample()

    def end(self):
        self.is_over.set()
        self.join()


class Tally:
    """Counts that several threads add to."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = collections.Counter()

    def add(self, what, count=1):
        with self.lock:
            self.counts[what] += count

    def __str__(self):
        return ", ".join("%s %d" % (what, count) for what, count in self.counts.most_common(20)) or "nothing"


def raise_exit(number, frame):
    sys.exit(128 + number)


# A script that is asked to end goes through its `finally` blocks, which end the nodes.
signal.signal(signal.SIGTERM, raise_exit)
