"""Runs load programs and measures around them."""

import json
import os
import select
import time

from . import figures
from .processes import Ended, cpu_us, lines, memory_mib

# What a load program may take beyond its warm-up and its measured time: its start, and the end of the last jobs.
GRACE_SECONDS = 60


def run(system, configuration, workload, in_flight, processes, command, environment, count=1):
    """Runs `command` in `count` processes that share the jobs in flight, and returns the figures.

    A load program writes `ready` when it could take jobs, waits for a line, and then writes `measuring`, `measured` and
    one JSON object with `seconds` and `latencies_us`. One is started when the one before is ready: the first makes the
    tables.
    """
    count = min(count, in_flight)
    shares = [in_flight // count + (1 if index < in_flight % count else 0) for index in range(count)]
    common = ["--warm-up-seconds", workload.warm_up_seconds, "--seconds", workload.seconds]
    environment = {**environment, "PEER_RESULT": workload.result}
    watched = []
    for share in shares:
        watched.append(processes.start("load", [*command, "--in-flight", share, *common], environment, pipe=True))
        wait_until_ready(watched[-1], processes)
    for process in watched:
        process.stdin.write(b"go\n")
        process.stdin.flush()
    begun, ended, answers, held = [], [], [], []
    seconds = workload.warm_up_seconds + workload.seconds + GRACE_SECONDS

    def sample():
        held.append(memory_mib(processes.roots()))

    for _, line in lines(processes, watched, seconds, sample):
        if line == "measuring":
            begun.append((time.monotonic(), cpu_us(processes.roots())))
        elif line == "measured":
            ended.append((time.monotonic(), cpu_us(processes.roots())))
            if len(ended) == 1:
                sample()
        elif line.startswith("{"):
            answers.append(json.loads(line))
        # Anything else is a library's own output.
    if not len(begun) == len(ended) == len(answers) == count:
        raise Ended(f"a load program said too little: {processes.log('load')}")
    # Between the last beginning and the first end all of them were measured.
    (from_time, from_cpu), (to_time, to_cpu) = begun[-1], ended[0]
    cpu_us_per_second = (to_cpu - from_cpu) / (to_time - from_time)
    return figures.of_loads(system, configuration, in_flight, answers, cpu_us_per_second, max(held))


def wait_until_ready(process, processes):
    until = time.monotonic() + GRACE_SECONDS
    said = bytearray()
    while b"ready\n" not in said:
        readable, _, _ = select.select([process.stdout], [], [], 0.2)
        read = os.read(process.stdout.fileno(), 1 << 16) if readable else None
        if read == b"" or time.monotonic() > until:
            raise Ended(f"a load program is not ready: {processes.log('load')}")
        said += read or b""
