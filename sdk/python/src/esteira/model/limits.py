"""The limits of the contract that an SDK must know, in one place. Units stand last in each name."""

from __future__ import annotations

from datetime import timedelta

#: Largest request message.
MESSAGE_BYTES_MAX = 4 << 20
#: Largest body of one payload.
PAYLOAD_BYTES_MAX = 1 << 20
#: Largest plan document.
PLAN_BYTES_MAX = 1 << 20
#: Most steps in a plan.
PLAN_STEPS_MAX = 500
#: Most edges that leave one step.
STEP_NEXT_MAX = 100
#: Deepest nesting of sub-plans.
SUB_PLAN_DEPTH_MAX = 8
#: Most leases, or reports, or beats in one call.
BATCH_MAX = 100
#: Shortest lease.
LEASE_TTL_MIN = timedelta(seconds=1)
#: Longest lease.
LEASE_TTL_MAX = timedelta(minutes=15)
#: Most items that one task may fan out into.
FAN_OUT_ITEMS_MAX = 100_000
#: Most tasks that the end of one task may bring to life, native steps behind it included.
FAN_OUT_TASKS_MAX = 250_000
#: Most items in one `AppendOutputs` chunk.
APPEND_ITEMS_MAX = 1_000
#: Longest condition.
CONDITION_BYTES_MAX = 2 << 10
#: Deepest nesting of JSON that is accepted.
JSON_DEPTH_MAX = 64
#: Longest long-poll.
WAIT_MAX = timedelta(seconds=30)
#: The long-poll when the caller names none.
WAIT_DEFAULT = timedelta(seconds=20)
#: Longest free-text id (`request_id`, `worker_id`).
REQUEST_ID_BYTES_MAX = 128
#: Attempts of a step that names no number.
ATTEMPTS_DEFAULT = 3
#: Most attempts that a step may name.
ATTEMPTS_MAX = 100
#: Longest failure message kept.
FAILURE_MESSAGE_BYTES_MAX = 4 << 10
#: Longest stack trace kept.
FAILURE_STACK_BYTES_MAX = 16 << 10
#: Most functions of one worker.
FUNCTIONS_MAX = 500
#: Longest pause that a worker may ask for.
RETRY_AFTER_MAX = timedelta(hours=24)
#: Most outbox messages that one completion may emit.
EMIT_MAX = 1_000
#: Most policy verdicts of one report.
VERDICTS_MAX = 100
#: Most headers of a message.
HEADERS_MAX = 32
#: Most bytes of their names and values together.
HEADER_BYTES_MAX = 8 << 10
#: Most labels of a job.
LABELS_MAX = 32
#: Longest value of a label.
LABEL_CHARS_MAX = 256
#: Longest name of a function, queue, plan, step, label or header.
NAME_BYTES_MAX = 63
#: Longest name of an outbox topic.
TOPIC_BYTES_MAX = 127
#: Longest short text that names something: a user, a policy, a media type.
ID_CHARS_MAX = 128
#: Longest text for lookups: keys, schema ids, aggregate ids.
TEXT_CHARS_MAX = 256
#: Longest version of a function or policy.
VERSION_CHARS_MAX = 64
#: Longest reason, and detail of a verdict.
REASON_CHARS_MAX = 1 << 10
