#!/usr/bin/env python3
"""Puts spread over many partitions against the same puts to one: two clusters of three nodes, loaded in turns, so that
what the machine does meanwhile falls on both.

    partitions.py --roost .build/release/roost --clients 64 256 --rounds 7

One node leads all partitions of both clusters, unless --spread. Prints medians, and the median of the ratios of the rounds;
ends with 1 if that is below --threshold for any number of clients.
"""
import argparse
import json
import subprocess
import sys

from cluster import Cluster, median


def put(roost, cluster, clients, seconds, partitions):
    said = subprocess.run(
        [roost, "bench", "put", "--port", str(cluster.port), "--clients", str(clients), "--connections", "4",
         "--seconds", str(seconds), "--partitions", str(partitions), "--json"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


def gather(roost, cluster):
    """Gives the leadership of everything to one node, where a stall of the machine may have taken it from there."""
    subprocess.run(
        [roost, "transfer", "node1", "--port", str(cluster.port)], check=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roost", required=True, help="the binary to measure")
    parser.add_argument("--partitions", type=int, default=64)
    parser.add_argument("--clients", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--spread", action="store_true", help="leave leadership where the elections put it")
    parser.add_argument("--threshold", type=float, default=0.9)
    parser.add_argument("--port", type=int, default=21432, help="the first SQL port")
    arguments = parser.parse_args()
    one = Cluster(arguments.roost, arguments.port)
    many = Cluster(arguments.roost, arguments.port + 10, arguments=["--partitions", str(arguments.partitions)])
    is_enough = True
    try:
        for cluster, partitions in (one, 0), (many, arguments.partitions):
            cluster.start_all()

            def is_led():
                status = cluster.status(1)
                groups = status["groups"] if status else []
                return len(groups) >= 2 + partitions and all(group["leader"] for group in groups)

            cluster.wait("every partition has a leader", is_led)
        print("clients  partitions   ops/s  p50 ms  p99 ms  servers us/op  syncs/op   ratio")
        for clients in arguments.clients:
            rounds = []
            for _ in range(arguments.rounds):
                for cluster in (one, many) if not arguments.spread else ():
                    gather(arguments.roost, cluster)
                rounds.append(
                    (put(arguments.roost, one, clients, arguments.seconds, 0),
                     put(arguments.roost, many, clients, arguments.seconds, arguments.partitions)))
            ratio = median(after["ops_per_second"] / before["ops_per_second"] for before, after in rounds)
            is_enough = is_enough and ratio >= arguments.threshold
            for place, partitions in (0, 1), (1, arguments.partitions):
                found = [
                    median(pair[place][name] for pair in rounds)
                    for name in ("ops_per_second", "p50_ms", "p99_ms", "server_cpu_us_per_op", "syncs_per_op")]
                print("%7d  %10d  %6.0f  %6.2f  %6.2f  %13.1f  %8.4f   %s"
                      % (clients, partitions, *found, "%.2f" % ratio if place else ""), flush=True)
    finally:
        one.end()
        many.end()
    return 0 if is_enough else 1


if __name__ == "__main__":
    sys.exit(main())
