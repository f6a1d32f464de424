//! The Rust worker through every scenario on SQLite, and through the core of them on PostgreSQL.

use esteira_conformance::{
    run::{self, Outcome},
    scenario::Scenario,
    sdk::Sdk,
    variant::Variant,
    world::Database,
};
use std::sync::Arc;

/// Cells that run at the same time: most of their time they wait.
const PARALLEL: usize = 4;

fn all(database: Database, wanted: impl Fn(&Scenario, Variant) -> bool) -> Vec<Outcome> {
    let sdk = Sdk::named(&["rust".into()]).expect("it can be read").remove(0);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    runtime.block_on(sdk.build()).expect("the worker can be built");
    run::all(run::cells(&Arc::new(sdk), database, wanted), PARALLEL)
}

fn assert_as_declared(outcomes: &[Outcome], at_least: usize) {
    assert!(outcomes.len() >= at_least, "only {} cells", outcomes.len());
    let wrong: Vec<String> = outcomes.iter().filter(|it| !it.is_as_declared()).map(Outcome::line).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), outcomes.len(), wrong.join("\n"));
}

#[test]
fn every_scenario_on_sqlite() {
    assert_as_declared(&all(Database::Sqlite, |_, _| true), 60);
}

#[test]
fn the_core_on_postgresql() {
    let core =
        |scenario: &Scenario, variant| scenario.core && matches!(variant, Variant::Plain | Variant::CoordinatorKill9);
    assert_as_declared(&all(Database::Postgresql, core), 15);
}
