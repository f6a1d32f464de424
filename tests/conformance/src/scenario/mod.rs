//! The scenarios: what a worker is put through, and what must be seen of it from outside.
//!
//! Each is a function of a [`World`]; it panics when something is not as it must be. It looks through public RPCs and at
//! the calls that the worker made, never into the worker.

mod aggregates;
mod breaks;
mod bytes;
mod cancelling;
pub(crate) mod chain;
mod ending;
mod failures;
mod grants;
mod holding;
mod last_resort;
mod messages;
mod outputs;
mod reprocessing;
mod resending;
mod traces;

use crate::{
    variant::Variant::{self, CoordinatorKill9, Lossy, OneSlot, Plain, TinyLease},
    world::World,
};
use std::{future::Future, pin::Pin};

/// A scenario that runs.
pub type Running<'w> = Pin<Box<dyn Future<Output = ()> + 'w>>;

/// One row of the table.
pub struct Scenario {
    /// Its name, as `must_fail` says it.
    pub name: &'static str,
    /// 0 to 3: what it belongs to.
    pub level: u8,
    /// What must be so.
    pub about: &'static str,
    /// Under which circumstances it makes sense.
    pub variants: &'static [Variant],
    /// Whether it also runs on PostgreSQL in `cargo test`.
    pub core: bool,
    /// Does it.
    pub run: for<'w> fn(&'w World) -> Running<'w>,
}

macro_rules! scenarios {
    ($($level:literal $module:ident::$name:ident $about:literal [$($variant:ident),+] $($core:ident)?;)+) => {
        /// All scenarios, level by level.
        pub const SCENARIOS: &[Scenario] = &[$(Scenario {
            name: stringify!($name),
            level: $level,
            about: $about,
            variants: &[$($variant),+],
            core: scenarios!(@ $($core)?),
            run: |world| Box::pin($module::$name(world)),
        }),+];
    };
    (@ core) => { true };
    (@) => { false };
}

scenarios! {
    0 bytes::raw_echo "every kind of JSON comes back byte for byte" [Plain, TinyLease, Lossy, CoordinatorKill9, OneSlot] core;
    0 bytes::decoded_echo "a decoded value comes back equal, or is refused as INPUT_INVALID" [Plain, CoordinatorKill9];
    0 bytes::binary_and_none "bytes and the absence of a payload come back as they are" [Plain, Lossy];
    0 bytes::context "a function is told its step, attempt, actor, aggregate, headers and config" [Plain, TinyLease] core;
    0 failures::kinds_of_failure "retryable, not retryable and thrown errors are told apart" [Plain, Lossy, CoordinatorKill9, OneSlot] core;
    0 failures::wrong_output_type "an output of another type than the step's fails for good" [Plain];
    0 grants::unknown_function "a function that the worker lacks is never leased" [Plain];
    0 resending::lost_lease_answer "the same leases come again, and the task runs once" [Plain, OneSlot] core;
    0 resending::lost_report_answer "the same bytes come again, and the answer is `already_applied`" [Plain, TinyLease, OneSlot] core;
    0 resending::reset_streams "a stream that is reset is a lost answer too" [Plain];
    0 resending::stale_token "a worker that comes back too late changes nothing, and serves on" [Plain] core;
    1 holding::long_work "work of five lease times is granted once" [Plain, OneSlot] core;
    1 holding::blocked_thread "the same while user code blocks its thread" [Plain, OneSlot];
    1 breaks::half_open "a connection that went silent is left, and nothing is lost" [Plain, OneSlot];
    1 breaks::resets_and_goaway "connections that break or leave cost no attempt" [Plain, OneSlot];
    1 cancelling::cancel "a cancelled job reaches the code within a beat" [Plain, Lossy] core;
    1 cancelling::lost_lease "work that lost its lease stops, frees its slot and reports nothing" [Plain] core;
    1 ending::sigterm_parked "SIGTERM ends a worker that waits within two seconds" [Plain, OneSlot];
    1 ending::sigterm_running "SIGTERM lets what runs finish" [Plain, Lossy, OneSlot] core;
    1 ending::drained "an operator's drain lets what runs finish and ends the worker" [Plain, OneSlot];
    1 ending::killed "after kill -9 the task is granted again, with a higher fence and the checkpoint" [Plain] core;
    1 ending::spool "a result that cannot be delivered is kept, and sent by the next worker" [Plain];
    1 last_resort::last_resort "a coordinator without its store takes a result by its lease's capsule" [Plain, Lossy] core;
    1 grants::slots "never more leases than slots" [Plain, TinyLease, Lossy, OneSlot];
    2 outputs::fan_out "0, 1 and 1,000 items, each a task, joined in order" [Plain, TinyLease, Lossy, CoordinatorKill9, OneSlot] core;
    2 outputs::large_fan_out "50,000 items in order" [Plain, Lossy];
    2 outputs::oversize "a result that is too large is RESULT_TOO_LARGE" [Plain];
    2 messages::emit_with_completion "messages are committed with the completion, or not at all" [Plain, Lossy, CoordinatorKill9] core;
    2 messages::two_relays "the order of a key survives two relays and the crash of one" [Plain];
    3 aggregates::exclusive "200 increments of one exclusive aggregate: one at a time, none lost" [Plain, OneSlot];
    3 aggregates::refusal "an aggregate's refusal leaves no trace but itself" [Plain, Lossy] core;
    3 reprocessing::reprocess "a job that failed goes on as a new one, with lineage, and what was done is not run again" [Plain, Lossy, CoordinatorKill9] core;
    3 chain::chain "the trace is the embedded one, each start, attempt and end has its leaf, and all of it verifies" [Plain, Lossy, CoordinatorKill9] core;
    3 traces::vectors "distributed traces are those of the embedded runner" [Plain];
}

/// A scenario by its name.
pub fn named(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_every_scenario_runs_without_a_variant() {
        let names: BTreeSet<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        assert_eq!(names.len(), SCENARIOS.len());
        assert!(SCENARIOS.iter().all(|scenario| scenario.variants.contains(&Plain)));
        assert!(SCENARIOS.is_sorted_by_key(|scenario| scenario.level));
    }
}
