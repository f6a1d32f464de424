"""The esteira SDK for Python: write functions, compose them into plans, run both embedded or distributed.

| part | what it is for | extra | needs |
| --- | --- | --- | --- |
| `esteira.model` | aggregates, functions, plans, the embedded runner, traces | always there | the standard library |
| `esteira.testing` | runs a function in a test, with no server | always there | the standard library |
| `esteira.expr` | conditions, policies and `$cel` for the embedded runner | `expr` | CEL |
| `esteira.client` | calls the coordinator | `client` | gRPC |
| `esteira.worker` | serves functions to the coordinator | `worker` | gRPC |
"""

from .model import Context, Error, Function, FunctionSpec, NonRetryable, Outcome, Payload, Retryable, function

__all__ = [
    "Context",
    "Error",
    "Function",
    "FunctionSpec",
    "NonRetryable",
    "Outcome",
    "Payload",
    "Retryable",
    "function",
]
