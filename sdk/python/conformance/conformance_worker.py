"""Serves the functions of the kit, for the conformance tests. Uses the SDK's public surface only.

conformance_worker.py --server URL --slots N --worker-id ID --spool DIR
"""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import timedelta

import kit

from esteira.worker import SetupError, Worker, WorkerError

#: Exit code for a command line that cannot work.
EX_USAGE = 64


def main() -> int:
    """Serves until SIGTERM; 0 for a clean end."""
    parser = argparse.ArgumentParser(description="Serves the functions of the kit.")
    parser.add_argument("--server", required=True, help="the coordinator, as http://host:port")
    parser.add_argument("--slots", type=int, default=1, help="how many functions may run at once")
    parser.add_argument("--worker-id", help="the id of this process; a new one when it is left out")
    parser.add_argument("--spool", help="directory for results that cannot be delivered")
    parser.add_argument("--token", help="sent as a bearer token")
    parser.add_argument("--lease-ttl-ms", type=int, help="how long to hold each lease between two heartbeats")
    parser.add_argument("--drain-grace", type=int, default=30, help="seconds that running functions get after SIGTERM")
    given = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    ttl = None if given.lease_ttl_ms is None else timedelta(milliseconds=given.lease_ttl_ms)
    try:
        worker = Worker(
            given.server,
            kit.functions(),
            slots=given.slots,
            worker_id=given.worker_id,
            spool=given.spool,
            token=given.token,
            lease_ttl=ttl,
            drain_grace=timedelta(seconds=given.drain_grace),
            display_name="python conformance worker",
        )
        worker.run_blocking()
    except WorkerError as error:
        print(error, file=sys.stderr)
        return EX_USAGE if isinstance(error, SetupError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
