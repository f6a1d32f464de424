"""The real coordinator and a real worker, as processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from typing import IO

from esteira.client import Client

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("ESTEIRA_BIN") or ROOT / "target" / "debug" / "esteira")
WORKER = Path(__file__).resolve().parent.parent / "conformance" / "conformance_worker.py"
START_SECONDS = 30


class Coordinator:
    """A coordinator on a free port with data of its own; stopped with the test."""

    def __init__(self, test: unittest.TestCase) -> None:
        if not BINARY.is_file():
            raise FileNotFoundError(f"no coordinator at {BINARY}: set ESTEIRA_BIN, or build it with cargo")
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self._data = f"{folder.name}/data"
        self._address = "127.0.0.1:0"
        test.addCleanup(self.kill)
        self.start()
        self.endpoint = f"http://{self._address}"
        self.client = Client(self.endpoint)
        test.addCleanup(self.client.close)

    def start(self) -> None:
        """Starts it, again on the same address and data."""
        command = [str(BINARY), "dev", "--listen", self._address, "--data-dir", self._data]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output = self._process.stdout
        assert output is not None
        timer = threading.Timer(START_SECONDS, self._process.kill)
        timer.start()
        for line in output:
            found = re.search(r"serving on (\S+:\d+)", line)
            if found:
                timer.cancel()
                self._address = found.group(1)
                threading.Thread(target=_read_on, args=(output,), daemon=True).start()
                return
        raise AssertionError("the coordinator ended before it served")

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _read_on(output: IO[str]) -> None:
    """A pipe that nobody reads would stop the process."""
    try:
        for _ in output:
            pass
    except ValueError:
        # The test closed it.
        return


def start_worker(test: unittest.TestCase, endpoint: str, worker_id: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A conformance worker in a process of its own; killed with the test."""
    command = [sys.executable, str(WORKER), "--server", endpoint, "--worker-id", worker_id, *arguments]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def end() -> None:
        process.kill()
        process.wait()

    test.addCleanup(end)
    return process
