#!/usr/bin/env python3
"""Put and get, insert and select, of one build against another: two demo clusters of three nodes, loaded in turns in one
run, so that what the machine does meanwhile falls on both.

    throughput.py --before OLD/roost --after .build/release/roost

Prints medians and the median of the ratios of the rounds. About ten minutes.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from nodes import FOLDER, Verdict, median

# The median ratio of any row.
RATIO = 0.97
KINDS = (("put", 1), ("put", 64), ("put", 256), ("get", 64), ("sql-insert", 16), ("sql-select", 16))


class Demo:
    """`roost demo`, ended by its own process id."""

    def __init__(self, roost, port):
        self.roost, self.port = os.path.abspath(roost), port
        self.folder = tempfile.mkdtemp(prefix="roost-throughput-")
        self.log = open(self.folder + "/demo.log", "w+")
        self.process = subprocess.Popen(
            [self.roost, "demo", "--port", str(port), "--data", self.folder + "/data"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def text(self):
        with open(self.folder + "/demo.log", errors="replace") as log:
            return log.read()

    def wait(self, limit=60):
        deadline = time.monotonic() + limit
        while self.run("put", 1, 0.2, is_quiet=True) <= 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the demo of %s is not ready: %s" % (self.roost, self.text()[-1000:]))
            time.sleep(0.2)

    def run(self, kind, clients, seconds, is_quiet=False):
        """Operations a second; 0 if there were none."""
        said = subprocess.run(
            [self.roost, "bench", kind, "--clients", str(clients), "--seconds", str(seconds), "--warm-up", "0.5",
             "--port", str(self.port), "--json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 60)
        try:
            return json.loads(said.stdout)["ops_per_second"]
        except (ValueError, KeyError):
            if not is_quiet:
                print("  %s" % said.stderr.strip(), file=sys.stderr)
            return 0.0

    def gather(self):
        """One node leads everything, as after the start, whatever a stall has moved."""
        subprocess.run(
            [self.roost, "transfer", "node1", "--port", str(self.port)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", required=True, help="the binary to compare with")
    parser.add_argument("--after", default=os.path.join(FOLDER, "..", "..", ".build", "release", "roost"))
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--kinds", nargs="+", metavar="KIND", help="of these alone, such as put:64 get:64")
    parser.add_argument("--port", type=int, default=26600, help="the first SQL port")
    arguments = parser.parse_args()
    kinds = [(name.split(":")[0], int(name.split(":")[1])) for name in arguments.kinds] if arguments.kinds else KINDS
    verdict = Verdict()
    demos = []
    try:
        demos = [Demo(arguments.before, arguments.port), Demo(arguments.after, arguments.port + 10)]
        for demo in demos:
            demo.wait()
        for kind, clients in kinds:
            rates = []
            for number in range(arguments.rounds):
                # Who goes first changes with every round.
                turn = demos if number % 2 == 0 else demos[::-1]
                found = {}
                for demo in turn:
                    demo.gather()
                    found[demo] = demo.run(kind, clients, arguments.seconds)
                rates.append((found[demos[0]], found[demos[1]]))
            ratio = median(after / before if before else 0.0 for before, after in rates)
            verdict.check(
                "%s of %d clients" % (kind, clients), ratio >= RATIO, "%.0f before, %.0f after, ratio %.3f (%.3f to %.3f)" % (
                    median(before for before, _ in rates), median(after for _, after in rates), ratio,
                    min(after / before if before else 0.0 for before, after in rates),
                    max(after / before if before else 0.0 for before, after in rates)))
    finally:
        for demo in demos:
            demo.end()
    return verdict.end()


if __name__ == "__main__":
    sys.exit(main())
