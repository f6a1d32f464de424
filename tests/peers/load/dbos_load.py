"""The three-step workflow on DBOS for Python, with its callers in the same process: DBOS is a library."""

import argparse
import asyncio
import json
import os
import sys
import time

from dbos import DBOS

RESULT = os.environ["PEER_RESULT"]


@DBOS.step()
async def step(_input):
    return RESULT


@DBOS.workflow()
async def three_steps(data):
    for _ in range(3):
        data = await step(data)
    return data


class Load:
    open = False
    over = False

    def __init__(self):
        self.latencies_us = []

    async def call(self):
        while not self.over:
            begun = time.perf_counter()
            if await three_steps(RESULT) != RESULT:
                raise ValueError("a workflow returned something else")
            if self.open:
                self.latencies_us.append(int((time.perf_counter() - begun) * 1_000_000))


async def measure(arguments):
    load = Load()
    callers = [asyncio.create_task(load.call()) for _ in range(arguments.in_flight)]
    await asyncio.sleep(arguments.warm_up_seconds)
    print("measuring", flush=True)
    begun = time.perf_counter()
    load.open = True
    await asyncio.sleep(arguments.seconds)
    load.open = False
    took = time.perf_counter() - begun
    print("measured", flush=True)
    load.over = True
    await asyncio.gather(*callers)
    print(json.dumps({"seconds": took, "latencies_us": load.latencies_us}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--warm-up-seconds", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    arguments = parser.parse_args()
    DBOS(
        config={
            "name": "peer",
            "system_database_url": f"postgresql://peer@/postgres?host={os.environ['PEER_POSTGRES']}",
            "sys_db_pool_size": int(os.environ["PEER_POOL_SIZE"]),
            "log_level": "ERROR",
        }
    )
    DBOS.launch()
    print("ready", flush=True)
    sys.stdin.readline()
    asyncio.run(measure(arguments))
    DBOS.destroy()


main()
