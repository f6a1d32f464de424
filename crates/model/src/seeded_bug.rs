//! Bugs that are put in on purpose, so that `make chaos-mutants` can show that the checker of `tests/chaos` catches them.
//!
//! A build without the feature `seeded-bugs` has none: every question here is answered by a constant, and there is nothing to
//! switch on. No build that ships has the feature; `tests/chaos` looks for its variable in the ordinary binary.

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A report is accepted whatever its fence.
    DropFence,
    /// An acknowledgement of messages is accepted under an older lease.
    StaleAck,
    /// Messages are leased when their id is above all that were seen.
    OutboxCursor,
    /// The answer leaves whatever becomes of the commit.
    AckBeforeCommit,
    /// A poll that is sent again is a new poll.
    ForgetPolls,
    /// A join fires when one branch is still missing.
    JoinEarly,
    /// Messages are delivered when they are leased.
    MarkBeforeAck,
    /// A retry that is sent again is a new retry.
    RetryTwice,
    /// A task is neither queued nor leased, now and then.
    LostHandOff,
    /// A start that is sent again starts another job.
    DedupeOff,
    /// A grant has the fence of the one before.
    FenceStays,
    /// The messages of a key come in the opposite order.
    OutboxReversed,
    /// Each message is recorded twice.
    EmitTwice,
    /// A key that is parked parks its topic.
    ParkAll,
    /// What has ended may be ended again.
    EndAgain,
    /// A start that comes out of the last resort starts a job each time.
    IngestTwice,
    /// A job that is processed again is written.
    ReprocessTouchesOld,
    /// A result has no leaf, now and then.
    LeafMissing,
}

#[cfg(feature = "seeded-bugs")]
mod seeded {
    use super::Bug::{self, *};
    use std::sync::{
        OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    };

    const NAMES: [(&str, Bug); 18] = [
        ("drop-fence", DropFence),
        ("stale-ack", StaleAck),
        ("outbox-cursor", OutboxCursor),
        ("ack-before-commit", AckBeforeCommit),
        ("forget-polls", ForgetPolls),
        ("join-early", JoinEarly),
        ("mark-before-ack", MarkBeforeAck),
        ("retry-twice", RetryTwice),
        ("lost-hand-off", LostHandOff),
        ("dedupe-off", DedupeOff),
        ("fence-stays", FenceStays),
        ("outbox-reversed", OutboxReversed),
        ("emit-twice", EmitTwice),
        ("park-all", ParkAll),
        ("end-again", EndAgain),
        ("ingest-twice", IngestTwice),
        ("reprocess-touches-old", ReprocessTouchesOld),
        ("leaf-missing", LeafMissing),
    ];
    /// Of so many cases a bug of now and then spoils one.
    const NOW_AND_THEN: u64 = 16;

    /// Whether this process has the bug.
    pub fn is(bug: Bug) -> bool {
        static CHOSEN: OnceLock<Option<Bug>> = OnceLock::new();
        let chosen = CHOSEN.get_or_init(|| {
            let name = std::env::var("ESTEIRA_SEEDED_BUG").ok()?;
            Some(NAMES.iter().find(|(known, _)| *known == name).expect("there is such a bug").1)
        });
        *chosen == Some(bug)
    }

    /// Whether this process has the bug, and this is a case that it spoils.
    pub fn now_and_then(bug: Bug) -> bool {
        static CASES: AtomicU64 = AtomicU64::new(1);
        is(bug) && CASES.fetch_add(1, Relaxed).is_multiple_of(NOW_AND_THEN)
    }

    /// Whether a cursor that only goes forward would let this id through.
    pub fn beyond_cursor(id: i64) -> bool {
        static SEEN: AtomicI64 = AtomicI64::new(i64::MIN);
        !is(OutboxCursor) || SEEN.fetch_max(id, Relaxed) < id
    }
}

#[cfg(feature = "seeded-bugs")]
pub use seeded::{beyond_cursor, is, now_and_then};

/// Whether this process has the bug: it has none.
#[cfg(not(feature = "seeded-bugs"))]
#[inline(always)]
pub const fn is(_: Bug) -> bool {
    false
}

/// Whether a case is spoilt: none is.
#[cfg(not(feature = "seeded-bugs"))]
#[inline(always)]
pub const fn now_and_then(_: Bug) -> bool {
    false
}

/// Whether a cursor lets this id through: there is no cursor.
#[cfg(not(feature = "seeded-bugs"))]
#[inline(always)]
pub const fn beyond_cursor(_: i64) -> bool {
    true
}
