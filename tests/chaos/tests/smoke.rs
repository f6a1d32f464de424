//! A short round of each configuration, the same in every run: that the harness works, and that nothing simple is broken.

use esteira_chaos::{Configuration, Plan, round};

/// Everything is drawn from it.
const SEED: u64 = 20_261_123;
/// Faults of a round.
const FAULTS: usize = 2;

async fn check(configuration: Configuration) {
    let plan = Plan {
        configuration,
        seed: SEED,
        faults: FAULTS,
        esteira: esteira_e2e::binary::esteira().into(),
        chaos: env!("CARGO_BIN_EXE_chaos").into(),
        bug: None,
    };
    let result = round::run(&plan).await;
    println!("{result}");
    assert!(result.is_clean(), "{result}");
    // So short a round need not have one of each misdeed of a client, but its faults must have had their effects.
    assert_eq!(result.faults.len(), FAULTS);
    let without: Vec<_> = result.void.iter().filter(|why| why.contains("had no effect") || why.contains("%")).collect();
    assert!(without.is_empty(), "{result}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_over_sqlite() {
    check(Configuration::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_over_postgresql_with_one_coordinator() {
    check(Configuration::Postgres1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_over_postgresql_with_three_coordinators() {
    check(Configuration::Postgres3).await;
}
