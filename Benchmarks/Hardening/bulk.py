#!/usr/bin/env python3
"""Large transactions beside small ones: 300,000 rows inserted, updated, indexed and deleted, each in one commit, through the
leader and through a follower, while 16 clients insert single rows into another table. Nobody else may notice much: no change
of leader, no error, and no conflict where nothing was shared.

    bulk.py                             about two minutes
    bulk.py --rows 50000
"""
import sys
import threading
import time

from nodes import Nodes, Verdict, arguments_parser, benched, psycopg2, state

CLIENTS = 16
# p99 of the small writers beside the large transactions, as a multiple of that without them.
P99_RATIO = 5.0
TOO_LARGE = 1_000_000  # rows; with this text more than a statement may hold


def term_of(nodes):
    return next(group["term"] for group in nodes.status(1)["groups"] if group["id"] == 2)


class Load(threading.Thread):
    """The large transactions, one after the other, in blocks: nothing is repeated behind the scenes."""

    def __init__(self, nodes, rows, through):
        super().__init__(daemon=True)
        self.nodes, self.rows, self.through = nodes, rows, through
        self.failures, self.took = [], []

    def run(self):
        for node in self.through:
            table = "bulk%d" % node
            for name, statement in (
                ("insert", "INSERT INTO %s SELECT i, 'row ' || i FROM generate_series(1, %d) i" % (table, self.rows)),
                ("index", "CREATE INDEX %s_v ON %s (v)" % (table, table)),
                ("update", "UPDATE %s SET v = 'new ' || id WHERE id <= %d" % (table, self.rows // 4)),
                ("delete", "DELETE FROM %s" % table),
            ):
                began = time.monotonic()
                try:
                    self.transaction(node, statement)
                    self.took.append((name, node, time.monotonic() - began))
                    self.look(name, table)
                except (psycopg2.Error, OSError) as error:
                    self.failures.append("%s at node%d: %s %s" % (name, node, state(error), str(error).strip()[:120]))

    def look(self, step, table):
        """Whether every node shows what was committed."""
        expected = {"insert": (self.rows, 0), "index": (self.rows, 0), "update": (self.rows, self.rows // 4), "delete": (0, 0)}
        for node in self.nodes.nodes:
            found = self.nodes.query(
                "SELECT count(*), count(CASE WHEN v LIKE 'new %%' THEN 1 END) FROM %s" % table, node, limit="30s")[0]
            if found != expected[step]:
                self.failures.append("after %s node%d shows %s rows" % (step, node, found))

    def transaction(self, node, statement):
        connection = self.nodes.connect(node, timeout=10, autocommit=False)
        try:
            cursor = connection.cursor()
            cursor.execute(statement)
            connection.commit()
        finally:
            connection.close()


def main():
    parser = arguments_parser(__doc__, 27400)
    parser.add_argument("--rows", type=int, default=300_000, help="rows of a large transaction (default: %(default)d)")
    arguments = parser.parse_args()
    verdict = Verdict()
    nodes = Nodes(arguments.roost, arguments.port)
    try:
        nodes.start_all()
        leader, term = nodes.leader(), term_of(nodes)
        follower = next(node for node in nodes.nodes if node != leader)
        for node in (leader, follower):
            nodes.query("CREATE TABLE bulk%d (id int PRIMARY KEY, v text)" % node)
        calm = benched(nodes.bench("sql-insert", CLIENTS, 8, follower), 60)
        load = Load(nodes, arguments.rows, (leader, follower))
        load.start()
        beside = []
        while load.is_alive():
            beside.append(benched(nodes.bench("sql-insert", CLIENTS, 5, follower, warm_up=0.2), 60))
        load.join()
        for name, node, seconds in load.took:
            print("%-7s of %d rows at node%d: %.1f s" % (name, arguments.rows, node, seconds))
        print("small writers alone: %.0f ops/s, p99 %.1f ms" % (calm["ops_per_second"], calm["p99_ms"]))
        for found in beside:
            print("beside: %.0f ops/s, p99 %.1f ms, at most %.0f ms, %d errors %s" % (
                found["ops_per_second"], found["p99_ms"], found.get("max_ms", 0), found["errors"], found.get("reason", "")))
        verdict.check(
            "every large transaction goes through, and all nodes show it", not load.failures and len(load.took) == 8,
            "; ".join(load.failures))
        verdict.check("small writers meet no error", all(found["errors"] == 0 for found in beside))
        ratios = [found["p99_ms"] / calm["p99_ms"] for found in beside]
        verdict.check("their p99 stays below %.0f times what it was" % P99_RATIO, max(ratios) < P99_RATIO, "%.1f" % max(ratios))
        verdict.check("the leader stays, in its term", (nodes.leader(), term_of(nodes)) == (leader, term))
        try:
            load.transaction(follower, "INSERT INTO bulk%d SELECT i, 'row' FROM generate_series(1, %d) i" % (follower, TOO_LARGE))
            verdict.check("what is too large is refused", False)
        except psycopg2.Error as error:
            verdict.check("what is too large is refused, and says by which limit", state(error) in ("54000", "53200"), str(error).strip()[:160])
        verdict.check("no node has ended", not nodes.dead(), nodes.dead())
    finally:
        nodes.end()
    return verdict.end()


if __name__ == "__main__":
    sys.exit(main())
