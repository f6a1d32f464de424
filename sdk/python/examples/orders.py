"""An aggregate that only its own behaviours change, moved by a plan with a fan-out and a join.

`python examples/orders.py`
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from esteira.model import (
    Aggregate,
    Context,
    Function,
    FunctionSpec,
    NonRetryable,
    Outcome,
    OutputType,
    Payload,
    PlanBuilder,
    Runner,
    definition_json,
    function,
    step,
)


@dataclass
class Line:
    """A line of an order."""

    product: str
    quantity: int
    reserved: bool = False


@dataclass
class Reserved:
    """The event: a product was reserved."""

    product: str


@dataclass
class Order(Aggregate):
    """An order: lines that are reserved one by one."""

    kind: ClassVar[str] = "order"
    id: str
    version: int
    lines: list[Line]

    def apply(self, event: Reserved) -> None:
        """Marks the lines of a product."""
        for line in self.lines:
            line.reserved = line.reserved or line.product == event.product
        self.version += 1

    def reserve(self, product: str, quantity_max: int) -> None:
        """The rule stands here and nowhere else."""
        line = next((line for line in self.lines if line.product == product), None)
        if line is None:
            raise NonRetryable("PRODUCT_UNKNOWN", product)
        if line.quantity > quantity_max:
            raise NonRetryable("QUANTITY_TOO_LARGE", f"{line.quantity} of {product}")
        self.apply(Reserved(product))


@dataclass
class ReserveConfig:
    """How much of a product one order may reserve."""

    quantity_max: int


class Reserve(Function):
    """Reserves all lines of an order."""

    @property
    def spec(self) -> FunctionSpec:
        """What plans and operators see of it."""
        return FunctionSpec("order.reserve", OutputType.SINGLE, "1", "Reserves all lines of an order.")

    def execute(self, cx: Context, payload: Payload) -> Outcome:
        """A plain method: it runs in a thread."""
        config = cx.config(ReserveConfig)
        order = payload.decode(Order)
        for product in [line.product for line in order.lines]:
            order.reserve(product, config.quantity_max)
            cx.emit("order.line_reserved", order.id, Payload.encode(product))
        return Outcome.json(order).moved(order.reference())


@function("order.split", OutputType.MULTIPLE)
def split(cx: Context, payload: Payload) -> list[Payload]:
    """One item a line."""
    return [Payload.encode(line) for line in payload.decode(Order).lines]


@function("line.pick")
def pick(cx: Context, payload: Payload) -> Outcome:
    """Says what to take."""
    line = payload.decode(Line)
    return Outcome.json(f"{line.quantity} x {line.product}")


@function("order.pack")
def pack(cx: Context, payload: Payload) -> Payload:
    """Puts what was picked together."""
    return payload


def main() -> None:
    plan = (
        PlanBuilder()
        .step(step("reserve", "order.reserve").config('{"quantity_max":10}').then("split"))
        .step(step("split", "order.split").output(OutputType.MULTIPLE).then("pick"))
        .step(step("pick", "line.pick").then("pack"))
        .step(step("pack", "order.pack").join_all())
        .build()
    )
    lines = '[{"product":"tea","quantity":2},{"product":"cup","quantity":4}]'
    order = Payload.json(f'{{"id":"o-1","version":0,"lines":{lines}}}')
    trace = Runner().functions([Reserve(), split, pick, pack]).run_blocking(plan, order)
    print(trace, end="")
    print("result  ", trace.results[0].as_json if trace.results else "none")
    print("messages", len(trace.messages))
    print("document", definition_json(plan, "order.fulfil"))


if __name__ == "__main__":
    main()
