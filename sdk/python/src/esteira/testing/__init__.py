"""Runs a function in a test, with no server: whatever a worker would tell it is set here, whatever it says is kept.

>>> from esteira.model import Payload, function
>>> from esteira.testing import Harness
>>> @function("kit.echo")
... def echo(cx, payload):
...     cx.emit("echoed", "k", payload)
...     return payload
>>> execution = Harness().attempt(2).run_blocking(echo, Payload.json("7"))
>>> execution.payloads[0].body, execution.emits[0].topic
('7', 'echoed')
"""

from .harness import Execution, Harness

__all__ = ["Execution", "Harness"]
