//! Whatever the plan and the order of events: the job comes to its end, the harness finds nothing to object to, and what
//! comes out does not depend on the order when nothing fails at random and nobody stops the job.

use crate::{
    blueprint::{Blueprint, blueprints},
    harness::World,
    player::{Mood, play},
};
use esteira_model::{JobId, Run};
use proptest::prelude::*;

/// A second or two for each build.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4_000, ..ProptestConfig::default() }
}

/// What came out: of the job, of its child jobs, and what arrived at joins. Two outputs of one step and one item path
/// (two ways of a diamond) stand in an array in the order of events, so texts are compared by their characters alone.
fn outcome(world: &World) -> Vec<String> {
    let mut outcome = vec![world.story()];
    for ended in world.ended.values() {
        let (name, job) = (world.name(&ended.task), ended.task.job);
        let sub_plan = matches!(world.compiled(job).graph.node(ended.task.step).step.run, Run::SubPlan { .. });
        let child = JobId(ended.task.id.0);
        if sub_plan && world.jobs.contains_key(&child) {
            outcome.push(format!("{name}: {}", world.story_of(child)));
        }
    }
    for arrival in &world.arrivals {
        let text = without_ids(world.artifacts[&arrival.artifact].as_json().unwrap_or("-"));
        outcome.push(format!("{} from {}[{}]: {text}", arrival.join_step, arrival.from_step, arrival.item_path));
    }
    outcome.sort();
    outcome
}

/// Failure documents name tasks by id; ids and numbers of attempts depend on the order.
fn without_ids(text: &str) -> String {
    let mut kept = String::new();
    for (place, piece) in text.split("\"attempts\":").enumerate() {
        kept.push_str(if place == 0 { piece } else { piece.split_once('}').map_or(piece, |(_, rest)| rest) });
    }
    let mut characters: Vec<char> = kept.chars().collect();
    characters.sort_unstable();
    characters.into_iter().collect()
}

fn check_same(blueprint: &Blueprint, seeds: (u64, u64)) -> Result<(), TestCaseError> {
    let (one, other) = (play(blueprint, seeds.0, Mood::Calm), play(blueprint, seeds.1, Mood::Calm));
    prop_assert_eq!(outcome(&one), outcome(&other));
    Ok(())
}

proptest! {
    #![proptest_config(config(4000))]

    #[test]
    fn what_comes_out_does_not_depend_on_the_order(blueprint in blueprints(), seeds in any::<(u64, u64)>()) {
        check_same(&blueprint, seeds)?;
    }
}

proptest! {
    #![proptest_config(config(6000))]

    #[test]
    fn every_job_comes_to_its_end(blueprint in blueprints(), seed in any::<u64>()) {
        let world = play(&blueprint, seed, Mood::Wild);
        prop_assert!(world.jobs.values().all(|job| job.state.is_terminal()), "children end with their parents");
    }
}
