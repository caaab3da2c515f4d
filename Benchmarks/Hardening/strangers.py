#!/usr/bin/env python3
"""Fifty strangers at once on every port of three nodes, all of them together held to a fifth of a core so that the machine
itself is not the limit; beside them honest clients that insert over SQL and put natively. The kinds are in stranger.py.

    strangers.py                        about fifteen minutes
    strangers.py --seconds 20 --bout 10 --calm 5 --kinds flood greetings

The strangers come in bouts with calm between them. What the honest clients do in a bout is compared with the calm before and
after it: their data grow with every second of load, and larger data are slower to write, strangers or none (`--strangers 0`
shows by how much). Needs root, for the control group.
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
CLIENTS = 2
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
    kinds = [kind for kind in stranger.KINDS if kind.__name__ in arguments.kinds]
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


def main():
    names = [kind.__name__ for kind in stranger.KINDS]
    parser = arguments_parser(__doc__, 26400)
    parser.add_argument("--seconds", type=float, default=600, help="of strangers, all bouts together")
    parser.add_argument("--bout", type=float, default=60, help="seconds of strangers at a time")
    parser.add_argument("--calm", type=float, default=20, help="seconds of measuring between two bouts")
    parser.add_argument("--clients", type=int, default=CLIENTS, help="honest ones of each kind")
    parser.add_argument("--strangers", type=int, default=STRANGERS)
    parser.add_argument("--kinds", nargs="+", choices=names, default=names, metavar="KIND", help="of: " + ", ".join(names))
    parser.add_argument("--budget", type=float, default=1024, help="mebibytes that a node may hold")
    arguments = parser.parse_args()
    verdict = Verdict()
    group = ControlGroup("strangers", cpu_share=CORE_SHARE)
    nodes = Nodes(arguments.roost, arguments.port)
    processes, samplers = [], []
    highest = {node: [0.0, 0] for node in nodes.nodes}
    try:
        recorder = Recorder(nodes.address(node)[1] for node in nodes.nodes)
        nodes.start_all()
        benched(nodes.bench("put", 1, 0.5, warm_up=0), 60)
        replayed = recorder.end()
        verdict.check("handshakes of nodes and clients are recorded", len(replayed) >= nodes.count, "%d" % len(replayed))
        print("strangers on ports %s" % ports(nodes), flush=True)
        honest(nodes, arguments.clients, min(5, arguments.calm))
        newcomer = Newcomer(nodes)

        def sample():
            for node in nodes.nodes:
                highest[node] = [max(highest[node][0], nodes.resident(node)), max(highest[node][1], nodes.descriptors(node))]

        samplers = [Sampler(0.5, sample), Sampler(1.0, newcomer)]
        calms, bouts, log_seconds, logged = [honest(nodes, arguments.clients, arguments.calm)], [], 0.0, {node: 0 for node in nodes.nodes}
        show("calm", calms[0])
        resident = {node: nodes.resident(node) for node in nodes.nodes}
        descriptors = {node: nodes.descriptors(node) for node in nodes.nodes}
        present = []
        for _ in range(max(1, round(arguments.seconds / arguments.bout))):
            begun, lines = time.monotonic(), {node: nodes.log_lines(node) for node in nodes.nodes}
            processes = begin(nodes, arguments, group, replayed)
            bouts.append(honest(nodes, arguments.clients, arguments.bout))
            show("bout", bouts[-1])
            log_seconds += time.monotonic() - begun
            present.append(sum(process.is_alive() for process in processes))
            for process in processes:
                process.kill()
            for process in processes:
                process.join()
            for node in nodes.nodes:
                logged[node] += nodes.log_lines(node) - lines[node]
            if nodes.dead():
                break
            time.sleep(BACK_WITHIN)
            calms.append(honest(nodes, arguments.clients, arguments.calm))
            show("calm", calms[-1])
        for sampler in samplers:
            sampler.end()
        verdict.check(
            "the strangers were there until the end of each bout", min(present) == arguments.strangers,
            "%d of %d" % (min(present), arguments.strangers))
        verdict.check(
            "new clients get in", newcomer.share() >= NEWCOMERS,
            "%d of %d %s" % (newcomer.answered, newcomer.answered + len(newcomer.failed), newcomer.failed[-1:] or ""))
        verdict.check("no node ended", not nodes.dead(), "; ".join(nodes.dead()))
        for node in nodes.nodes:
            rate = logged[node] / log_seconds
            verdict.check("node%d logs less than %.0f lines a second" % (node, LOG_LINES), rate < LOG_LINES, "%.1f" % rate)
            verdict.check(
                "node%d stays within %.0f MB" % (node, arguments.budget), highest[node][0] < arguments.budget,
                "%.0f MB, %d descriptors" % tuple(highest[node]))
        if not nodes.dead():
            left = {node: nodes.descriptors(node) - descriptors[node] for node in nodes.nodes}
            verdict.check("descriptors are back", max(left.values()) <= DESCRIPTORS_LEFT, "%s more" % list(left.values()))
            grown = {node: nodes.resident(node) - resident[node] for node in nodes.nodes}
            verdict.check(
                "memory is back", max(grown.values()) <= MEMORY_LEFT, "%s MB more" % ["%.0f" % size for size in grown.values()])
            for kind in HONEST:
                calm = [found[kind]["ops_per_second"] for found in calms]
                during = [
                    2 * found[kind]["ops_per_second"] / (calm[number] + calm[number + 1]) for number, found in enumerate(bouts)]
                after = [calm[number + 1] / calm[number] for number in range(len(bouts))]
                for when, ratios, least in ("during", during, DURING), ("after", after, AFTER):
                    verdict.check(
                        "%s %s a bout at least %.2f" % (kind, when, least), median(ratios) >= least,
                        "median %.2f (%.2f to %.2f)" % (median(ratios), min(ratios), max(ratios)))
                print("       %s at the end: %.2f of the beginning" % (kind, calm[-1] / calm[0]))
                errors = sum(found[kind]["errors"] for found in calms + bouts)
                verdict.check("%s without errors" % kind, errors == 0, "%d" % errors)
        for node in nodes.nodes:
            if not nodes.is_alive(node):
                print(nodes.tail(node))
    finally:
        for process in processes:
            process.kill()
            process.join()
        for sampler in samplers:
            sampler.end()
        nodes.end()
        group.remove()
    return verdict.end()


if __name__ == "__main__":
    sys.exit(main())
