//! What a job does, by table: a plan, a script, and the line that tells what happened.

#[path = "../harness/mod.rs"]
mod harness;

mod failures;
mod fan_out;
mod joins;
mod late;
mod policies;
mod retries;
mod retry_task;
mod routes;
mod sequential;
mod starts;
mod templates;
mod waits;

use esteira_model::Plan;
use harness::World;

/// Plays a script in a world of one plan whose job started with `0`.
#[track_caller]
fn check(plan: &Plan, script: &str, story: &str) -> World {
    let mut world = World::started(plan.clone(), "0");
    world.play(script);
    assert_eq!(world.story(), story, "{script}");
    world
}
