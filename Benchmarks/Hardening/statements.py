#!/usr/bin/env python3
"""Statements that end: each of those in hogs.py is begun several times on a single node, and must be over soon after its
statement_timeout, after a cancel request, after its client's death (seen in the node's processor time) and after
SIGTERM (the node's own end). Meanwhile other sessions read, at fixed times, and must not notice.

    statements.py                       all of them, about four minutes
    statements.py --only peers doubling --ways timeout cancel

What a statement ends with does not matter here, nor whether it is done before.
"""
import multiprocessing
import signal
import subprocess
import sys
import threading
import time

import hogs
from nodes import Nodes, Verdict, arguments_parser, percentile, psycopg2
from wire import WireSession, query

# Seconds.
LATE = 0.2  # after the time limit, the cancel request, the client's death
NODE_END = 5.0  # after SIGTERM
OTHERS_P99 = 0.05
TIME_LIMIT = 0.3  # the statement_timeout set
BEGUN = 0.4  # how long a statement runs before its client cancels it or dies
GIVEN_UP = 4.0  # a statement that has not ended by then is taken for endless, and the node is killed
IDLE_CORES = 0.25  # above what the other sessions alone cost
WAYS = ("timeout", "cancel", "death", "sigterm")


class Others:
    """Sessions in a process of their own that read at fixed times. A late answer counts from the moment it was due, so
    that a second without answers is fifty slow ones and not one."""

    SESSIONS = 4
    INTERVAL = 0.02

    def __init__(self, nodes):
        self.results, results = multiprocessing.Pipe(duplex=False)
        self.is_over = multiprocessing.Event()
        self.process = multiprocessing.Process(target=self._run, args=(nodes, results), daemon=True)
        self.process.start()

    def _run(self, nodes, results):
        # The node's end is the parent's business.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        found, waiting = [], {}
        for session in range(self.SESSIONS):
            threading.Thread(target=self._read, args=(nodes, session, found, waiting), daemon=True).start()
        self.is_over.wait()
        time.sleep(self.INTERVAL)
        # What has no answer yet is late by now, and so is all that would have been read meanwhile.
        now = time.monotonic()
        for due in list(waiting.values()):
            found += [now - due - step * self.INTERVAL for step in range(int((now - due) / self.INTERVAL) + 1)]
        results.send(found)

    def _read(self, nodes, session, found, waiting):
        due = waiting[session] = time.monotonic()
        try:
            cursor = nodes.connect(timeout=5).cursor()
            number = 0
            while not self.is_over.is_set():
                due += self.INTERVAL
                time.sleep(max(0.0, due - time.monotonic()))
                waiting[session] = due
                number += 1
                cursor.execute("SELECT few FROM hogs WHERE id = %d" % (number % hogs.ROWS + 1))
                cursor.fetchall()
                found.append(time.monotonic() - due)
                del waiting[session]
        except psycopg2.Error:
            # Left as waiting: a session that fails is one that waits until the end.
            pass

    def end(self):
        """Seconds that each read took."""
        self.is_over.set()
        found = self.results.recv() if self.results.poll(GIVEN_UP) else [GIVEN_UP]
        self.process.join(1)
        if self.process.is_alive():
            self.process.kill()
        return found


class Running:
    """One statement on a session of its own."""

    def __init__(self, nodes, sql, limit=0):
        self.session = WireSession((nodes.host, nodes.port))
        self.session.run("SET statement_timeout = %d" % (1000 * limit))
        self.session.socket.settimeout(None)
        self.outcome = None
        self.begun = time.monotonic()
        self.ended = None
        self.thread = threading.Thread(target=self._run, args=(sql,), daemon=True)
        self.thread.start()

    def _run(self, sql):
        try:
            self.outcome = self.session.run(sql) or "done"
        except OSError:
            self.outcome = "closed"
        self.ended = time.monotonic()

    def wait(self, seconds):
        self.thread.join(max(0.0, seconds))
        return self.ended is not None


def by_timeout(nodes, sql):
    """How late the statement ended, and with what; None for one that does not end."""
    running = Running(nodes, sql, TIME_LIMIT)
    if not running.wait(GIVEN_UP):
        return None, "endless"
    return running.ended - running.begun - TIME_LIMIT, running.outcome


def by_cancel(nodes, sql):
    running = Running(nodes, sql)
    if running.wait(BEGUN):
        return 0.0, running.outcome
    now = time.monotonic()
    running.session.cancel()
    if not running.wait(GIVEN_UP):
        return None, "endless"
    return running.ended - now, running.outcome


def cores(nodes, seconds):
    before, begun = nodes.run_seconds(1), time.monotonic()
    time.sleep(seconds)
    return (nodes.run_seconds(1) - before) / (time.monotonic() - begun)


def by_death(nodes, sql):
    quiet = cores(nodes, 0.3)
    client = WireSession((nodes.host, nodes.port))
    client.send(query(sql))
    time.sleep(BEGUN)
    client.close()
    now = time.monotonic()
    # What ends in time uses nothing from here on.
    time.sleep(LATE - 0.01)
    while time.monotonic() - now < GIVEN_UP:
        # The end of the statement lies before the window in which the node is quiet.
        begun = time.monotonic()
        used = cores(nodes, 0.1)
        if used < quiet + IDLE_CORES:
            return begun - now, "quiet"
    return None, "%.1f cores still" % used


def by_sigterm(nodes, sql):
    running = Running(nodes, sql)
    running.wait(BEGUN)
    now = time.monotonic()
    nodes.signal(1, signal.SIGTERM)
    try:
        nodes.processes[1].wait(NODE_END + GIVEN_UP)
    except subprocess.TimeoutExpired:
        return None, "the node goes on"
    return time.monotonic() - now, "exit %d" % nodes.processes[1].returncode


def come_back(nodes):
    if nodes.is_alive(1):
        nodes.kill(1)
    nodes.start(1)
    nodes.wait("the node answers", lambda: nodes.answers(1))


def main():
    parser = arguments_parser(__doc__, 26100)
    parser.add_argument("--only", nargs="+", choices=list(hogs.STATEMENTS), metavar="NAME", help="these statements")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, help="these ways to end")
    arguments = parser.parse_args()
    verdict = Verdict()
    nodes = Nodes(arguments.roost, arguments.port, nodes=1)
    ways = {"timeout": by_timeout, "cancel": by_cancel, "death": by_death, "sigterm": by_sigterm}
    try:
        nodes.start_all()
        for sql in hogs.SETUP:
            nodes.query(sql)
        others = Others(nodes)
        time.sleep(3)
        alone = others.end()
        # On a machine that has other things to do, nothing that follows would say anything about the node.
        quiet = percentile(alone, 99)
        verdict.check("other sessions alone, p99 below %.0f ms" % (OTHERS_P99 * 500), quiet < OTHERS_P99 / 2, "%.1f ms" % (quiet * 1000))
        for name in arguments.only or hogs.STATEMENTS:
            for way in arguments.ways:
                others = Others(nodes) if way != "sigterm" else None
                time.sleep(0.2)
                try:
                    late, outcome = ways[way](nodes, hogs.STATEMENTS[name])
                except (psycopg2.Error, OSError) as error:
                    late, outcome = None, "the node does not answer: %s" % str(error).strip().splitlines()[0]
                is_alive, resident = nodes.is_alive(1), nodes.resident(1)
                latencies = others.end() if others else []
                p99 = percentile(latencies, 99)
                found = "%s, %s, node %.0f MB" % ("%+.0f ms" % (late * 1000) if late is not None else "never", outcome, resident)
                if others:
                    found += ", others p99 %.1f ms" % (p99 * 1000)
                in_time = late is not None and late <= (NODE_END if way == "sigterm" else LATE)
                is_well = in_time and (not others or p99 < OTHERS_P99) and (is_alive or way == "sigterm")
                verdict.check("%s, %s" % (name, way), is_well, found)
                if late is None or way == "sigterm" or not is_alive:
                    come_back(nodes)
    finally:
        if 1 in nodes.processes and nodes.is_alive(1) and verdict.failures:
            # A node that does not end must not keep the script.
            nodes.processes[1].kill()
        nodes.end()
    return verdict.end()


if __name__ == "__main__":
    sys.exit(main())
