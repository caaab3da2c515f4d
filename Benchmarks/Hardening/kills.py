#!/usr/bin/env python3
"""Rounds of SIGKILL of one, two or all three nodes under SQL and native load; in the end every acknowledged row is counted:
none lost, none doubled, none resurrected.

    kills.py                            a hundred rounds, about ten minutes
    kills.py --rounds 5

SQL sessions insert rows and delete some of them again, over every node; native clients put keys that nobody writes twice.
An outcome that a client was never told may be either. The nodes run with ROOST_INSECURE=true, for the native clients are the
ones of ../Cluster/load.py, which have no secret.
"""
import random
import sys
import threading
import time

from nodes import Nodes, Tally, Verdict, arguments_parser, native, psycopg2, state
from load import History, Load

SESSIONS = 6
NATIVE_CLIENTS = 4
DELETED_SHARE = 0.3
ROUND = 1.5  # seconds of load before a kill, at the most
COMES_BACK = 60.0  # seconds until all nodes vote again
LEFT_DEAD = (0.0, 2.0)  # seconds that a killed node stays away
# Errors after which a statement has certainly done nothing; all others leave its outcome open.
NOTHING_DONE = {"40001", "53100", "53200", "53300", "57P03", "25006"}


class Writer(threading.Thread):
    """Inserts rows of its own, keys never used twice, and deletes some of what was acknowledged."""

    def __init__(self, nodes, number, tally):
        super().__init__(daemon=True)
        self.nodes, self.number, self.tally = nodes, number, tally
        self.random = random.Random(number)
        self.present, self.absent, self.unknown = set(), set(), set()
        self.is_over = threading.Event()
        self.next = 0
        self.start()

    def run(self):
        node = self.number % self.nodes.count + 1
        while not self.is_over.is_set():
            try:
                connection = self.nodes.connect(node, timeout=3)
                cursor = connection.cursor()
                cursor.execute("SET statement_timeout = '5s'")
                while not self.is_over.is_set():
                    self.write(cursor)
            except psycopg2.Error:
                node = node % self.nodes.count + 1
                time.sleep(0.05)

    def write(self, cursor):
        deleted = self.present and self.random.random() < DELETED_SHARE
        if deleted:
            key = self.present.pop()
            sql, arguments = "DELETE FROM kept WHERE id = %s", (key,)
        else:
            self.next += 1
            key = self.number * 100_000_000 + self.next
            sql, arguments = "INSERT INTO kept VALUES (%s, %s)", (key, key)
        try:
            cursor.execute(sql, arguments)
            if not deleted:
                self.present.add(key)
                self.tally.add("inserted")
            elif cursor.rowcount == 1:
                self.absent.add(key)
                self.tally.add("deleted")
            else:
                self.absent.add(key)
                self.tally.add("deleted, but not found")
        except psycopg2.Error as error:
            code = state(error)
            self.tally.add(code)
            if code == "23505":
                # The node tried again what it had done: the row is there, and the client was told otherwise.
                self.unknown.add(key)
            elif code not in NOTHING_DONE:
                self.unknown.add(key)
            elif deleted:
                self.present.add(key)
            else:
                self.absent.add(key)
            if code in NOTHING_DONE:
                time.sleep(0.02)
            if code == "closed" or cursor.connection.closed:
                raise

    def end(self):
        self.is_over.set()
        self.join(20)


class NativeWriters(threading.Thread):
    """Native clients, on one thread. Each waits a while between two operations: a history of a hundred rounds is kept."""

    def __init__(self, nodes):
        super().__init__(daemon=True)
        self.load = Load(nodes, History(), "kills", NATIVE_CLIENTS, pause=0.002, time_limit=5.0)
        self.is_over = threading.Event()
        self.start()

    def run(self):
        while not self.is_over.is_set():
            self.load.run_for(0.2)
        self.load.drain()

    def end(self):
        self.is_over.set()
        self.join(30)


def whole(nodes):
    leader = nodes.leader()
    return leader is not None and nodes.is_whole(leader)


def one_round(nodes, random_source, number):
    victims = random_source.sample(list(nodes.nodes), random_source.choice([1, 1, 2, 3]))
    time.sleep(ROUND * random_source.random() + 0.2)
    for victim in victims:
        nodes.kill(victim)
    time.sleep(random_source.uniform(*LEFT_DEAD))
    random_source.shuffle(victims)
    for victim in victims:
        nodes.start(victim)
    is_back = nodes.eventually("all nodes vote", lambda: whole(nodes), COMES_BACK)
    print("round %d: killed %s, %s" % (
        number, ", ".join("node%d" % victim for victim in sorted(victims)), "back" if is_back else "NOT BACK"), flush=True)
    return is_back


def count(nodes, verdict, writers):
    """Compares what is there, on every node, with what was acknowledged."""
    present = set().union(*(writer.present for writer in writers))
    absent = set().union(*(writer.absent for writer in writers))
    unknown = set().union(*(writer.unknown for writer in writers))
    seen = {}
    for node in nodes.nodes:
        rows = nodes.query("SELECT id, twin FROM kept", node, timeout=30)
        seen[node] = sorted(rows)
        keys = [row[0] for row in rows]
        held = set(keys)
        lost, raised = present - held, (held & absent) - unknown
        verdict.check("node%d lost nothing" % node, not lost, "%d of %d acknowledged %s" % (len(lost), len(present), sorted(lost)[:3]))
        verdict.check("node%d doubled nothing" % node, len(keys) == len(held), "%d rows, %d keys" % (len(keys), len(held)))
        verdict.check("node%d raised nothing from the dead" % node, not raised, "%d of %d %s" % (len(raised), len(absent), sorted(raised)[:3]))
        invented = held - present - absent - unknown
        verdict.check("node%d invented nothing" % node, not invented and all(a == b for a, b in rows), "%d" % len(invented))
    verdict.check("all nodes agree", len({tuple(rows) for rows in seen.values()}) == 1)
    print("%d outcomes were left open" % len(unknown))


def main():
    parser = arguments_parser(__doc__, 26500)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    verdict, tally = Verdict(), Tally()
    nodes = Nodes(arguments.roost, arguments.port, environment={"ROOST_INSECURE": "true"})
    random_source = random.Random(arguments.seed)
    writers = []
    try:
        nodes.start_all()
        # Without a primary key: a row written twice is there twice.
        nodes.query("CREATE TABLE kept (id bigint, twin bigint)")
        nodes.query("CREATE INDEX kept_id ON kept (id)")
        writers = [Writer(nodes, number + 1, tally) for number in range(SESSIONS)]
        natives = NativeWriters(nodes)
        returned = sum(one_round(nodes, random_source, number + 1) for number in range(arguments.rounds))
        for writer in writers + [natives]:
            writer.end()
        print("statements: %s; native: %d puts acknowledged, %d without an answer"
              % (tally, len(natives.load.acknowledged), natives.load.unknowns))
        verdict.check("all nodes came back after every round", returned == arguments.rounds, "%d of %d" % (returned, arguments.rounds))
        verdict.check("no acknowledged row was missing when it was deleted", not tally.counts["deleted, but not found"],
                      tally.counts["deleted, but not found"])
        verdict.check("the clients were served", tally.counts["inserted"] >= 10 * arguments.rounds, tally.counts["inserted"])
        count(nodes, verdict, writers)
        session = native.Session(nodes.address(1), timeout=10)
        lost = natives.load.lost_writes(session)
        session.close()
        acknowledged = len(natives.load.acknowledged)
        verdict.check("native clients were served", acknowledged >= 10 * arguments.rounds, acknowledged)
        verdict.check("no native put is lost", not lost, "%d of %d %s" % (len(lost), acknowledged, lost[:3]))
    finally:
        for writer in writers:
            writer.is_over.set()
        nodes.end()
    return verdict.end()


if __name__ == "__main__":
    sys.exit(main())
