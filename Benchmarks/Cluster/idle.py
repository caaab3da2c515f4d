#!/usr/bin/env python3
"""What a three-node cluster costs when nobody asks it for anything: processor time, bytes between each pair of nodes,
and memory.

    idle.py --roost .build/release/roost --seconds 20 -- --partitions 10000

What follows `--` goes to every `roost start`. Bytes are those of the kernel's own counts for each connection between two
nodes (`ss -ti`), with 66 bytes for the headers of each segment.
"""
import argparse
import re
import subprocess
import sys
import time

from cluster import Cluster, median

SEGMENT_HEADERS = 66


def traffic(cluster):
    """Bytes so far for each pair of nodes, both ways. The node that dialled a connection names the pair."""
    listed = subprocess.run(["ss", "-tinpH"], capture_output=True, text=True, check=True).stdout
    by_pid = {cluster.pid(node): node for node in cluster.nodes}
    by_port = {cluster.address(node)[1]: node for node in cluster.nodes}
    pairs = {}
    # A connection is one line, and an indented one with its counts.
    for line, counts in zip(listed.splitlines(), listed.splitlines()[1:]):
        owner = re.search(r"pid=(\d+)", line)
        if line[:1].isspace() or not owner or int(owner.group(1)) not in by_pid:
            continue
        peer = by_port.get(int(line.split()[4].rsplit(":", 1)[1]))
        if peer is None:
            continue
        pair = tuple(sorted((by_pid[int(owner.group(1))], peer)))
        found = {name: int(value) for name, value in re.findall(r"(bytes_\w+|segs_\w+):(\d+)", counts)}
        size = found.get("bytes_sent", 0) + found.get("bytes_received", 0)
        size += SEGMENT_HEADERS * (found.get("segs_out", 0) + found.get("segs_in", 0))
        pairs[pair] = pairs.get(pair, 0) + size
    return pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roost", required=True, help="the binary to measure")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--settle", type=float, default=10, help="seconds before, uncounted")
    parser.add_argument("--groups", type=int, default=0, help="wait until there are so many, each with a leader")
    parser.add_argument("--port", type=int, default=25432, help="the first SQL port")
    parser.add_argument("more", nargs="*", help="more arguments of roost start")
    arguments = parser.parse_args()
    cluster = Cluster(arguments.roost, arguments.port, arguments=arguments.more)
    try:
        cluster.start_all()

        def is_led():
            found = (cluster.status(node) for node in cluster.nodes)
            return all(
                status and len(status["groups"]) >= arguments.groups and all(group["leader"] for group in status["groups"])
                for status in found)

        cluster.wait("every group has a leader", is_led, limit=180)
        groups = len(cluster.status(1)["groups"])
        time.sleep(arguments.settle)
        bytes_before, cpu_before, begun = traffic(cluster), cluster.cpu_seconds(), time.monotonic()
        time.sleep(arguments.seconds)
        elapsed = time.monotonic() - begun
        cpu, bytes_after = cluster.cpu_seconds() - cpu_before, traffic(cluster)
        rates = [(bytes_after[pair] - bytes_before.get(pair, 0)) / elapsed for pair in sorted(bytes_after)]
        print(
            "%d groups, idle for %.0f s: %.2f %% of a core for all nodes; %s bytes/s for each pair of nodes, median %.0f; "
            "memory of the nodes %s MB"
            % (groups, elapsed, 100 * cpu / elapsed, ", ".join("%.0f" % rate for rate in rates), median(rates),
               ", ".join("%.1f" % size for size in cluster.memory())))
    finally:
        cluster.end()


if __name__ == "__main__":
    sys.exit(main())
