#!/usr/bin/env python3
"""`make bench-peers`: one workload on esteira and on its peers, in alternation, on this machine."""

import argparse
import dataclasses
import json
import os
import platform
import signal
import sys
import tempfile
import time
from pathlib import Path

from peers import figures, postgres
from peers.install import HERE, Installed
from peers.processes import Ended, Processes
from peers.systems import Workload, all_systems

NOT_ON_A_DISK = {"tmpfs", "ramfs"}


def main():
    arguments = parse()
    # So that an interrupt, a `kill` or a closed terminal leaves through the same door as an error: nothing stays behind.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    folder = Path(arguments.directory or tempfile.gettempdir()).resolve()
    in_memory = file_system(folder) in NOT_ON_A_DISK
    if in_memory and not arguments.directory:
        raise SystemExit(f"peers: {folder} is not on a disk: name a folder with --directory")
    installed = Installed(arguments.cache)
    installed.all()
    systems = all_systems(installed, Path(arguments.esteira).resolve())
    if arguments.only:
        systems = [system for system in systems if system.name in arguments.only]
    if not systems:
        raise SystemExit(f"peers: --only: no system is called {', '.join(arguments.only)}")
    workload = Workload(arguments.warm_up_seconds, arguments.seconds, (HERE / "result.json").read_text())

    begun, loads = time.monotonic(), [os.getloadavg()[0]]
    measured = []
    for number in range(arguments.rounds):
        for in_flight in arguments.in_flight:
            for system in systems:
                try:
                    rows = measure(system, workload, in_flight, folder)
                except Ended as error:
                    raise SystemExit(f"peers: {system.name} at {in_flight} in flight: {error}") from error
                for row in rows:
                    say(number, row)
                measured += rows
        loads.append(os.getloadavg()[0])
    report(arguments, systems, measured, loads, in_memory, time.monotonic() - begun)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    numbers = lambda text: [int(number) for number in text.split(",")]
    parser.add_argument("--esteira", required=True, help="an optimised build of the coordinator")
    parser.add_argument("--in-flight", type=numbers, default=[1, 16, 64, 256], help="jobs in flight")
    parser.add_argument("--seconds", type=int, default=5, help="seconds that each is measured")
    parser.add_argument("--warm-up-seconds", type=int, default=3, help="seconds before (esteira: 1)")
    parser.add_argument("--rounds", type=int, default=2, help="how often the whole is done")
    parser.add_argument("--only", action="append", help="only this system; may be repeated")
    parser.add_argument("--directory", help="a folder on the disk to be measured, or in memory (default: the temporary folder)")
    parser.add_argument("--cache", default=HERE.parent.parent / ".tools/peers", help="where the peers are installed")
    parser.add_argument("--json", help="also write everything there, as JSON")
    return parser.parse_args()


def measure(system, workload, in_flight, folder):
    """Starts the system with empty data, runs the load, and leaves nothing of it."""
    with tempfile.TemporaryDirectory(prefix="esteira-peers-", dir=folder) as own:
        # PostgreSQL runs as another user and must get to its folder.
        os.chmod(own, 0o755)
        with Processes(own) as processes:
            return system.measure(workload, in_flight, processes)


def say(number, row):
    told = f"{row.jobs_per_second:,.0f} jobs/s, p50 {row.latency_p50_us:,} us, {row.cpu_us_per_step:,.0f} us CPU a step"
    print(f"round {number + 1}: {row.in_flight:>3} in flight: {row.system}, {row.configuration}: {told}", flush=True)


def report(arguments, systems, measured, loads, in_memory, took_seconds):
    summaries = figures.summarise(measured)
    versions = {system.name: system.version() for system in systems}
    durability = {system.name: system.durability for system in systems}
    print()
    print(figures.table(summaries))
    print()
    for name, version in versions.items():
        print(f"- {name} {version}: {durability[name]}")
    if in_memory:
        print("- the data was in memory: what the processor alone costs, and nothing of it durable")
    load_averages = ", ".join(f"{load:.1f}" for load in loads)
    print(f"- {os.cpu_count()} cores, {postgres.version()}, load average around the rounds: {load_averages}")
    print(f"- {arguments.rounds} rounds of {arguments.seconds} s a row in {took_seconds:.0f} s")
    if arguments.json:
        document = {
            "machine": {"cores": os.cpu_count(), "kernel": platform.release(), "load_averages": loads},
            "postgres": postgres.version(),
            "versions": versions,
            "durability": durability,
            "in_memory": in_memory,
            "rounds": arguments.rounds,
            "seconds": arguments.seconds,
            "measured": [dataclasses.asdict(row) for row in measured],
            "summaries": [dataclasses.asdict(summary) for summary in summaries],
        }
        Path(arguments.json).write_text(json.dumps(document, indent=2) + "\n")


def file_system(folder):
    """The kind of file system that a folder is on."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    inside = [(len(point), kind) for point, kind in mounts if folder == Path(point) or Path(point) in folder.parents]
    return max(inside)[1]


if __name__ == "__main__":
    main()
