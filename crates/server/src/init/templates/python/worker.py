"""Serves the function until SIGTERM or Ctrl-C."""

import logging
import os

from esteira.worker import Worker
from function import greet

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    Worker(os.environ.get("ESTEIRA_SERVER", "http://127.0.0.1:7440"), [greet], slots=8).run_blocking()
