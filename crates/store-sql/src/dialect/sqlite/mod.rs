//! SQLite through rusqlite.

mod checkpoint;
mod classify;
mod connect;
mod lock;
mod place;
mod session;
mod text;

pub(crate) use connect::{Tuning, migrations, open_reader, open_writer};
pub(crate) use place::Place;
pub(crate) use session::{Row, Session, cell};

use lock::FileLock;

use crate::{
    codec::outbox::message_columns,
    statement::{Keyed, Type},
    tables::task_columns,
};

/// Takes the head of a lane. One writer holds the write lock, so there are no rows of others to skip.
pub(crate) const CLAIM: &str = concat!(
    "DELETE FROM queue WHERE (lane, rank, task_id) IN (SELECT lane, rank, task_id FROM queue WHERE lane = $1 ORDER BY rank, task_id LIMIT $2) RETURNING ",
    task_columns!(),
    ", lane, rank"
);

/// SQLite has no LATERAL; it looks each key's list of sequences up by the index of keys.
pub(crate) static HEADS: Keyed = Keyed {
    key: &[Type::Text, Type::Text, Type::Text],
    sql: concat!(
        "SELECT ",
        message_columns!(),
        " FROM k CROSS JOIN outbox o LEFT JOIN blob b ON o.place = 'BLOB' AND b.sha256 = o.sha256 WHERE o.sequence IN ",
        "(SELECT i.sequence FROM outbox i WHERE i.account = k1 AND i.topic = k2 AND i.message_key = k3 ORDER BY i.sequence LIMIT $last)"
    ),
};

/// The rows of the index of digests that have some bytes in them.
pub(crate) const BLOCKS_WITH: &str =
    "SELECT entries FROM digest_block WHERE span BETWEEN $1 AND $2 AND instr(entries, $3) > 0";

/// Whether the table of migrations is there.
pub(crate) const HAS_HISTORY: &str = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'";
