"""A throw-away PostgreSQL server, as durable as in production, reachable over a Unix socket only."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from .processes import NOBODY

# Beside durability: room for the connections of each peer, and a log that is not checkpointed in the measured time.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def programs():
    """The folder of the newest installed version: Debian's place first, then the path. `.ci/setup` installs it."""
    versions = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "initdb").exists()]
    if versions:
        return max(versions, key=lambda folder: int(folder.parent.name))
    initdb = shutil.which("initdb")
    if not initdb:
        raise SystemExit("PostgreSQL is not installed: run .ci/setup")
    return Path(initdb).parent


def version():
    return subprocess.run([programs() / "postgres", "--version"], check=True, capture_output=True, text=True).stdout.strip()


class Postgres:
    """A server of its own for one measurement; it ends with `processes`."""

    def __init__(self, processes):
        self.folder = processes.folder / "postgres"
        self.folder.mkdir()
        if os.getuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        self._run("initdb", "--auth=trust", "--username=peer", "--encoding=UTF8", "--locale=C", "--no-sync", "-D", self.folder / "data")
        command = [programs() / "postgres", "-D", self.folder / "data", "-k", self.folder]
        for name, value in {**SETTINGS, **DURABLE}.items():
            command += ["-c", f"{name}={value}"]
        # Asked to end fast: it does not wait for its clients, and leaves no shared memory behind as an immediate end would.
        processes.start("postgres-server", command, as_nobody=True, end=signal.SIGINT)
        processes.wait_until("postgres-server", self._ready)
        for name, value in DURABLE.items():
            told = self._run("psql", "-X", "-A", "-t", "-U", "peer", "-h", self.folder, "-d", "postgres", "-c", f"SHOW {name}")
            if told.strip() != value:
                raise SystemExit(f"PostgreSQL runs with {name} = {told.strip()}")

    def _ready(self):
        command = [programs() / "pg_isready", "-q", "-h", self.folder]
        return subprocess.run(command, check=False).returncode == 0

    def _run(self, name, *arguments):
        nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        command = [programs() / name, *map(str, arguments)]
        ended = subprocess.run(command, check=False, capture_output=True, text=True, cwd=self.folder, **nobody)
        if ended.returncode != 0:
            raise SystemExit(f"{name}: {ended.stderr}")
        return ended.stdout
