//! Jobs processed again, whatever they were: the old one does not change, the new one comes to its end, and where functions
//! do always the same, what comes out is what came out.

use crate::{
    blueprint::{Blueprint, blueprints},
    chance::Chance,
    harness::{NotAgain, World},
    player::{Mood, go_on, play},
};
use esteira_engine::{Misfit, Refusal};
use esteira_model::{
    Arrival, ArtifactId, Attempt, EndedTask, Job, JobId, JobState, Payload, Point, Run, TaskId, TaskState,
};
use proptest::{
    prelude::*,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use std::collections::BTreeMap;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4_000, ..ProptestConfig::default() }
}

/// What came out of a job and of the sub-plans below it, whoever executed them.
fn outcome(world: &World, job: JobId) -> Vec<String> {
    let mut outcome = vec![world.story_of(job)];
    let tasks = world.ended.values().filter(|ended| ended.task.job == job);
    for ended in tasks {
        let graph = &world.compiled(job).graph;
        let name = world.name(&ended.task);
        if matches!(graph.node(ended.task.step).step.run, Run::SubPlan { .. }) {
            let executed = world.carried.get(&ended.task.id).map_or(ended.task.id, |(_, task)| *task);
            if world.jobs.contains_key(&JobId(executed.0)) {
                outcome.push(format!("{name}: {}", world.story_of(JobId(executed.0))));
            }
        }
        if ended.state == TaskState::Succeeded {
            let texts: Vec<_> = ended.outputs.iter().map(|id| characters(world.artifacts[id].as_json())).collect();
            outcome.push(format!("{name} = {}", texts.join(" ")));
        }
    }
    outcome.sort();
    outcome
}

/// Two ways of a diamond stand in an array in the order of events, and failure documents name tasks.
fn characters(text: Option<&str>) -> String {
    let text = text.unwrap_or("-");
    if text.contains("task_id") {
        return "a failure".into();
    }
    let mut characters: Vec<char> = text.chars().collect();
    characters.sort_unstable();
    characters.into_iter().collect()
}

/// All that is kept of the jobs so far.
struct History {
    jobs: BTreeMap<JobId, Job>,
    ended: BTreeMap<TaskId, EndedTask>,
    attempts: Vec<Attempt>,
    arrivals: Vec<Arrival>,
    artifacts: BTreeMap<ArtifactId, Payload>,
}

impl History {
    fn of(world: &World) -> Self {
        Self {
            jobs: world.jobs.clone(),
            ended: world.ended.clone(),
            attempts: world.attempts.clone(),
            arrivals: world.arrivals.clone(),
            artifacts: world.artifacts.clone(),
        }
    }

    /// I13: whatever came later, what there was is there as it was.
    fn assert_is_in(&self, world: &World) {
        assert!(self.jobs.iter().all(|(id, job)| world.jobs.get(id) == Some(job)));
        assert!(self.ended.iter().all(|(id, ended)| world.ended.get(id) == Some(ended)));
        assert!(self.artifacts.iter().all(|(id, payload)| world.artifacts.get(id) == Some(payload)));
        assert!(world.attempts.starts_with(&self.attempts) && world.arrivals.starts_with(&self.arrivals));
        let of_old = |job: &JobId| self.jobs.contains_key(job);
        let more = world.ended.values().filter(|ended| !self.ended.contains_key(&ended.task.id));
        assert!(more.into_iter().all(|ended| !of_old(&ended.task.job)), "no old job has a new task");
    }
}

fn points(world: &World, pick: usize) -> Vec<Point> {
    let tasks: Vec<&EndedTask> = world.ended.values().filter(|ended| ended.task.job == world.root).collect();
    let key = |ended: &EndedTask| world.compiled(world.root).graph.node(ended.task.step).step.step_key.clone();
    let named = Point::Steps(vec![key(tasks[pick % tasks.len()])]);
    vec![Point::LastStep, Point::FailedItems, named]
}

/// Processes the root job again; false when there is nothing of the kind to do.
fn again(world: &mut World, blueprint: &Blueprint, point: &Point, seed: u64) -> bool {
    let old = History::of(world);
    match world.reprocess(1, point, None) {
        Ok(_) => {}
        Err(NotAgain::Misfit(Misfit::StepNotReached(_)) | NotAgain::Refused(Refusal::NotNow(_))) => return false,
        Err(error) => panic!("{point:?}: {error:?}"),
    }
    go_on(world, blueprint, &mut Chance(seed), Mood::Calm);
    old.assert_is_in(world);
    true
}

fn check_same(blueprint: &Blueprint, seeds: (u64, u64), pick: usize) -> Result<(), TestCaseError> {
    for point in points(&play(blueprint, seeds.0, Mood::Calm), pick) {
        let mut world = play(blueprint, seeds.0, Mood::Calm);
        let first = world.root;
        let expected = outcome(&world, first);
        if again(&mut world, blueprint, &point, seeds.1) {
            prop_assert_eq!(outcome(&world, world.root), expected, "from {:?}", point);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(3000))]

    /// INV-APPEND, I13.
    #[test]
    fn what_comes_out_is_what_came_out(blueprint in blueprints(), seeds in any::<(u64, u64)>(), pick in any::<usize>()) {
        check_same(&blueprint, seeds, pick)?;
    }
}

#[test]
fn what_a_failed_join_was_given_is_carried_with_its_failure() {
    let blueprint = Blueprint::join_that_cannot_be_built();
    for pick in 0..5 {
        check_same(&blueprint, (0, 0), pick).expect("the same comes out");
    }
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn from_its_first_steps_it_is_a_fresh_start(blueprint in blueprints(), seeds in any::<(u64, u64)>()) {
        let mut world = play(&blueprint, seeds.0, Mood::Wild);
        let graph = &world.compiled(world.root).graph;
        let keys = graph.starts.iter().map(|&step| graph.node(step).step.step_key.clone()).collect();
        let fresh = play(&blueprint, seeds.1, Mood::Calm);
        prop_assert!(again(&mut world, &blueprint, &Point::Steps(keys), seeds.1));
        prop_assert!(!world.carried.values().any(|_| true), "nothing is carried");
        prop_assert_eq!(outcome(&world, world.root), outcome(&fresh, fresh.root));
    }
}

proptest! {
    #![proptest_config(config(3000))]

    /// Whatever became of a job, and again of the job that went on from it.
    #[test]
    fn every_job_that_goes_on_comes_to_its_end(blueprint in blueprints(), seed in any::<u64>(), pick in any::<usize>()) {
        let mut world = play(&blueprint, seed, Mood::Wild);
        for round in 0..3 {
            let points = points(&world, pick.wrapping_add(round));
            if !again(&mut world, &blueprint, &points[pick.wrapping_add(round) % points.len()], seed) {
                break;
            }
            prop_assert!(world.root().state.is_terminal());
            prop_assert!(world.root().state != JobState::Cancelled);
        }
    }
}

/// The properties above are worth little when nothing is carried.
#[test]
fn much_is_carried() {
    let mut runner = TestRunner::deterministic();
    let mut counts = BTreeMap::new();
    let mut count = |what: &'static str, holds: bool| *counts.entry(what).or_insert(0) += u32::from(holds);
    for seed in 0..600 {
        let blueprint = blueprints().new_tree(&mut runner).expect("a plan").current();
        let mut world = play(&blueprint, seed, Mood::Wild);
        let points = points(&world, seed as usize);
        if !again(&mut world, &blueprint, &points[seed as usize % 3], seed) {
            continue;
        }
        let carried: Vec<&EndedTask> = world.carried.keys().map(|id| &world.ended[id]).collect();
        let node = |ended: &EndedTask| world.compiled(ended.task.job).graph.node(ended.task.step).clone();
        count("went on", true);
        count("carried", !carried.is_empty());
        count("items", carried.iter().any(|ended| !ended.task.item_path.0.is_empty()));
        count("joins", carried.iter().any(|ended| node(ended).join.is_some()));
        count("failures that a step took", carried.iter().any(|ended| ended.state == TaskState::Failed));
        let inside = |job: &Job| job.lineage.parent.is_some() && job.lineage.source.is_some();
        count("sub-plans gone into", world.jobs.values().any(inside));
        count("sub-plans carried", carried.iter().any(|e| matches!(node(e).step.run, Run::SubPlan { .. })));
    }
    println!("{counts:?}");
    let rare: Vec<_> = counts.iter().filter(|(_, n)| **n < 12).collect();
    assert!(rare.is_empty(), "of 600 runs: {counts:?}");
}
