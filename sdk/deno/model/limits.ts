/**
 * The limits of the contract that the model and the worker obey; the whole list is the coordinator's. Units stand last
 * in each name.
 *
 * @module
 */

/** Largest request message. */
export const MESSAGE_BYTES_MAX = 4 << 20;
/** Largest body of one payload. */
export const PAYLOAD_BYTES_MAX = 1 << 20;
/** Largest plan document. */
export const PLAN_BYTES_MAX = 1 << 20;
/** Most steps in a plan. */
export const PLAN_STEPS_MAX = 500;
/** Most edges that leave one step. */
export const STEP_NEXT_MAX = 100;
/** Deepest nesting of sub-plans. */
export const SUB_PLAN_DEPTH_MAX = 8;
/** Most leases, or reports, or beats in one call. */
export const BATCH_MAX = 100;
/** Shortest lease. */
export const LEASE_TTL_MIN_MS = 1_000;
/** Longest lease. */
export const LEASE_TTL_MAX_MS = 15 * 60_000;
/** Most items that one task may fan out into. */
export const FAN_OUT_ITEMS_MAX = 100_000;
/** Most tasks that the end of one task may bring to life. */
export const FAN_OUT_TASKS_MAX = 250_000;
/** Most items in one `AppendOutputs` chunk. */
export const APPEND_ITEMS_MAX = 1_000;
/** Longest condition. */
export const CONDITION_BYTES_MAX = 2 << 10;
/** Deepest nesting of JSON that is accepted. */
export const JSON_DEPTH_MAX = 64;
/** Longest long-poll. */
export const WAIT_MAX_MS = 30_000;
/** The long-poll that is used when nobody names another. */
export const WAIT_DEFAULT_MS = 20_000;
/** Longest free-text id (`request_id`, `worker_id`). */
export const REQUEST_ID_BYTES_MAX = 128;
/** Attempts when a step names no retry policy. */
export const ATTEMPTS_DEFAULT = 3;
/** Most attempts that a retry policy may ask for. */
export const ATTEMPTS_MAX = 100;
/** Longest failure message. */
export const FAILURE_MESSAGE_BYTES_MAX = 4 << 10;
/** Longest stack trace. */
export const FAILURE_STACK_BYTES_MAX = 16 << 10;
/** Most functions of one worker. */
export const FUNCTIONS_MAX = 500;
/** Most outbox messages that one completion may emit. */
export const EMIT_MAX = 1_000;
/** Most policy verdicts of one report. */
export const VERDICTS_MAX = 100;
/** Most headers of a packet or message. */
export const HEADERS_MAX = 32;
/** Names and values of the headers together. */
export const HEADER_BYTES_MAX = 8 << 10;
/** Most labels of a job. */
export const LABELS_MAX = 32;
/** Longest value of a label. */
export const LABEL_CHARS_MAX = 256;
/** Longest name of a function, queue, plan, step, label or header. */
export const NAME_BYTES_MAX = 63;
/** Longest name of an outbox topic. */
export const TOPIC_BYTES_MAX = 127;
/** Longest short text that names something: a user, a policy, a media type. */
export const ID_CHARS_MAX = 128;
/** Longest text for people or for lookups: display names, hosts, keys, schema ids, aggregate ids. */
export const TEXT_CHARS_MAX = 256;
/** Longest version of a function or policy, and name of an SDK. */
export const VERSION_CHARS_MAX = 64;
/** Longest reason, and detail of a verdict. */
export const REASON_CHARS_MAX = 1 << 10;
/** Longest pause that a worker may ask for. */
export const RETRY_AFTER_MAX_MS = 24 * 3_600_000;
