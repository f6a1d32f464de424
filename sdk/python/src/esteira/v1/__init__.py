"""The messages and services of the contract, generated from `proto/esteira/v1`.

A package that was built holds the generated modules right here; in the repository they stay where they are generated.
"""

from pathlib import Path

_GENERATED = Path(__file__).resolve().parents[3] / "gen" / "esteira" / "v1"
if _GENERATED.is_dir():
    __path__.append(str(_GENERATED))
