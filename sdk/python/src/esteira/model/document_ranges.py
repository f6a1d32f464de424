"""Limits of the plan document that are not limits of the contract."""

from __future__ import annotations

from datetime import timedelta

#: Longest display name, in characters.
DISPLAY_NAME_CHARS_MAX = 256
#: Longest version text of a function or policy, in characters.
VERSION_CHARS_MAX = 64
#: Most policies of a plan, and of one end of a step.
POLICIES_MAX = 100
#: Most codes that are not retried.
CODES_MAX = 100

#: Pause of a `wait` step.
WAIT = (timedelta(milliseconds=1), timedelta(days=31))
#: Longest run of one attempt.
EXECUTION_TIMEOUT = WAIT
#: Pauses between attempts.
BACKOFF = (timedelta(0), timedelta(days=1))
#: Growth of the pauses.
MULTIPLIER = (1.0, 100.0)
#: Random share of the pauses.
JITTER = (0.0, 1.0)
#: Tasks of one step leased at once.
MAX_IN_FLIGHT = (0, 1_000_000)
