"""The systems: how each is started, with which settings, and what it promises."""

import json
import socket
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass

from . import load, postgres
from .figures import OURS, STEPS, Figures
from .processes import Ended, lines, memory_mib

ON_POSTGRES = f"PostgreSQL, {', '.join(f'{name} {value}' for name, value in postgres.DURABLE.items())}"


@dataclass(frozen=True)
class Workload:
    """What every system runs."""

    warm_up_seconds: int
    seconds: int
    result: str
    """What each step returns."""


class Esteira:
    """This repository's coordinator. `esteira bench` starts it and is its load: this is the one place that calls it."""

    name = OURS
    durability = f"SQLite, WAL, synchronous=FULL; {ON_POSTGRES}"

    def __init__(self, binary, database):
        self.binary = binary
        self.database = database

    def version(self):
        told = subprocess.run([self.binary, "--version"], check=True, capture_output=True, text=True)
        return told.stdout.strip().removeprefix("esteira ")

    def measure(self, workload, in_flight, processes):
        target = "sqlite"
        if self.database == "PostgreSQL":
            target = f"postgres://peer@localhost/postgres?host={postgres.Postgres(processes).folder}"
        file = processes.folder / "esteira.json"
        command = [self.binary, "bench", "b4", "--database", target, "--in-flight", in_flight, "--seconds", workload.seconds]
        process = processes.start("load", [*command, "--directory", processes.folder, "--json", file], pipe=True)
        held = []
        seconds = 2 * (workload.seconds + load.GRACE_SECONDS)
        for _ in lines(processes, [process], seconds, lambda: held.append(memory_mib(processes.roots()))):
            pass
        return [self._figures(row, max(held)) for row in json.loads(file.read_text())["rows"]]

    def _figures(self, row, held_mib):
        if row["steps"] != STEPS:
            raise Ended(f"esteira bench ran {row['steps']} steps")
        cpu_us_per_step = row["coordinator_cpu_us_per_step"] + row["load_cpu_us_per_step"]
        if self.database == "PostgreSQL":
            cpu_us_per_step += row["database_cpu_us_per_step"]
        return Figures(
            system=self.name,
            configuration=f"{self.database}, {row['reports']} reports",
            in_flight=row["in_flight"],
            jobs_per_second=row["jobs_per_second"],
            latency_p50_us=row["latency_p50_us"],
            latency_p99_us=row["latency_p99_us"],
            cpu_us_per_step=cpu_us_per_step,
            memory_mib=held_mib,
        )


class Restate:
    """Restate's server, and a durable handler of its Rust SDK in the callers' process."""

    name = "Restate"
    durability = "its replicated log with one replica, RocksDB's log synced (rocksdb-disable-wal-fsync = false)"

    def __init__(self, installed, partitions, handler):
        self.server = installed.restate_server
        self.program = installed.restate_load
        self.partitions = partitions
        self.handler = handler

    def version(self):
        told = subprocess.run([self.server, "--version"], check=True, capture_output=True, text=True)
        return told.stdout.strip().removeprefix("restate-server ")

    def measure(self, workload, in_flight, processes):
        node, admin, ingress = free_ports(3)
        configuration = processes.folder / "restate.toml"
        partitions = f"default-num-partitions = {self.partitions}\n" if self.partitions else ""
        configuration.write_text(
            f'bind-address = "127.0.0.1:{node}"\nlisten-mode = "tcp"\ndisable-telemetry = true\n{partitions}'
            f'[admin]\nbind-address = "127.0.0.1:{admin}"\n[ingress]\nbind-address = "127.0.0.1:{ingress}"\n'
        )
        command = [self.server, "--config-file", configuration, "--base-dir", processes.folder / "restate"]
        self._check(command)
        processes.start("restate-server", command)
        urls = {"ingress": f"http://127.0.0.1:{ingress}", "admin": f"http://127.0.0.1:{admin}"}
        health = [f"{urls['admin']}/health", f"{urls['ingress']}/restate/health"]
        processes.wait_until("restate-server", lambda: all(answers(url) for url in health))
        program = [self.program, "--handler", self.handler]
        program += [word for name, url in urls.items() for word in (f"--{name}", url)]
        return [load.run(self.name, self.configuration(), workload, in_flight, processes, program, {})]

    def configuration(self):
        count = self.partitions
        return "24 partitions (default)" if count is None else f"{count} partition{'s' if count > 1 else ''}"

    def _check(self, command):
        """What this version does by default may change: its own word that it syncs."""
        told = subprocess.run([*map(str, command), "--dump-config"], check=True, capture_output=True, text=True).stdout
        section = told.partition("[log-server]")[2].partition("\n[")[0]
        if "rocksdb-disable-wal-fsync = false" not in section:
            raise Ended("restate-server would not sync its log")


class OnPostgres:
    """A library over PostgreSQL, with its callers and workers in the same processes."""

    durability = ON_POSTGRES

    def __init__(self, name, version, program, count, environment=None):
        self.name = name
        self._version = version
        self.program = program
        self.count = count
        self.environment = environment or {}

    def version(self):
        return self._version()

    def measure(self, workload, in_flight, processes):
        server = postgres.Postgres(processes)
        environment = {"PEER_POSTGRES": str(server.folder), "NODE_ENV": "production", **self.environment}
        configuration = f"{self.count} processes" if self.count > 1 else "1 process"
        return [load.run(self.name, configuration, workload, in_flight, processes, self.program, environment, self.count)]


def in_python(installed, name, package, program, count, environment):
    program = [installed.python, installed.load / program]
    ask = [installed.python, "-c", f"import importlib.metadata as m; print(m.version({package!r}))"]

    def version():
        return subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()

    return OnPostgres(name, version, program, count, environment)


def in_node(installed, name, package, program, count, environment=None):
    def version():
        return json.loads((installed.modules / package / "package.json").read_text())["version"]

    return OnPostgres(name, version, [installed.node, installed.load / program], count, environment)


def free_ports(count):
    """Ports of the loopback address that nobody has."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def answers(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def all_systems(installed, esteira):
    """In the order in which a round runs them; those of one peer are its configurations, of which the best counts."""
    return [
        Esteira(esteira, "SQLite"),
        Esteira(esteira, "PostgreSQL"),
        Restate(installed, None, "service"),
        Restate(installed, 2, "service"),
        Restate(installed, 1, "service"),
        in_python(installed, "DBOS for Python", "dbos", "dbos_load.py", 2, {"PEER_POOL_SIZE": "20"}),
        in_node(installed, "DBOS for TypeScript", "@dbos-inc/dbos-sdk", "dbos_load.mjs", 1, {"PEER_POOL_SIZE": "20"}),
        in_node(installed, "graphile-worker", "graphile-worker", "graphile_worker_load.mjs", 1),
        in_node(installed, "pg-boss", "pg-boss", "pg_boss_load.mjs", 1),
    ]
