//! What every adapter of the store must do, as cases over the ports alone.
//!
//! Each module groups the cases of some verbs; each case runs on every store that `conformance!` names. To add a database,
//! add one line there and a function of that name to `fixture`.

/// Declares the cases of some verbs and runs each of them on every store.
macro_rules! conformance {
    ($($verb:ident: $($case:ident),+ $(,)?;)+) => {
        /// The verbs that these cases are about.
        pub const VERBS: &[&str] = &[$(stringify!($verb)),+];
        conformance!(@on sqlite_file: $($($case)+)+);
        conformance!(@on sqlite_memory: $($($case)+)+);
        conformance!(@on postgres: $($($case)+)+);
    };
    (@on $store:ident: $($case:ident)+) => {
        mod $store {
            $(#[tokio::test]
            async fn $case() {
                super::$case(&mut crate::fixture::$store().await).await;
            })+
        }
    };
}

#[path = "conformance/fixture.rs"]
mod fixture;

#[path = "conformance/aggregates.rs"]
mod aggregates;
#[path = "conformance/audit.rs"]
mod audit;
#[path = "conformance/bytes.rs"]
mod bytes;
#[path = "conformance/differential.rs"]
mod differential;
#[path = "conformance/digests.rs"]
mod digests;
#[path = "conformance/history.rs"]
mod history;
#[path = "conformance/jobs.rs"]
mod jobs;
#[path = "conformance/leader.rs"]
mod leader;
#[path = "conformance/leases.rs"]
mod leases;
#[path = "conformance/ledger.rs"]
mod ledger;
#[path = "conformance/lists.rs"]
mod lists;
#[path = "conformance/log.rs"]
mod log;
#[path = "conformance/members.rs"]
mod members;
#[path = "conformance/model.rs"]
mod model;
#[path = "conformance/outbox_lease.rs"]
mod outbox_lease;
#[path = "conformance/outbox_races.rs"]
mod outbox_races;
#[path = "conformance/outbox_settle.rs"]
mod outbox_settle;
#[path = "conformance/plans.rs"]
mod plans;
#[path = "conformance/purge.rs"]
mod purge;
#[path = "conformance/queue.rs"]
mod queue;
#[path = "conformance/races.rs"]
mod races;
#[path = "conformance/removal.rs"]
mod removal;
#[path = "conformance/reprocess.rs"]
mod reprocess;
#[path = "conformance/retention.rs"]
mod retention;
#[path = "conformance/retries.rs"]
mod retries;
#[path = "conformance/settings.rs"]
mod settings;
#[path = "conformance/traces.rs"]
mod traces;
#[path = "conformance/units.rs"]
mod units;

/// The names of the verbs that a trait's source declares.
fn verbs_of(source: &'static str) -> impl Iterator<Item = &'static str> {
    source.lines().filter_map(|line| line.trim().strip_prefix("async fn ")?.split('(').next())
}

#[test]
fn every_verb_has_a_case() {
    let covered: Vec<&str> = [
        aggregates::VERBS,
        audit::VERBS,
        bytes::VERBS,
        digests::VERBS,
        history::VERBS,
        jobs::VERBS,
        leader::VERBS,
        leases::VERBS,
        ledger::VERBS,
        lists::VERBS,
        log::VERBS,
        members::VERBS,
        outbox_lease::VERBS,
        outbox_settle::VERBS,
        plans::VERBS,
        purge::VERBS,
        queue::VERBS,
        removal::VERBS,
        reprocess::VERBS,
        retention::VERBS,
        retries::VERBS,
        settings::VERBS,
        traces::VERBS,
        units::VERBS,
    ]
    .concat();
    let declared: Vec<&str> = verbs_of(include_str!("../../store/src/writer.rs"))
        .chain(verbs_of(include_str!("../../store/src/reader.rs")))
        .collect();
    assert!(declared.len() > 50, "the traits were not found: {declared:?}");
    for verb in &declared {
        assert!(covered.contains(verb), "verb {verb} has no case");
    }
    for verb in &covered {
        assert!(declared.contains(verb), "{verb} is no verb of the ports");
    }
}
