"""The function `{{name}}`."""

from esteira.model import Context, NonRetryable, Outcome, Payload, function


@function("{{name}}")
def greet(cx: Context, payload: Payload) -> Outcome:
    """Greets whom its input names."""
    name = payload.decode(str)
    if not name:
        raise NonRetryable("NAME_EMPTY", "nobody to greet")
    return Outcome.json(f"hello, {name}")
