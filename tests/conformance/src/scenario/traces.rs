//! The shared vectors on a coordinator, through this worker.

use crate::world::World;
use esteira_vectors::{Case, distributed, files};
use std::time::Duration;

/// How long all jobs may take together, from the start of the last one.
const ALL_MAX: Duration = Duration::from_secs(240);

pub(super) async fn vectors(world: &World) {
    let _worker = world.worker(16).await;
    let files = files::vectors().expect("the vectors can be read");
    let cases = files.into_values().flat_map(|file| file.cases).filter_map(|case| match case {
        Case::Trace(case) => Some(*case),
        _ => None,
    });
    let cases: Vec<_> = cases.collect();
    let found = distributed::run_all(&world.client, &cases, ALL_MAX).await;
    assert!(found.wrong.is_empty(), "{} of {} differ:\n{}", found.wrong.len(), cases.len(), found.wrong.join("\n"));
    assert!(found.tasks > 2_000, "only {} tasks", found.tasks);
}
