"""What the README and the examples say is what happens."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import os
import pkgutil
import re
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock
from pathlib import Path
from typing import Any

import esteira
from esteira.client import Client
from esteira.model import Payload
from esteira.v1 import job_pb2
from esteira.worker import Worker
from tests.coordinator import Coordinator

FOLDER = Path(__file__).resolve().parent.parent
HEADINGS = ["Install", "A function", "A plan, embedded", "A worker", "Errors", "Testing"]


def example(name: str) -> str:
    """What an example prints."""
    command = [sys.executable, str(FOLDER / "examples" / f"{name}.py")]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


class ReadmeTests(unittest.TestCase):
    def test_every_snippet_runs_in_the_order_of_the_page(self) -> None:
        coordinator = Coordinator(self)
        text = (FOLDER / "README.md").read_text(encoding="utf-8")
        snippets = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        self.assertEqual(len(snippets), 5)
        names: dict[str, Any] = {"endpoint": coordinator.endpoint}
        printed = io.StringIO()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # The page names a folder for what cannot be delivered.
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(folder.name)
        with contextlib.redirect_stdout(printed):
            for snippet in snippets:
                if "run_blocking()" in snippet:
                    # The job that the page started is served; when it has ended, the worker is asked to end.
                    self._stop_when_ended(coordinator.client, names["job"].job_id)
                exec(compile(snippet, "README.md", "exec"), names)  # noqa: S102 - that it runs is the test
        self.assertIn("again[] SUCCEEDED after 1 attempts", printed.getvalue())
        ended = coordinator.client.jobs.get_job(job_pb2.GetJobRequest(job_id=names["job"].job_id)).job
        self.assertEqual([result.json for result in ended.results], ['"hello, hello, world"'])

    def _stop_when_ended(self, client: Client, job_id: str) -> None:
        def stop() -> None:
            client.jobs.wait(job_id)
            os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=stop, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 20)

    def test_the_sections_are_those_of_every_sdk(self) -> None:
        text = (FOLDER / "README.md").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"^## (.*)$", text, re.MULTILINE), HEADINGS)

    def test_hello_greets_twice(self) -> None:
        self.assertEqual(
            example("hello"),
            "job SUCCEEDED\n  greet[] SUCCEEDED after 1 attempts\n  again[] SUCCEEDED after 1 attempts\n"
            '"hello, hello, world"\n',
        )

    def test_orders_moves_an_aggregate(self) -> None:
        printed = example("orders")
        self.assertIn('result   ["2 x tea","4 x cup"]\nmessages 2\n', printed)

    def test_the_example_worker_serves_its_function(self) -> None:
        served: list[tuple[str, Any]] = []

        def serve(self: Worker) -> None:
            [function] = self._setup.functions.values()
            served.append((self._setup.info.functions[0].version, function))

        alone = unittest.mock.patch.object(sys, "argv", ["worker.py"])
        with alone, unittest.mock.patch.object(Worker, "run_blocking", serve):
            runpy.run_path(str(FOLDER / "examples" / "worker.py"), run_name="__main__")
        [(version, function)] = served
        from esteira.testing import Harness

        self.assertEqual(version, "1")
        greeted = Harness().run_blocking(function, Payload.json('"you"'))
        self.assertEqual([payload.body for payload in greeted.payloads], ['"hello, you"'])
        failure = Harness().run_blocking(function, Payload.json('""')).failure
        self.assertEqual(failure and failure.code, "NAME_EMPTY")

    def test_what_the_documentation_shows_is_true(self) -> None:
        found = 0
        for module in pkgutil.walk_packages(esteira.__path__, "esteira."):
            if not module.name.startswith("esteira.v1"):
                result = doctest.testmod(importlib.import_module(module.name))
                self.assertEqual(result.failed, 0, module.name)
                found += result.attempted
        self.assertGreater(found, 10)


class PackageTests(unittest.TestCase):
    def test_the_package_holds_everything_and_works_where_it_is_installed(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check", "-q"]
            source = Path(folder) / "source"
            ignored = {"build", "esteira_sdk.egg-info", ".mypy_cache", ".ruff_cache", "__pycache__"}
            _copy(FOLDER, source, ignored)
            target = Path(folder) / "target"
            install = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(source)]
            subprocess.run(install, check=True, capture_output=True, text=True, timeout=120)
            self.assertTrue((target / "esteira" / "py.typed").is_file())
            self.assertTrue((target / "esteira" / "v1" / "worker_pb2.pyi").is_file())
            code = (
                "import sys; sys.path.insert(0, sys.argv[1])\n"
                "import esteira, esteira.v1.worker_pb2, esteira.v1.job_pb2_grpc, esteira.worker, esteira.expr\n"
                "assert esteira.__file__.startswith(sys.argv[1]), esteira.__file__\n"
                "assert esteira.v1.worker_pb2.__file__.startswith(sys.argv[1]), esteira.v1.worker_pb2.__file__\n"
            )
            run = subprocess.run([sys.executable, "-c", code, str(target)], capture_output=True, text=True, timeout=60)
            self.assertEqual((run.returncode, run.stderr), (0, ""))


def _copy(source: Path, target: Path, ignored: set[str]) -> None:
    import shutil

    shutil.copytree(source, target, ignore=lambda _, names: ignored.intersection(names))


if __name__ == "__main__":
    unittest.main()
