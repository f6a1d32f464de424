//! Every limit of the contract, in one place. Units stand last in each name.

use std::time::Duration;

/// Largest request message. Larger ones are decoded up to twice this and refused by name.
pub const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// Largest body of one payload.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// Largest plan document.
pub const PLAN_BYTES_MAX: usize = 1 << 20;
/// Most steps in a plan.
pub const PLAN_STEPS_MAX: usize = 500;
/// Most edges that leave one step.
pub const STEP_NEXT_MAX: usize = 100;
/// Deepest nesting of sub-plans.
pub const SUB_PLAN_DEPTH_MAX: usize = 8;
/// Most leases, or reports, or beats in one call.
pub const BATCH_MAX: usize = 100;
/// Shortest and longest lease.
pub const LEASE_TTL_MIN: Duration = Duration::from_secs(1);
/// See [`LEASE_TTL_MIN`].
pub const LEASE_TTL_MAX: Duration = Duration::from_secs(15 * 60);
/// Lease that a worker gets when neither it nor the step asks for another.
pub const LEASE_TTL_DEFAULT: Duration = Duration::from_secs(30);
/// Most items that one task may fan out into.
pub const FAN_OUT_ITEMS_MAX: usize = 100_000;
/// Most tasks that the end of one task may bring to life, native steps behind it included.
pub const FAN_OUT_TASKS_MAX: usize = 250_000;
/// Most items in one `AppendOutputs` chunk.
pub const APPEND_ITEMS_MAX: usize = 1_000;
/// Longest condition.
pub const CONDITION_BYTES_MAX: usize = 2 << 10;
/// Most headers of a packet, and their bytes together.
pub const HEADERS_MAX: usize = 32;
/// See [`HEADERS_MAX`].
pub const HEADER_BYTES_MAX: usize = 8 << 10;
/// Most labels of a plan or job; keys and values of at most [`LABEL_BYTES_MAX`] each.
pub const LABELS_MAX: usize = 32;
/// See [`LABELS_MAX`].
pub const LABEL_BYTES_MAX: usize = 256;
/// Deepest nesting of JSON that is accepted.
pub const JSON_DEPTH_MAX: usize = 64;
/// Longest long-poll, and the one used when the caller names none.
pub const WAIT_MAX: Duration = Duration::from_secs(30);
/// See [`WAIT_MAX`].
pub const WAIT_DEFAULT: Duration = Duration::from_secs(20);
/// Rows of a page when the caller names no size, and at most.
pub const PAGE_DEFAULT: usize = 50;
/// See [`PAGE_DEFAULT`].
pub const PAGE_MAX: usize = 500;
/// Longest free-text id (`request_id`, `worker_id`).
pub const REQUEST_ID_BYTES_MAX: usize = 128;
/// How long an answer is kept for a repeated `request_id`.
pub const REQUEST_ID_KEPT: Duration = Duration::from_secs(24 * 3600);
/// Lost leases after which a task is a poison pill.
pub const LEASE_EXPIRIES_MAX: u32 = 5;
/// Attempts when a step names no retry policy.
pub const ATTEMPTS_DEFAULT: u32 = 3;
/// Most attempts that a retry policy may ask for.
pub const ATTEMPTS_MAX: u32 = 100;
/// How long a cancelled task may go on before its lease is lost.
pub const CANCEL_GRACE: Duration = Duration::from_secs(30);
/// Longest failure message kept, and stack trace.
pub const FAILURE_MESSAGE_BYTES_MAX: usize = 4 << 10;
/// See [`FAILURE_MESSAGE_BYTES_MAX`].
pub const FAILURE_STACK_BYTES_MAX: usize = 16 << 10;
/// Most outbox messages that one completion may emit.
pub const EMIT_MAX: usize = 1_000;
/// Most results or outputs that one answer carries; the rest is counted.
pub const RESULTS_MAX: usize = 100;
/// Longest name of a function, queue, plan, step, label or header.
pub const NAME_BYTES_MAX: usize = 63;
/// Longest name of an outbox topic.
pub const TOPIC_BYTES_MAX: usize = 127;
/// Longest short text that names something: a user, a policy, a media type.
pub const ID_CHARS_MAX: usize = 128;
/// Longest text for people or for lookups: display names, hosts, keys, schema ids, aggregate ids.
pub const TEXT_CHARS_MAX: usize = 256;
/// Longest version of a function or policy, and name of an SDK.
pub const VERSION_CHARS_MAX: usize = 64;
/// Longest stable code of a failure.
pub const CODE_BYTES_MAX: usize = 64;
/// Longest reason, and detail of a verdict.
pub const REASON_CHARS_MAX: usize = 1 << 10;
/// Longest name of what an operator's call was about.
pub const RESOURCE_BYTES_MAX: usize = 512;
/// Lowest and highest priority, without the sign.
pub const PRIORITY_MAX: i32 = 100;
/// Longest time-out of a job, and how far ahead a start may lie.
pub const JOB_TIME_MAX: Duration = Duration::from_secs(366 * 24 * 3600);
/// Longest pause that a worker or a relay may ask for, and longest grace of a drain.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);
/// Pause after a failed delivery when the relay names none.
pub const NACK_PAUSE_DEFAULT: Duration = Duration::from_secs(5);
/// Most functions, or queues, that one worker names.
pub const FUNCTIONS_MAX: usize = 500;
/// Most policy verdicts of one report.
pub const VERDICTS_MAX: usize = 100;
/// Most findings about a plan in one answer.
pub const ISSUES_MAX: usize = 100;
/// Longest filter of a list, and most comparisons in it.
pub const FILTER_BYTES_MAX: usize = 2 << 10;
/// See [`FILTER_BYTES_MAX`].
pub const FILTER_TERMS_MAX: usize = 20;
/// How old an id may be that a caller chose for a job, by its own time: a call can be sent again for a day.
pub const JOB_ID_AGE_MAX: Duration = Duration::from_secs(48 * 3600);
/// How far ahead of the coordinator's clock its time may lie.
pub const JOB_ID_AHEAD_MAX: Duration = Duration::from_secs(24 * 3600);
/// Longest time for which jobs are kept, short of for ever.
pub const KEEP_MAX: Duration = Duration::from_secs(100 * 366 * 24 * 3600);
/// Most tasks of a job that is processed again.
pub const REPROCESS_TASKS_MAX: usize = 250_000;
/// Most bytes that conditions and templates of its start may read.
pub const REPROCESS_BYTES_MAX: usize = 64 << 20;
/// The protocol of this contract.
pub const PROTOCOL: i32 = 1;
