#!/usr/bin/env python3
"""How long three nodes take from their launch to the first acknowledged write: of a new cluster, and started again.

    startup.py --roost .build/release/roost --trials 10
"""
import argparse
import signal
import sys
import time

import native
from cluster import Cluster, median, percentile
from load import PREFIX


def first_put(cluster):
    """Seconds from the launch of three processes until one of them acknowledges a write."""
    begun = time.monotonic()
    for node in cluster.nodes:
        cluster.start(node)
    session = None
    while time.monotonic() - begun < 60:
        try:
            session = session or native.Session(cluster.address(1), timeout=5.0)
            status, _ = session.ask(native.put(PREFIX + b"first", b"%d" % time.monotonic_ns()))
            if status == native.COMMITTED:
                session.close()
                return time.monotonic() - begun
        except (OSError, native.Refused):
            session = None
        time.sleep(0.002)
    raise SystemExit("no write within a minute: %s" % cluster.tail(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roost", required=True, help="the binary to measure")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--port", type=int, default=25432, help="the first SQL port")
    arguments = parser.parse_args()
    new, again = [], []
    for _ in range(arguments.trials):
        cluster = Cluster(arguments.roost, arguments.port)
        try:
            new.append(first_put(cluster) * 1000)
            cluster.wait("the cluster is whole", lambda: cluster.is_whole(cluster.leader() or 1))
            for node in cluster.nodes:
                cluster.signal(node, signal.SIGTERM)
            for node in cluster.nodes:
                cluster.reap(node)
            again.append(first_put(cluster) * 1000)
        finally:
            cluster.end()
    for name, values in (("new", new), ("started again", again)):
        print(
            "three nodes started to first put, %s: median %.0f ms, worst %.0f ms over %d trials"
            % (name, median(values), percentile(values, 100), len(values)))


if __name__ == "__main__":
    sys.exit(main())
