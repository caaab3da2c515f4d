#!/usr/bin/env python3
"""Fifty strangers at once on every port of three nodes, all of them together held to a fifth of a core so that the machine
itself is not the limit; beside them honest clients that insert over SQL and put natively. The kinds are in stranger.py.

    strangers.py                        about twenty minutes
    strangers.py --seconds 20 --bout 10 --calm 5 --kinds flood greetings
    strangers.py --seconds 200 --kinds burners    no strangers: as many processes that only burn as much

The strangers come in short bouts with calm between them. What the honest clients do in a bout is compared with the calm before
and after it: their data grow with every second of load, and larger data are slower to write, strangers or none (`--strangers 0`
shows by how much). There is one honest client of each kind, so that the processors have room: more of them keep two cores busy,
and then every cycle that anybody takes is missing (`--kinds burners` shows by how much). Needs root, for the control group.
"""
import multiprocessing
import os
import signal
import socket
import sys
import time

import stranger
from nodes import ControlGroup, Nodes, Sampler, Verdict, arguments_parser, benched, median, psycopg2
from recorder import Recorder

STRANGERS = 50
CORE_SHARE = 0.2
# Ratios of the honest clients' throughput: in a bout to the calm around it, and in the calm after a bout to that before it.
DURING, AFTER = 0.8, 0.95
NEWCOMERS = 0.95  # the share of new honest connections that are answered within 5 s
LOG_LINES = 10.0  # a second and node
BACK_WITHIN = 10.0  # seconds after the strangers' end
# What may stay of a node's descriptors and memory above what it held before.
DESCRIPTORS_LEFT, MEMORY_LEFT = 20, 200
# Of each kind. Two of each already keep two cores nearly busy; see README.md for what more of them show.
CLIENTS = 1
HONEST = ("sql-insert", "put")


def ports(nodes):
    """Those that a node listens on: the SQL port, the peer port, then the others."""
    found = []
    for node in nodes.nodes:
        sql = nodes.port + node - 1
        others = [port for port in (sql + 1000, sql + 3000, sql + 4000) if listens(nodes.host, port)]
        found.append([sql, nodes.address(node)[1]] + others)
    return found


def listens(host, port):
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except OSError:
        return False


def honest(nodes, clients, seconds):
    """Operations a second of both kinds at once, and their errors."""
    running = [(kind, nodes.bench(kind, clients, seconds)) for kind in HONEST]
    return {kind: benched(process, seconds * 1.5 + 60) for kind, process in running}


def show(when, found):
    print("%-8s %s" % (when, "; ".join(
        "%s %.0f ops/s, p99 %.1f ms%s" % (
            kind, result["ops_per_second"], result["p99_ms"],
            ", %d errors %s" % (result["errors"], result.get("reason", "")) if result["errors"] else "")
        for kind, result in found.items())), flush=True)


class Newcomer:
    """Connects as an honest client would, asks something, and goes: once a second, with strangers and without."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.answered = 0
        self.failed = []

    def __call__(self):
        node = (self.answered + len(self.failed)) % self.nodes.count + 1
        try:
            self.nodes.query("SELECT 1", node, timeout=5, limit="5s")
            self.answered += 1
        except psycopg2.Error as error:
            self.failed.append(str(error).strip().splitlines()[0])

    def share(self):
        return self.answered / max(1, self.answered + len(self.failed))


def begin(nodes, arguments, group, replayed):
    kinds = [kind for kind in stranger.KINDS + [stranger.burners] if kind.__name__ in arguments.kinds]
    where = ports(nodes)
    processes = []
    for number in range(arguments.strangers):
        process = multiprocessing.Process(
            target=run_stranger, args=(kinds[number % len(kinds)], nodes.host, where, replayed, number, os.getpid(), group.path),
            daemon=True)
        process.start()
        processes.append(process)
    return processes


def run_stranger(kind, host, where, replayed, seed, parent, group):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Held back before the first connection.
    with open(group + "/cgroup.procs", "w") as file:
        file.write(str(os.getpid()))
    stranger.main(kind, host, where, replayed, seed, parent)


class Trial:
    """Honest clients in bouts of strangers and in the calm between them."""

    def __init__(self, nodes, arguments, group, replayed):
        self.nodes, self.arguments, self.group, self.replayed = nodes, arguments, group, replayed
        self.calms, self.bouts = [], []
        self.present = []
        self.log_seconds, self.logged = 0.0, {node: 0 for node in nodes.nodes}
        self.highest = {node: [0.0, 0] for node in nodes.nodes}
        self.newcomer = Newcomer(nodes)

    def sample(self):
        for node in self.nodes.nodes:
            memory, descriptors = self.highest[node]
            self.highest[node] = [max(memory, self.nodes.resident(node)), max(descriptors, self.nodes.descriptors(node))]

    def calm(self):
        self.calms.append(honest(self.nodes, self.arguments.clients, self.arguments.calm))
        show("calm", self.calms[-1])

    def bout(self):
        nodes = self.nodes
        begun, lines = time.monotonic(), {node: nodes.log_lines(node) for node in nodes.nodes}
        processes = begin(nodes, self.arguments, self.group, self.replayed)
        try:
            self.bouts.append(honest(nodes, self.arguments.clients, self.arguments.bout))
            show("bout", self.bouts[-1])
            self.log_seconds += time.monotonic() - begun
            self.present.append(sum(process.is_alive() for process in processes))
        finally:
            for process in processes:
                process.kill()
            for process in processes:
                process.join()
        for node in nodes.nodes:
            self.logged[node] += nodes.log_lines(node) - lines[node]

    def run(self):
        nodes = self.nodes
        samplers = [Sampler(0.5, self.sample), Sampler(1.0, self.newcomer)]
        try:
            self.calm()
            self.resident = {node: nodes.resident(node) for node in nodes.nodes}
            self.descriptors = {node: nodes.descriptors(node) for node in nodes.nodes}
            for _ in range(max(1, round(self.arguments.seconds / self.arguments.bout))):
                self.bout()
                if nodes.dead():
                    break
                time.sleep(BACK_WITHIN)
                self.calm()
        finally:
            for sampler in samplers:
                sampler.end()

    def judge(self, verdict):
        nodes = self.nodes
        verdict.check(
            "the strangers were there until the end of each bout", min(self.present) == self.arguments.strangers,
            "%d of %d" % (min(self.present), self.arguments.strangers))
        verdict.check(
            "new clients get in", self.newcomer.share() >= NEWCOMERS, "%d of %d %s" % (
                self.newcomer.answered, self.newcomer.answered + len(self.newcomer.failed), self.newcomer.failed[-1:] or ""))
        verdict.check("no node ended", not nodes.dead(), "; ".join(nodes.dead()))
        for node in nodes.nodes:
            rate = self.logged[node] / self.log_seconds
            verdict.check("node%d logs less than %.0f lines a second" % (node, LOG_LINES), rate < LOG_LINES, "%.1f" % rate)
            verdict.check(
                "node%d stays within %.0f MB" % (node, self.arguments.budget),
                self.highest[node][0] < self.arguments.budget, "%.0f MB, %d descriptors" % tuple(self.highest[node]))
        if nodes.dead():
            return
        left = {node: nodes.descriptors(node) - self.descriptors[node] for node in nodes.nodes}
        verdict.check("descriptors are back", max(left.values()) <= DESCRIPTORS_LEFT, "%s more" % list(left.values()))
        grown = {node: nodes.resident(node) - self.resident[node] for node in nodes.nodes}
        verdict.check("memory is back", max(grown.values()) <= MEMORY_LEFT, "%s MB more" % ["%.0f" % size for size in grown.values()])
        for kind in HONEST:
            self.judge_throughput(kind, verdict)

    def judge_throughput(self, kind, verdict):
        calm = [found[kind]["ops_per_second"] for found in self.calms]
        during = [
            2 * found[kind]["ops_per_second"] / (calm[number] + calm[number + 1]) for number, found in enumerate(self.bouts)]
        after = [calm[number + 1] / calm[number] for number in range(len(self.bouts))]
        for when, ratios, least in ("during", during, DURING), ("after", after, AFTER):
            verdict.check(
                "%s %s a bout at least %.2f" % (kind, when, least), median(ratios) >= least,
                "median %.2f (%.2f to %.2f)" % (median(ratios), min(ratios), max(ratios)))
        print("       %s at the end: %.2f of the beginning" % (kind, calm[-1] / calm[0]))
        errors = sum(found[kind]["errors"] for found in self.calms + self.bouts)
        verdict.check("%s without errors" % kind, errors == 0, "%d" % errors)


def main():
    names = [kind.__name__ for kind in stranger.KINDS]
    parser = arguments_parser(__doc__, 26400)
    parser.add_argument("--seconds", type=float, default=600, help="of strangers, all bouts together")
    parser.add_argument("--bout", type=float, default=20, help="seconds of strangers at a time")
    parser.add_argument("--calm", type=float, default=10, help="seconds of measuring between two bouts")
    parser.add_argument("--clients", type=int, default=CLIENTS, help="honest ones of each kind")
    parser.add_argument("--strangers", type=int, default=STRANGERS)
    parser.add_argument(
        "--kinds", nargs="+", choices=names + [stranger.burners.__name__], default=names, metavar="KIND",
        help="of: %s; or burners" % ", ".join(names))
    parser.add_argument("--budget", type=float, default=1024, help="mebibytes that a node may hold")
    arguments = parser.parse_args()
    verdict = Verdict()
    group = ControlGroup("strangers", cpu_share=CORE_SHARE)
    nodes = Nodes(arguments.roost, arguments.port)
    try:
        recorder = Recorder(nodes.address(node)[1] for node in nodes.nodes)
        nodes.start_all()
        benched(nodes.bench("put", 1, 0.5, warm_up=0), 60)
        replayed = recorder.end()
        verdict.check("handshakes of nodes and clients are recorded", len(replayed) >= nodes.count, "%d" % len(replayed))
        print("strangers on ports %s" % ports(nodes), flush=True)
        honest(nodes, arguments.clients, min(5, arguments.calm))
        trial = Trial(nodes, arguments, group, replayed)
        trial.run()
        trial.judge(verdict)
        for node in nodes.nodes:
            if not nodes.is_alive(node):
                print(nodes.tail(node))
    finally:
        nodes.end()
        group.remove()
    return verdict.end()


if __name__ == "__main__":
    sys.exit(main())
