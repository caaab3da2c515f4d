#!/usr/bin/env python3
"""Three nodes with a file system of 400 MB each, filled twice: by overwriting the same rows, and by somebody else's file.
Each time DELETE, TRUNCATE and DROP go through while it is full, space comes back, and writes resume, all without a restart.
Then one of the three is filled by a file that takes whatever is freed: the others go on, and its own sessions are told.

    diskfull.py                         about six minutes
    diskfull.py --only overwriting

Needs root, to mount.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

from nodes import Nodes, Verdict, arguments_parser, psycopg2, state

DISK = 400  # mebibytes for each node
ROWS, ROW_BYTES = 100, 20_000
# Overwriting stops when it is refused, or when this many mebibytes have been written: the log gave way. A slow machine may
# stop after so many seconds as well, if it has written as much as the disk holds.
WRITTEN = 2 * DISK
WRITTEN_WITHIN = 180.0
FULL = "53100"
RESUMED = "INSERT INTO o SELECT i, repeat('y', 1000) FROM generate_series(1001, 1100) i"
# Seconds.
RESUMES = 60.0  # until space is back and a write goes through
GOES_THROUGH = 30.0  # a DELETE, TRUNCATE or DROP, tried again while refused
# How long one node is kept full, and the size of the rows that use up what it holds back.
FILLED_FOR = 30.0
FILLING_ROW = 400_000
# What must be free again once the rows are gone: the data were 2 MB.
FREE_SHARE = 0.5


def mount(folder):
    os.makedirs(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm" % DISK, "tmpfs", folder], check=True)


def free(nodes):
    """Free mebibytes of each node's disk."""
    found = []
    for node in nodes.nodes:
        status = os.statvfs("%s/node%d" % (nodes.directory, node))
        found.append(status.f_bavail * status.f_frsize >> 20)
    return found


def attempt(nodes, sql, node=1):
    """What a statement ends with: `done`, or its error."""
    try:
        nodes.query(sql, node, limit="15s")
        return "done"
    except psycopg2.Error as error:
        return "%s %s" % (state(error), str(error).strip().splitlines()[0] if str(error).strip() else "")


def goes_through(nodes, verdict, sql, limit=GOES_THROUGH):
    begun = time.monotonic()
    refusals, outcome = 0, ""
    while time.monotonic() - begun < limit:
        outcome = attempt(nodes, sql)
        if outcome == "done":
            break
        refusals += 1
        time.sleep(0.5)
    took = time.monotonic() - begun
    return verdict.check(
        sql, outcome == "done", "%.1f s, refused %d times%s" % (took, refusals, "" if outcome == "done" else ", last: " + outcome))


def overwrite(nodes):
    """Updates the same rows until the disk is full; mebibytes written and the last outcome."""
    updates = 0
    begun = time.monotonic()
    while updates * ROWS * ROW_BYTES >> 20 < WRITTEN:
        letter = chr(97 + updates % 26)
        outcome = attempt(nodes, "UPDATE o SET v = repeat('%s', %d)" % (letter, ROW_BYTES))
        if outcome != "done":
            break
        updates += 1
        if time.monotonic() - begun > WRITTEN_WITHIN:
            outcome = "slow"
            break
    return updates * ROWS * ROW_BYTES >> 20, outcome


def deletions(nodes, verdict):
    """What must go through on a full disk, and the room and the writes that follow."""
    verdict.check("no node ended", not nodes.dead(), "; ".join(nodes.dead()))
    goes_through(nodes, verdict, "DELETE FROM o WHERE id <= 50")
    goes_through(nodes, verdict, "TRUNCATE p")
    goes_through(nodes, verdict, "DROP TABLE q")
    goes_through(nodes, verdict, "DELETE FROM o")


def prepare(nodes):
    for table in ("o", "p", "q"):
        nodes.query("CREATE TABLE %s (id int PRIMARY KEY, v text)" % table)
        nodes.query("INSERT INTO %s SELECT i, repeat('x', 1000) FROM generate_series(1, %d) i" % (table, ROWS))


def by_overwriting(nodes, verdict):
    prepare(nodes)
    written, outcome = overwrite(nodes)
    print("overwrote %d MB: %s; free MB %s" % (written, outcome, free(nodes)), flush=True)
    # Too little written in that time shows nothing, and is a failure.
    is_enough = outcome == "done" or outcome.startswith(FULL) or outcome == "slow" and written >= DISK
    verdict.check("overwriting goes on, or ends with %s" % FULL, is_enough, "%s after %d MB" % (outcome, written))
    deletions(nodes, verdict)
    enough = lambda: min(free(nodes)) > DISK * FREE_SHARE
    is_back = nodes.eventually("space is back", enough, RESUMES)
    verdict.check("space comes back", is_back, "free MB %s" % free(nodes))
    goes_through(nodes, verdict, RESUMED, RESUMES)


def by_a_file(nodes, verdict):
    prepare(nodes)
    for node in nodes.nodes:
        filler = open("%s/node%d/filler" % (nodes.directory, node), "wb", buffering=0)
        try:
            while True:
                filler.write(bytes(1 << 20))
        except OSError:
            pass
        filler.close()
    written, outcome = overwrite(nodes)
    print("the disks hold a file: %s after %d MB more; free MB %s" % (outcome, written, free(nodes)), flush=True)
    verdict.check("the full disk is told with %s" % FULL, outcome.startswith(FULL), outcome)
    deletions(nodes, verdict)
    for node in nodes.nodes:
        os.unlink("%s/node%d/filler" % (nodes.directory, node))
    goes_through(nodes, verdict, RESUMED, RESUMES)
    enough = lambda: min(free(nodes)) > DISK * FREE_SHARE
    verdict.check("space comes back", nodes.eventually("space is back", enough, RESUMES), "free MB %s" % free(nodes))


def take_everything(path):
    with open(path, "ab", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(1 << 16))
        except OSError:
            pass


def one_of_three(nodes, verdict):
    """A node whose disk has no byte left, whatever is freed: what its sessions and those of the others are told."""
    prepare(nodes)
    # While it leads, its disk decides for all.
    subprocess.run(
        [nodes.roost, "transfer", "node2", "--port", str(nodes.port)], check=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    filler = "%s/node1/filler" % nodes.directory
    outcomes = {node: [] for node in nodes.nodes}
    begun = time.monotonic()
    number = 1_000_000
    while time.monotonic() - begun < FILLED_FOR:
        take_everything(filler)
        for node in nodes.nodes:
            number += 1
            asked = time.monotonic()
            # Not more than a tenth of a disk in all: a node that is brought up by a snapshot needs room for its old state, too.
            size = FILLING_ROW if number <= 1_000_000 + 40_000_000 // FILLING_ROW else 1000
            row = "INSERT INTO p VALUES (%d, '%s')" % (number, os.urandom(size // 2).hex())
            outcomes[node].append((attempt(nodes, row, node), time.monotonic() - asked))
    for node in nodes.nodes:
        allowed = ("done", FULL) if node == 1 else ("done",)
        others = [outcome for outcome, _ in outcomes[node] if not outcome.startswith(allowed)]
        verdict.check("writes through node%d end with %s" % (node, " or ".join(allowed)), not others, others[:1] or len(outcomes[node]))
    # A change is the leader's to judge, and goes through there. A read needs what this node could not write.
    asked = time.monotonic()
    said = attempt(nodes, "SELECT count(*) FROM p", 1)
    took = time.monotonic() - asked
    verdict.check("a read through the full node is told so, without waiting", said.startswith(FULL) and took < 1, "%.2f s, %s" % (took, said))
    os.unlink(filler)
    follows = lambda: attempt(nodes, "SELECT count(*) FROM p", 1) == "done"
    verdict.check("the node follows again", nodes.eventually("node1 reads", follows, RESUMES), "its disk has room")
    goes_through(nodes, verdict, RESUMED, RESUMES)


WAYS = {"overwriting": by_overwriting, "file": by_a_file, "one": one_of_three}


def run(arguments, name, port, verdict):
    titles = {"file": "filled by somebody else's file", "one": "one of three, filled to the last byte"}
    print(titles.get(name, "filled by %s" % name), flush=True)
    directory = tempfile.mkdtemp(prefix="roost-diskfull-")
    nodes = Nodes(arguments.roost, port, directory=directory)
    mounted = []
    try:
        for node in nodes.nodes:
            mount("%s/node%d" % (directory, node))
            mounted.append("%s/node%d" % (directory, node))
        nodes.start_all()
        WAYS[name](nodes, verdict)
        verdict.check("no node ended", not nodes.dead(), "; ".join(nodes.dead()))
        counts = set()
        for node in nodes.nodes:
            try:
                counts.add(nodes.query("SELECT count(*) FROM o WHERE id > 1000", node)[0][0])
            except psycopg2.Error as error:
                counts.add(str(error).strip())
        verdict.check("every node reads what was written since", counts == {100}, counts)
    finally:
        nodes.end()
        for folder in mounted:
            subprocess.run(["umount", "-l", folder])
        shutil.rmtree(directory, ignore_errors=True)


def main():
    parser = arguments_parser(__doc__, 26300)
    parser.add_argument("--only", choices=list(WAYS), help="this way to fill it")
    arguments = parser.parse_args()
    verdict = Verdict()
    for number, name in enumerate([arguments.only] if arguments.only else WAYS):
        run(arguments, name, arguments.port + 10 * number, verdict)
    return verdict.end()


if __name__ == "__main__":
    sys.exit(main())
