"""Runs one workload on esteira and on its peers, in alternation, and prints both."""
