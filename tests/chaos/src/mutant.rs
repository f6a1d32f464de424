//! Seeded bugs: a coordinator that has one must be caught, or the checker is not to be believed.
//!
//! What a bug does stands in `crates/model/src/seeded_bug.rs`, and where in the code that asks for it there.

use crate::round::{self, Configuration, Plan, Result};
use std::{fmt, path::Path};

/// The variable that a build with the feature `seeded-bugs` reads; no other build knows it.
pub const VARIABLE: &str = "ESTEIRA_SEEDED_BUG";

/// A bug, and what must catch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bug {
    /// Its name in the variable.
    pub name: &'static str,
    /// What the coordinator does wrong.
    pub does: &'static str,
    /// The invariants of which one must catch it.
    pub breaks: &'static [&'static str],
    /// Where it is looked for.
    pub configuration: Configuration,
    /// Among how many faults.
    pub faults: usize,
}

/// A bug that no particular fault is needed for.
const fn bug(name: &'static str, does: &'static str, breaks: &'static [&'static str]) -> Bug {
    Bug { name, does, breaks, configuration: Configuration::Sqlite, faults: 4 }
}

/// All of them.
pub const ALL: [Bug; 18] = [
    bug("drop-fence", "accepts a report whatever its fence", &["I12"]),
    bug("stale-ack", "accepts an acknowledgement of messages under an older lease", &["I12"]),
    bug("outbox-cursor", "leases messages whose id is above all that it has seen", &["I7", "I10", "I20"]),
    Bug {
        // The disk is full in each schedule of this length.
        faults: 10,
        ..bug("ack-before-commit", "answers whatever becomes of the commit", &["I1"])
    },
    bug("forget-polls", "takes a poll that is sent again for a new one", &["I2"]),
    bug("join-early", "fires a join while one branch is missing", &["I5"]),
    bug("mark-before-ack", "marks messages as delivered when they are leased", &["I7", "I10"]),
    bug("retry-twice", "takes a retry that is sent again for a new one", &["I2"]),
    bug("lost-hand-off", "now and then neither queues nor leases a task", &["I20"]),
    Bug {
        configuration: Configuration::Postgres3,
        ..bug("dedupe-off", "starts another job when a start is sent again", &["I2"])
    },
    bug("fence-stays", "grants with the fence of the grant before", &["I3"]),
    bug("outbox-reversed", "hands out the messages of a key in the opposite order", &["I7"]),
    bug("emit-twice", "records each message twice", &["I6"]),
    bug("park-all", "parks a whole topic with one of its keys", &["I9"]),
    bug("end-again", "lets what has ended be ended again", &["I4"]),
    Bug {
        // So many that the last resort is brought back in each schedule.
        faults: 11,
        ..bug("ingest-twice", "starts another job each time that a start comes out of the last resort", &["I11"])
    },
    bug("reprocess-touches-old", "writes the job that is processed again", &["I13"]),
    bug("leaf-missing", "now and then does not say where a result's leaf is", &["I14"]),
];

/// Rounds in which a bug may show itself.
const ROUNDS_MAX: u64 = 2;

/// What became of a bug.
#[derive(Debug, Clone)]
pub struct Caught {
    /// Which.
    pub bug: Bug,
    /// The last round.
    pub result: Result,
    /// Rounds that it took.
    pub rounds: u64,
    /// Seconds that they took.
    pub seconds: u64,
}

impl Caught {
    /// Whether an invariant that it must break was seen broken.
    pub fn is_caught(&self) -> bool {
        self.result.broken().iter().any(|id| self.bug.breaks.contains(id))
    }
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_caught() { "caught by" } else { "NOT CAUGHT, broken were" };
        write!(
            f,
            "{:<18} {verdict} {:?} (must be one of {:?}), {} rounds, {} s",
            self.bug.name,
            self.result.broken(),
            self.bug.breaks,
            self.rounds,
            self.seconds
        )
    }
}

/// A round of the same binary without a bug, which must be clean: else being caught would mean nothing.
pub async fn control(configuration: Configuration, esteira: &Path, chaos: &Path, seed: u64) -> Result {
    round::run(&Plan { configuration, seed, faults: 4, esteira: esteira.into(), chaos: chaos.into(), bug: None }).await
}

/// Looks for a bug.
pub async fn hunt(bug: Bug, esteira: &Path, chaos: &Path, seed: u64) -> Caught {
    let (mut rounds, mut seconds) = (0, 0);
    loop {
        let plan = Plan {
            configuration: bug.configuration,
            seed: seed + rounds,
            faults: bug.faults,
            esteira: esteira.into(),
            chaos: chaos.into(),
            bug: Some(bug),
        };
        let result = round::run(&plan).await;
        rounds += 1;
        seconds += result.seconds;
        let caught = Caught { bug, result, rounds, seconds };
        if caught.is_caught() || rounds == ROUNDS_MAX {
            return caught;
        }
    }
}
