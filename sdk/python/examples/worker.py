"""Serves one function to a coordinator until SIGTERM or Ctrl-C: `python examples/worker.py http://127.0.0.1:7440`."""

from __future__ import annotations

import logging
import sys

from esteira.model import Context, Level, NonRetryable, Outcome, Payload, function
from esteira.worker import Worker


@function("hello", version="1")
def hello(cx: Context, payload: Payload) -> Outcome:
    """Greets whom its input names."""
    name = payload.decode(str)
    if not name:
        raise NonRetryable("NAME_EMPTY", "somebody must be greeted")
    cx.log(Level.INFO, f"greeting in attempt {cx.attempt}")
    return Outcome.json(f"hello, {name}")


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    endpoint = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7440"
    Worker(endpoint, [hello], slots=8).run_blocking()


if __name__ == "__main__":
    main()
