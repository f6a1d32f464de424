"""Decisions of the embedded runner: what follows from the start of a job and from the end of a task.

Read in this order: `graph` (a plan made ready to run), `transition` (one decision), `complete`, `fail`, `begin`.
It decides as the coordinator does; nothing here waits, calls a function or knows the time by itself.
"""
