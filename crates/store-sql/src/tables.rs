//! The tables that rounds write, as their inserts see them. The order of the columns is the order of the values.

use crate::statement::{Column, OnConflict, Table, Type};

macro_rules! columns {
    ($($name:ident $kind:ident),* $(,)?) => { &[$(Column { name: stringify!($name), kind: Type::$kind }),*] };
}

/// What every row about a task has, live or ended; the order is that of `task_columns!`.
const TASK: &[Column] = columns![
    task_id Blob, job_id Blob, step I64, item_path Blob, parent_task_id Blob, input I64,
    aggregate_kind Text, aggregate_id Text, aggregate_version I64,
    attempts I64, failures I64, expiries I64, fence I64, checkpoint I64, create_time I64, start_time I64,
];

/// The columns of `TASK` in a SELECT list.
macro_rules! task_columns {
    () => {
        "task_id, job_id, step, item_path, parent_task_id, input, aggregate_kind, aggregate_id, aggregate_version, \
         attempts, failures, expiries, fence, checkpoint, create_time, start_time"
    };
}
pub(crate) use task_columns;

/// What `queue` and `lease` have beyond the task, in a SELECT list.
macro_rules! lease_columns {
    () => {
        "lane, rank, worker_id, request_id, function_version, ttl, grant_time, expire_time, timeout_time"
    };
}
pub(crate) use lease_columns;

/// What `task` has beyond the live task, in a SELECT list.
macro_rules! ended_columns {
    () => {
        "state, end_time, outputs, leaf, verdicts, failure"
    };
}
pub(crate) use ended_columns;

/// A table whose rows are about a task.
const fn about_task(name: &'static str, own: &'static [Column]) -> Table {
    Table { name, shared: TASK, own, on_conflict: OnConflict::Fail }
}

const fn plain(name: &'static str, own: &'static [Column]) -> Table {
    Table { name, shared: &[], own, on_conflict: OnConflict::Fail }
}

pub(crate) static QUEUE: Table = about_task("queue", columns![lane Text, rank I64]);
pub(crate) static PARKED: Table = about_task("parked", columns![reason Text, due I64, behind Text]);
/// INV-POLL: a lease keeps who polled and with what, so that a repeat of the poll finds it.
pub(crate) static LEASE: Table = about_task(
    "lease",
    columns![lane Text, rank I64, worker_id Text, request_id Text, function_version Text, ttl I64, grant_time I64, expire_time I64, timeout_time I64],
);
pub(crate) static ENDED_TASK: Table =
    about_task("task", columns![state Text, end_time I64, outputs Blob, leaf I64, verdicts Text, failure Text]);

pub(crate) static REQUEST: Table =
    plain("request", columns![account Text, request_id Text, digest Blob, answer Blob, answer_time I64]);
pub(crate) static JOB: Table = plain(
    "job",
    columns![
        job_id Blob, account Text, plan_version_id Blob, data_class Text, actor Text, headers Text, labels Text,
        aggregate_kind Text, aggregate_id Text, aggregate_version I64, input I64, priority I64,
        lineage_kind Text, root_job_id Blob, parent_job_id Blob, parent_task_id Blob, depth I64, source_job_id Blob,
        create_time I64, start_after I64, deadline I64,
        seed Blob, request_digest Blob, start_leaf_page I64, start_leaf_ordinal I64,
        state Text, flow Text, start_time I64, end_time I64, cancel_time I64, failure Text, note Text,
        end_leaf_page I64, end_leaf_ordinal I64, revision I64,
    ],
);
pub(crate) static JOB_LABEL: Table =
    plain("job_label", columns![account Text, label_key Text, label_value Text, job_id Blob]);
pub(crate) static ARTIFACT: Table = plain(
    "artifact",
    columns![artifact_id I64, job_id Blob, data_class Text, place Text, body_kind Text, content_type Text, schema_id Text, sha256 Blob, body Blob],
);
/// Bytes beyond the inline limit, once for each content. What is there already is held until the reference to it is committed:
/// a purge must not take it away in between.
pub(crate) static BLOB: Table =
    Table { on_conflict: OnConflict::Hold("sha256", "body"), ..plain("blob", columns![sha256 Blob, body Blob]) };
pub(crate) static ATTEMPT: Table = plain(
    "attempt",
    columns![
        job_id Blob, task_id Blob, number I64, fence I64, worker_id Text, function_version Text,
        start_time I64, end_time I64, worker_start_time I64, worker_end_time I64, failure Text,
        cpu_micros I64, wall_micros I64, peak_rss_bytes I64, bytes_read I64, bytes_written I64, report_digest Blob,
        leaf_page I64, leaf_ordinal I64,
    ],
);
/// Artifacts of one second that were indexed together.
pub(crate) static DIGEST_BLOCK: Table = plain("digest_block", columns![span I64, part I64, entries Blob]);
/// One row a commit, whatever the number of its leaves.
pub(crate) static LEDGER_PAGE: Table = plain("ledger_page", columns![page_id I64, leaves Blob]);
pub(crate) static LEDGER_WAITING: Table = plain("ledger_waiting", columns![page_id I64, leaf_count I64]);
pub(crate) static CARRIED: Table =
    plain("carried", columns![job_id Blob, task_id Blob, from_job_id Blob, from_task_id Blob]);
pub(crate) static REPROCESS: Table = plain(
    "reprocess",
    columns![
        job_id Blob, source_job_id Blob, point Text, steps Text, reason Text, actor Text, input I64, reprocess_time I64,
        leaf_page I64, leaf_ordinal I64,
    ],
);
pub(crate) static ARRIVAL: Table = plain(
    "arrival",
    columns![job_id Blob, join_step I64, item_path Blob, from_step I64, from_task Blob, artifact_id I64],
);
/// A chunk that is there already stays as it is: appending is idempotent.
pub(crate) static APPEND_CHUNK: Table = Table {
    on_conflict: OnConflict::Keep,
    ..plain("append_chunk", columns![job_id Blob, task_id Blob, fence I64, chunk_index I64, first_item I64, items Blob])
};
pub(crate) static OUTBOX: Table = plain(
    "outbox",
    columns![
        sequence I64, account Text, topic Text, message_key Text, job_id Blob, task_id Blob, commit_time I64, headers Text,
        place Text, body_kind Text, content_type Text, schema_id Text, sha256 Blob, body Blob,
    ],
);

const OUTBOX_KEY_COLUMNS: &[Column] = columns![
    account Text, topic Text, message_key Text, ready_time I64, parked I64, fence I64, worker_id Text, request_id Text,
    run Blob, run_length I64, failed_sequence I64, failure Text,
];
/// The key of a new message: a key that has messages already keeps its state, and is not forgotten before the new message
/// is committed.
pub(crate) static OUTBOX_KEY: Table = Table {
    on_conflict: OnConflict::Hold("account, topic, message_key", "failure"),
    ..plain("outbox_key", OUTBOX_KEY_COLUMNS)
};
/// The same table, written with the new state of keys that are there.
pub(crate) static OUTBOX_KEY_STATE: Table = Table {
    on_conflict: OnConflict::Overwrite(
        "account, topic, message_key",
        &[
            "ready_time",
            "parked",
            "fence",
            "worker_id",
            "request_id",
            "run",
            "run_length",
            "failed_sequence",
            "failure",
        ],
    ),
    ..plain("outbox_key", OUTBOX_KEY_COLUMNS)
};
pub(crate) static AUDIT_RECORD: Table = plain(
    "audit_record",
    columns![
        record_id I64, account Text, user_id Text, credential_id Text, action Text, resource Text, reason Text,
        request_digest Blob, decision Text, result Text, start_time I64, latency I64, client_address Text, data_class Text,
        salt Blob, leaf_page I64, leaf_ordinal I64,
    ],
);
pub(crate) static REMOVAL: Table = plain(
    "removal",
    columns![
        job_id Blob, cause Text, number I64, artifacts Blob, data_class Text, removal_time I64, leaf_page I64, leaf_ordinal I64,
    ],
);
pub(crate) static PLAN_LABEL: Table = plain("plan_label", columns![plan_id Blob, label_key Text, label_value Text]);
/// A number that is taken is a `Duplicate` of the verb, not a failed statement: the unit goes on.
pub(crate) static PLAN_VERSION: Table = Table {
    on_conflict: OnConflict::Keep,
    ..plain(
        "plan_version",
        columns![
            plan_version_id Blob, plan_id Blob, account Text, plan_name Text, version I64, definition Text, sha256 Blob,
            sub_plans Blob, published_by Text, publish_time I64, retire_time I64, retire_reason Text,
        ],
    )
};
pub(crate) static LEDGER_PLACE: Table = plain("ledger_place", columns![first_index I64, page_id I64, leaf_count I64]);
pub(crate) static LEDGER_NODE: Table = plain("ledger_node", columns![level I64, number I64, hash Blob]);
pub(crate) static LEDGER_EPOCH: Table = plain(
    "ledger_epoch",
    columns![
        epoch I64, tree_size I64, root Blob, anchor_size I64, anchor_root Blob, reason Text, salt Blob, declare_time I64,
        account Text, user_id Text, page_id I64,
    ],
);
/// Two coordinators may sign in one microsecond: both say the same.
pub(crate) static LEDGER_CHECKPOINT: Table = Table {
    on_conflict: OnConflict::Keep,
    ..plain("ledger_checkpoint", columns![epoch I64, size I64, sign_time I64, note Text])
};
