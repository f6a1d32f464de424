"""Processes of a system under measurement: started, watched through /proc, and never left behind."""

import os
import select
import signal
import subprocess
import time
from pathlib import Path

# Learns the groups of what is started, and ends them when the runner ends in whatever way: its input is closed then.
# PostgreSQL and its backends end at once on SIGQUIT.
KEEPER = """groups=
while read -r group; do groups="$groups $group"; done
for number in QUIT KILL; do
  for group in $groups; do kill -s "$number" -- "-$group" 2>/dev/null; done
  sleep 1
done
rm -rf "$1"
"""
STOP_SECONDS = 20
NOBODY = 65_534
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Ended(Exception):
    """A process that should run, or answer, did not."""


class Processes:
    """All processes of one system; leaving it ends them, the last started first."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.started = []
        self.ends = {}
        command = ["sh", "-c", KEEPER, "keeper", self.folder]
        self.keeper = subprocess.Popen(command, stdin=subprocess.PIPE, cwd="/", start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.started):
            stop(process, self.ends[process.pid])
        self.keeper.kill()
        self.keeper.wait()
        self.keeper.stdin.close()

    def start(self, name, arguments, environment=None, as_nobody=False, pipe=False, end=signal.SIGTERM):
        """Starts a process whose output goes to `<name>.log`; where `pipe` is set, it is read and written by us.

        `end` is the signal that it is asked to end with.
        """
        nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if as_nobody and os.getuid() == 0 else {}
        log = open(self.folder / f"{name}.log", "ab")
        process = subprocess.Popen(
            [str(argument) for argument in arguments],
            cwd=self.folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE if pipe else subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipe else log,
            stderr=log,
            # A group of its own, which what it starts belongs to as well.
            start_new_session=True,
            **nobody,
        )
        log.close()
        self.keeper.stdin.write(f"{process.pid}\n".encode())
        self.keeper.stdin.flush()
        self.started.append(process)
        self.ends[process.pid] = end
        return process

    def log(self, name):
        """The end of a process's log, for an error."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def wait_until(self, name, ready, seconds=60):
        """Asks `ready` until it is true; a process that ends meanwhile is an error."""
        until = time.monotonic() + seconds
        while not ready():
            ended = [process for process in self.started if process.poll() is not None]
            if ended or time.monotonic() > until:
                raise Ended(f"{name} did not start: {self.log(name)}")
            time.sleep(0.05)

    def roots(self):
        return [process.pid for process in self.started]


def stop(process, end):
    """Ends a process and the group that it began."""
    for number, seconds in ((end, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


def tree(roots):
    """These processes and all that descend from them."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            fields = stat(int(folder.name))
            if fields:
                parents[int(folder.name)] = int(fields[1])
    found = set(roots) & set(parents)
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found


def stat(pid):
    """The fields of /proc/<pid>/stat after the name; none when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None


def cpu_us(roots):
    """CPU time of the trees so far, that of ended and awaited children included."""
    ticks = 0
    for pid in tree(roots):
        fields = stat(pid)
        # utime, stime, and both of awaited children, counted from the state as field 0.
        ticks += sum(int(field) for field in fields[11:15]) if fields else 0
    return ticks * 1_000_000 / TICKS_PER_SECOND


def memory_mib(roots):
    """What the trees hold; pages that several processes share are counted once."""
    kib = 0
    for pid in tree(roots):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        kib += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return kib / 1024


def lines(processes, watched, seconds, tick=None):
    """Yields `(process, line)` as the watched processes write them, until all have ended well.

    Calls `tick` about once a second. A process that fails, or that has not ended after `seconds`, is an error.
    """
    until = time.monotonic() + seconds
    open_files = {process.stdout.fileno(): (process, bytearray()) for process in watched}
    next_tick = time.monotonic() + 1
    while open_files:
        readable, _, _ = select.select(list(open_files), [], [], 0.2)
        for number in readable:
            process, rest = open_files[number]
            read = os.read(number, 1 << 20)
            rest += read
            while b"\n" in rest:
                line, _, after = bytes(rest).partition(b"\n")
                rest[:] = after
                yield process, line.decode()
            if not read:
                del open_files[number]
        if tick and time.monotonic() >= next_tick:
            tick()
            next_tick = time.monotonic() + 1
        if time.monotonic() > until:
            raise Ended(f"no end after {seconds} s: {processes.log('load')}")
    for process in watched:
        if process.wait(STOP_SECONDS) != 0:
            raise Ended(f"ended with {process.returncode}: {processes.log('load')}")
