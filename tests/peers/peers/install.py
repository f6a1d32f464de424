"""Installs the peers below a cache folder, each with its own package manager and pinned by its lock file."""

import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
NODE_CPU = {"x86_64": "x64", "aarch64": "arm64"}


class Installed:
    """Where everything is, below `cache`."""

    def __init__(self, cache):
        cpu = NODE_CPU.get(platform.machine())
        if cpu is None or sys.platform != "linux":
            raise SystemExit(f"the peers are installed on Linux with {' or '.join(NODE_CPU)} only")
        self.cache = Path(cache).resolve()
        modules = self.cache / "npm/node_modules"
        self.modules = modules
        self.node = modules / f"node-linux-{cpu}/bin/node"
        self.restate_server = modules / f"@restatedev/restate-server-linux-{cpu}/bin/restate-server"
        self.python = self.cache / "python/bin/python"
        self.restate_load = self.cache / "restate/release/peer-restate"
        # Beside node_modules, where Node.js looks for packages.
        self.load = self.cache / "npm/load"

    def all(self):
        """Installs what is missing or changed."""
        self.cache.mkdir(parents=True, exist_ok=True)
        self._once("npm", [HERE / "package.json", HERE / "package-lock.json"], self._npm)
        self._once("python", [HERE / "requirements.txt"], self._python)
        # Cargo knows by itself what has changed.
        manifest = HERE / "restate/Cargo.toml"
        self._run("cargo", "build", "--release", "--locked", "--manifest-path", manifest, "--target-dir", self.cache / "restate")
        shutil.rmtree(self.load, ignore_errors=True)
        shutil.copytree(HERE / "load", self.load)

    def _npm(self):
        folder = self.cache / "npm"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        # Without install scripts: every binary is in its package. The engine that npm misses is in node-linux-*.
        self._run("npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error", "--prefix", folder)

    def _python(self):
        shutil.rmtree(self.cache / "python", ignore_errors=True)
        self._run(sys.executable, "-m", "venv", self.cache / "python")
        pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
        self._run(*pip, "-r", HERE / "requirements.txt")

    def _once(self, name, files, install):
        wanted = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
        stamp = self.cache / f"{name}.installed"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        print(f"peers: installing what {files[-1].name} names", file=sys.stderr, flush=True)
        stamp.unlink(missing_ok=True)
        install()
        # Written last, so that an installation that was cut off is done again.
        stamp.write_text(wanted)

    def _run(self, *command):
        ended = subprocess.run([str(word) for word in command], check=False, stdin=subprocess.DEVNULL)
        if ended.returncode != 0:
            raise SystemExit(f"peers: {command[0]} ended with {ended.returncode}")
