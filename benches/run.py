#!/usr/bin/env python3
"""Measures Coscribe beside a raw relay and other servers, and writes `benches/RESULTS.md`.

Every scenario runs on every server in turn, round after round, each time on a fresh process with fresh data, so that what
the machine does meanwhile happens to all of them. What is kept are ratios within a round. Only a whole run is written: all
scenarios, all servers, all rounds.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import machine, peers, report, servers
from harness.rows import SCENARIOS
from harness.scenarios import Bench

ROOT = Path(__file__).resolve().parents[1]
TRACE = ROOT / "tests" / "data" / "traces" / "automerge-paper.json.gz"
RESULTS = ROOT / "benches" / "RESULTS.md"
ROUNDS = 3


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=SCENARIOS, help="this scenario; may be given several times")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--peers", choices=["all", "none"], default="all")
    return parser.parse_args()


def build():
    """The release binaries."""
    packages = ["--package", "coscribe", "--package", "coscribe-benches"]
    subprocess.run(["cargo", "build", "--release", "--locked", *packages], cwd=ROOT, check=True)
    asked = ["cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"]
    target = Path(json.loads(subprocess.check_output(asked, cwd=ROOT))["target_directory"])
    return target, str(target / "release" / "coscribe"), str(target / "release" / "coscribe-load")


def measure(bench, kinds, chosen, rounds):
    findings = report.Findings([kind.name for kind in kinds])
    for number in range(1, rounds + 1):
        findings.rounds.append({})
        findings.commits.append(machine.commit_milliseconds(bench.folder))
        for name in chosen:
            for kind in kinds:
                if takes_part(SCENARIOS[name], kind, number):
                    found = kind.absent or bench.run(SCENARIOS[name].run, kind)
                    findings.rounds[-1][name, kind.name] = found
                    print(f"round {number}  {name:<12} {kind.name:<20} {json.dumps(found)}", flush=True)
    return findings


def takes_part(scenario, kind, number):
    if kind.name == "relay":
        return scenario.relay
    return not kind.is_peer or scenario.peers_each_round or number == 1


def main():
    options = arguments()
    found_machine = machine.Machine.look()
    machine.raise_file_limit()
    target, binary, generator = build()
    kinds = [servers.relay(generator), servers.coscribe(binary)]
    kinds += peers.all_of_them() if options.peers == "all" else []
    start = time.monotonic()
    # Beside the build, which is on a disk: in memory a commit would cost nothing.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=target) as folder:
        bench = Bench(generator, folder, TRACE)
        findings = measure(bench, kinds, options.only or list(SCENARIOS), options.rounds)
    table = report.table(findings)
    lines = [*table, "", *report.notes(findings, found_machine, time.monotonic() - start)]
    print("\n" + "\n".join(lines))
    if not options.only and options.peers == "all" and options.rounds >= ROUNDS:
        report.write(RESULTS, lines)


if __name__ == "__main__":
    sys.exit(main())
