#!/usr/bin/env python3
"""How long writes stop when the leader of a three-node cluster of real processes is killed, stopped, or asked to hand
over, and whether anything is lost.

    failover.py kill --roost .build/release/roost --trials 50 --history kill.edn --check

Every trial runs clients over the native protocol, does it to the node that leads the data at that moment, and measures
the time until a write that began afterwards is acknowledged. Then the node is brought back and has to catch up under
load. At the end of a trial everything acknowledged is read back; `roost check-history FILE` judges the whole history.
"""
import argparse
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time

from cluster import DATA_GROUP, Cluster, median, percentile
from load import History, Load, Order
from native import APPLICATION, TRANSFER_OPCODE, Session, application


def bring_down(arguments, cluster, leader):
    """Does it; returns the moment just before."""
    now = time.monotonic()
    if arguments.kind == "kill":
        cluster.signal(leader, signal.SIGKILL)
    elif arguments.kind == "stop":
        cluster.signal(leader, signal.SIGSTOP)
    return now


def bring_back(arguments, cluster, leader):
    if arguments.kind == "kill":
        cluster.reap(leader)
        cluster.start(leader)
    elif arguments.kind == "stop":
        cluster.signal(leader, signal.SIGCONT)


def hand_over(arguments, cluster, load, leader):
    """Asks the leader to let another node lead the data, and waits for its answer; returns the milliseconds it took by
    the node's own account, and the longest time that clients saw between two writes."""
    heir = leader % cluster.count + 1
    body = json.dumps({"target": "node%d" % heir, "partition": DATA_GROUP}).encode()
    load.run_for(0.05)
    gc.disable()
    load.watch()
    order = Order(load, leader, application(TRANSFER_OPCODE, body))
    load.run(lambda: order.answer is not None, 30, "the transfer is answered")
    load.run_for(0.3)
    gc.enable()
    status, rest = order.answer
    order.broken()
    answer = json.loads(rest) if status == APPLICATION else {}
    done = answer.get("done", {}).get("_0")
    if not done or done[0].get("error"):
        raise SystemExit("the transfer failed: %d %s" % (status, rest))
    return done[0]["milliseconds"], load.longest_gap * 1000


class Comeback(threading.Thread):
    """Waits until a node has caught up and votes, beside the load: a node that recovers answers late."""

    def __init__(self, cluster, node, survivor):
        super().__init__(daemon=True)
        self.cluster, self.node, self.survivor = cluster, node, survivor
        self.is_done = False
        self.start()

    def run(self):
        while not self.is_done:
            time.sleep(0.1)
            if self.cluster.processes[self.node].poll() is not None:
                return
            committed = self.cluster.applied(self.survivor)[1]
            self.is_done = self.cluster.has_caught_up(self.node, committed - 2000) and self.cluster.is_whole(self.survivor)


def trial(arguments, cluster, history, number):
    load = Load(
        cluster, history, "t%d" % number, arguments.clients, pause=arguments.pause / 1000,
        time_limit=arguments.attempt / 1000, seed=arguments.seed + number)
    load.run(lambda: load.writes >= 200, 30, "the load runs")
    load.run_for(arguments.warm_up)
    leader = None
    deadline = time.monotonic() + 30
    while leader is None:
        load.run_for(0.02)
        leader = cluster.leader()
        if time.monotonic() > deadline:
            raise SystemExit("nobody leads before trial %d" % number)
    if arguments.kind == "transfer":
        gap, silence = hand_over(arguments, cluster, load, leader)
        return finish(cluster, load, leader, gap, silence)
    survivor = leader % cluster.count + 1
    # Nobody asks the node that goes: an answer would be waited for.
    cluster.forget(leader)
    gc.disable()
    load.begin_probing()
    load.run_for(0.02)
    begun = bring_down(arguments, cluster, leader)
    load.watch()
    load.run(lambda: load.first_write is not None, 30, "a write succeeds after the %s" % arguments.kind)
    gap = (load.first_write - begun) * 1000
    load.end_probing()
    gc.enable()
    load.run_for(0.3)
    bring_back(arguments, cluster, leader)
    comeback = Comeback(cluster, leader, survivor)
    load.run(lambda: comeback.is_done, 60, "node%d catches up" % leader)
    comeback.join()
    return finish(cluster, load, leader, gap, load.longest_gap * 1000)


def finish(cluster, load, leader, gap, silence):
    load.drain()
    cluster.wait("every node has everything", lambda: len({cluster.applied(node)[0] for node in cluster.nodes}) == 1)
    session = Session(cluster.address(leader), timeout=10)
    lost = load.lost_writes(session)
    session.close()
    return {
        "gap": gap, "silence": silence, "leader": leader, "lost": len(lost), "acknowledged": len(load.acknowledged),
        "operations": load.operations, "failures": sum(load.failures.values()), "unknown": load.unknowns,
        "drained": load.drained, "unanswered": load.unanswered}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["kill", "stop", "transfer"])
    parser.add_argument("--roost", required=True, help="the binary to measure")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--pause", type=float, default=0, help="milliseconds a client waits between two operations")
    parser.add_argument(
        "--attempt", type=float, help="milliseconds a client waits for an answer (default: 100; 5000 for transfers)")
    parser.add_argument("--warm-up", type=float, default=0.5, help="seconds of load before each trial")
    parser.add_argument("--port", type=int, default=25432, help="the first SQL port")
    parser.add_argument("--directory", help="where the data go (default: a temporary one)")
    parser.add_argument("--history", help="the file for the history")
    parser.add_argument("--check", action="store_true", help="judge the history with roost check-history")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet", action="store_true", help="the summary only")
    arguments = parser.parse_args()
    if arguments.attempt is None:
        arguments.attempt = 5000 if arguments.kind == "transfer" else 100

    cluster = Cluster(arguments.roost, arguments.port, directory=arguments.directory)
    history = History()
    results = []
    try:
        cluster.start_all()
        for number in range(1, arguments.trials + 1):
            result = trial(arguments, cluster, history, number)
            results.append(result)
            if not arguments.quiet:
                print(
                    "trial %d: node%d, %.1f ms, longest time between two writes %.1f ms, %d operations, %d unknown, "
                    "%d refused, last answer after %.1f s, %d of %d lost"
                    % (number, result["leader"], result["gap"], result["silence"], result["operations"], result["unknown"],
                       result["failures"], result["drained"], result["lost"], result["acknowledged"]), flush=True)
                for node, count in result["unanswered"].items():
                    print("  node%d has not answered %d requests in that time" % (node, count))
    finally:
        cluster.end()
    gaps = [result["gap"] for result in results]
    total = {name: sum(result[name] for result in results) 
             for name in ("lost", "acknowledged", "operations", "failures", "unknown")}
    what = "the transfer took" if arguments.kind == "transfer" else "time to the next acknowledged write"
    print(
        "%s: %d trials, %d clients: %s median %.1f ms, p99 %.1f ms, worst %.1f ms; longest time between two writes "
        "median %.1f ms, worst %.1f ms; %d operations, %d refused, %d without an answer, %d of %d acknowledged writes lost"
        % (arguments.kind, len(gaps), arguments.clients, what, median(gaps), percentile(gaps, 99), max(gaps),
           median([result["silence"] for result in results]), max(result["silence"] for result in results),
           total["operations"], total["failures"], total["unknown"], total["lost"], total["acknowledged"]))
    status = 1 if total["lost"] else 0
    if arguments.kind == "transfer" and total["failures"] + total["unknown"]:
        status = 1
    if arguments.history:
        history.write(arguments.history)
        if arguments.check:
            status |= subprocess.run([os.path.abspath(arguments.roost), "check-history", arguments.history]).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
