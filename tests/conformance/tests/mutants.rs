//! Wrong workers: each must fail the scenario that is meant for it, and say why.

use esteira_conformance::{
    proxy::Disguise,
    run::{self, Job},
    scenario,
    sdk::Sdk,
    variant::Variant,
    world::{Cell, Database},
};
use std::{sync::Arc, thread};

/// A wrong worker, the scenario that must notice, and words of what it must say.
type Mutant = (fn() -> Disguise, &'static str, &'static str);

const MUTANTS: &[Mutant] = &[
    (|| Disguise::NewRequestIds(Default::default()), "lost_lease_answer", "the leases came again only after"),
    (|| Disguise::ForgetsReports(Default::default()), "lost_report_answer", "already_applied"),
    (|| Disguise::IgnoresLost, "lost_lease", "the slot is free"),
    (|| Disguise::IgnoresDrain, "drained", "ends: not within"),
    (|| Disguise::RoundsNumbers, "raw_echo", "9007199254740993"),
    (|| Disguise::RoundsNumbers, "decoded_echo", "9007199254740993 came back as 9007199254740992"),
    (|| Disguise::NoHeartbeats, "long_work", "LeaseExpired"),
    (|| Disguise::DropsCheckpoints, "killed", "it has sent a checkpoint"),
    (|| Disguise::ReversesItems, "fan_out", "Number(999), Number(998)"),
    (|| Disguise::EmitsTwice, "emit_with_completion", "[Number(1), Number(3), Number(1), Number(3)]"),
    (|| Disguise::KeepsCapsules, "last_resort", "its result is kept"),
    (|| Disguise::Hoards, "slots", "leases held at once"),
];

#[test]
fn every_wrong_worker_fails_the_scenario_meant_for_it() {
    let sdk = Sdk::named(&["rust".into()]).expect("it can be read").remove(0);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    runtime.block_on(sdk.build()).expect("the worker can be built");
    let sdk = Arc::new(sdk);
    let caught = |(disguise, name, words): &Mutant| -> Option<String> {
        let scenario = scenario::named(name).expect("there is such a scenario");
        let cell = Cell { sdk: Arc::clone(&sdk), variant: Variant::Plain, database: Database::Sqlite, disguise: None };
        let who = format!("{:?} in {name}", disguise());
        match run::disguised(&Job { scenario, cell }, *disguise) {
            None => Some(format!("{who} passes")),
            Some(why) if !why.contains(words) => Some(format!("{who} fails for another reason: {why}")),
            Some(_) => None,
        }
    };
    let escaped: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = MUTANTS.iter().map(|mutant| scope.spawn(|| caught(mutant))).collect();
        running.into_iter().filter_map(|thread| thread.join().expect("it does not panic")).collect()
    });
    assert!(escaped.is_empty(), "{}", escaped.join("\n"));
}
