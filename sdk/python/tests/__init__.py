"""The tests of the SDK. `conformance` is not a package: its folder is where its worker is started from."""

import os
import sys
from pathlib import Path

# gRPC tells of every connection that ends.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "conformance"))
