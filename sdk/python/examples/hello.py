"""One function in a plan of two steps, run in this process: `python examples/hello.py`."""

from __future__ import annotations

from esteira.model import Context, Outcome, Payload, PlanBuilder, Runner, function, step


@function("hello")
async def hello(cx: Context, payload: Payload) -> Outcome:
    """Greets whom its input names."""
    return Outcome.json(f"hello, {payload.decode(str)}")


def main() -> None:
    plan = PlanBuilder().step(step("greet", "hello").then("again")).step(step("again", "hello")).build()
    trace = Runner().function(hello).run_blocking(plan, Payload.json('"world"'))
    print(trace, end="")
    for result in trace.results:
        print(result.as_json)


if __name__ == "__main__":
    main()
