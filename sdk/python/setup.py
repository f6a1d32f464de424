"""Builds the package: everything stands in pyproject.toml but where the generated code comes from."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

GENERATED = Path(__file__).parent / "gen" / "esteira" / "v1"


class BuildWithGenerated(build_py):
    """Takes the generated modules of the contract into `esteira.v1`."""

    def run(self) -> None:
        """Copies them where the package is built; an editable install reads them where they are."""
        super().run()
        if not self.editable_mode:
            for source in sorted([*GENERATED.glob("*.py"), *GENERATED.glob("*.pyi")]):
                target = Path(self.build_lib) / "esteira" / "v1" / source.name
                self.mkpath(str(target.parent))
                self.copy_file(str(source), str(target))


setup(cmdclass={"build_py": BuildWithGenerated})
