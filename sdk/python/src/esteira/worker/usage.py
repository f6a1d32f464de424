"""What an attempt used: the peak memory of the process. Time is measured where the function is called."""

from __future__ import annotations

import sys


def peak_rss_bytes() -> int:
    """Peak resident memory of the process; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
