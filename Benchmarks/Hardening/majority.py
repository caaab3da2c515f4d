#!/usr/bin/env python3
"""Two of three nodes go away, stopped or killed, and sessions on the third wait for a majority: commits under way, new
statements, reads and definitions. Each ends soon after its statement_timeout, a cancel request and SIGTERM, and says whether
anything may have happened. What is said to have changed nothing is not there when the nodes are back.

    majority.py                         about a minute
    majority.py --ways stop
"""
import signal
import sys
import threading
import time

from nodes import Nodes, Verdict, arguments_parser, psycopg2, state

# Seconds.
TIME_LIMIT = 1.0  # the statement_timeout set
LATE = 0.2  # after that, the cancel request and SIGTERM
WAYS = {"stop": signal.SIGSTOP, "kill": signal.SIGKILL}
UNKNOWN, CANCELLED, ENDED = "40003", "57014", "57P01"
STATEMENTS = ("INSERT INTO t VALUES (%d)", "SELECT %d FROM t", "DROP TABLE t -- %d")


def ask(connection, sql):
    """Seconds that a statement took, and its outcome."""
    begun = time.monotonic()
    try:
        connection.cursor().execute(sql)
        outcome = "done"
    except psycopg2.Error as error:
        outcome = state(error)
    return time.monotonic() - begun, outcome


class Waiting(threading.Thread):
    """A statement that waits beside the test."""

    def __init__(self, connection, sql):
        super().__init__(daemon=True)
        self.connection, self.sql, self.outcome = connection, sql, None
        self.start()

    def run(self):
        self.outcome = ask(self.connection, self.sql)[1]

    def end(self, what, verdict, allowed):
        begun = time.monotonic()
        self.join(10)
        late = time.monotonic() - begun
        verdict.check(what, late <= LATE and self.outcome in allowed, "%+.0f ms, %s" % (late * 1000, self.outcome))


def limited(nodes, node, autocommit=True):
    connection = nodes.connect(node, autocommit=autocommit)
    connection.cursor().execute("SET statement_timeout = '%ds'" % TIME_LIMIT)
    return connection


def run(nodes, way, survivor, verdict):
    under_way = limited(nodes, survivor, autocommit=False)
    under_way.cursor().execute("INSERT INTO t VALUES (1)")
    sessions = [limited(nodes, survivor) for _ in STATEMENTS]
    unlimited = [nodes.connect(survivor) for _ in range(2)]
    for node in nodes.nodes:
        if node != survivor:
            nodes.signal(node, WAYS[way])
    # By who asked, what it may have done: the first one may be proposed, and is done if its node only forwards it in time.
    asked = [(under_way, "COMMIT", (UNKNOWN, CANCELLED, "done"))]
    asked += [(session, sql % (number + 2), (CANCELLED,)) for number, (session, sql) in enumerate(zip(sessions, STATEMENTS))]
    nothing = set()
    time.sleep(0 if way == "stop" else 2)
    for number, (session, sql, allowed) in enumerate(asked):
        took, outcome = ask(session, sql)
        # A moment after the nodes went their answers may still come.
        allowed = allowed if number != 1 else allowed + (UNKNOWN, "done")
        verdict.check("%s, statement_timeout" % sql, took <= TIME_LIMIT + LATE and outcome in allowed, "%.3f s, %s" % (took, outcome))
        if outcome == CANCELLED and number < 2:
            nothing.add(number + 1)  # the row it would have made
    waiting = [Waiting(connection, "INSERT INTO t VALUES (%d)" % (10 + number)) for number, connection in enumerate(unlimited)]
    time.sleep(0.5)
    unlimited[0].cancel()
    waiting[0].end("INSERT, cancel request", verdict, (CANCELLED,))
    nothing.add(10)
    nodes.signal(survivor, signal.SIGTERM)
    waiting[1].end("INSERT, SIGTERM", verdict, (ENDED,))
    nothing.add(11)
    nodes.reap(survivor)
    for node in nodes.nodes:
        if node == survivor or way == "kill":
            if node != survivor:
                nodes.reap(node)
            nodes.start(node)
        else:
            nodes.signal(node, signal.SIGCONT)
    nodes.eventually("a majority answers", lambda: nodes.answers(survivor))
    found = {row[0] for row in nodes.query("SELECT a FROM t", survivor)}
    verdict.check("what was cancelled did not happen", not found & nothing, "%s of %s" % (sorted(found & nothing), sorted(nothing)))


def main():
    parser = arguments_parser(__doc__, 26900)
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS), help="how the two go away")
    arguments = parser.parse_args()
    verdict = Verdict()
    for number, (way, leads) in enumerate((way, leads) for way in arguments.ways for leads in (True, False)):
        nodes = Nodes(arguments.roost, arguments.port + 10 * number)
        try:
            nodes.start_all()
            nodes.query("CREATE TABLE t (a int PRIMARY KEY)")
            leader = nodes.leader()
            survivor = leader if leads else next(node for node in nodes.nodes if node != leader)
            print("two nodes: %s; the third %s" % (way, "leads" if leads else "follows"), flush=True)
            run(nodes, way, survivor, verdict)
        finally:
            for process in nodes.processes.values():
                if process.poll() is None:
                    process.send_signal(signal.SIGCONT)
            nodes.end()
    return verdict.end()


if __name__ == "__main__":
    sys.exit(main())
