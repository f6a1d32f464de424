//! Plays a random plan in a random order, calmly or wildly.

use crate::{
    blueprint::{Blueprint, Kind, Trouble},
    chance::Chance,
    harness::{Spot, World, broken, hiccup, many, nothing, one, version},
};
use esteira_engine::{Command, Completion, Refusal};
use esteira_model::{Failure, JobAction, JobId, JobState, Task, TaskId, WaitReason};

/// How the world treats the plan.
#[derive(Clone, Copy, PartialEq)]
pub enum Mood {
    /// Lost leases, releases, pauses; nothing that changes what comes out.
    Calm,
    /// Also failures at random, time-outs, cancels, terminations, deadlines, retries by an operator.
    Wild,
}

/// What one may do next.
#[derive(Clone, Copy)]
enum Move {
    Lease(TaskId),
    Report(TaskId),
    Late(TaskId),
    Lose(TaskId),
    Release(TaskId),
    Due(TaskId, WaitReason),
    Unblock(TaskId),
    Resume,
}

/// Steps after which a run is stuck; a plan of eight steps needs some thousands at most.
const MOVES_MAX: usize = 50_000;

/// Runs a job of the plan to its end and returns the world.
pub fn play(blueprint: &Blueprint, seed: u64, mood: Mood) -> World {
    let mut chance = Chance(seed);
    let mut world = World::of_all(blueprint.plans());
    let later = (mood == Mood::Wild && chance.once_in(4)).then(|| world.now.after(crate::harness::secs(9)));
    world.start("0", |job| job.start_after = later);
    go_on(&mut world, blueprint, &mut chance, mood);
    world
}

/// Runs the root job to its end.
pub fn go_on(world: &mut World, blueprint: &Blueprint, chance: &mut Chance, mood: Mood) {
    for _ in 0..MOVES_MAX {
        if world.root().state.is_terminal() {
            return;
        }
        if interfere(world, chance, mood) {
            continue;
        }
        let moves = moves(world, mood);
        assert!(!moves.is_empty(), "stuck: {} {:?}", world.story(), world.live_names());
        let chosen = moves[chance.below(moves.len())];
        make(world, blueprint, chance, mood, chosen);
    }
    panic!("no end after {MOVES_MAX} moves: {}", world.story());
}

fn moves(world: &World, mood: Mood) -> Vec<Move> {
    let mut moves = Vec::new();
    for (&id, live) in &world.live {
        match &live.spot {
            Spot::Queued => {
                moves.push(Move::Lease(id));
                moves.extend(world.lost.contains_key(&id).then_some(Move::Late(id)));
            }
            Spot::Leased(_) => {
                moves.extend([Move::Report(id), Move::Report(id), Move::Report(id)]);
                moves.push(Move::Release(id));
                moves.extend((mood == Mood::Wild || live.task.expiries < 4).then_some(Move::Lose(id)));
            }
            Spot::Parked(reason, Some(_)) => {
                moves.push(Move::Due(id, *reason));
                moves.extend(
                    (*reason == WaitReason::RetryBackoff && world.lost.contains_key(&id)).then_some(Move::Late(id)),
                );
            }
            Spot::Parked(WaitReason::AggregateBusy, _) => moves.push(Move::Unblock(id)),
            Spot::Parked(WaitReason::Paused, _) => {
                moves.push(Move::Resume);
                moves.extend(world.lost.contains_key(&id).then_some(Move::Late(id)));
            }
            Spot::Parked(..) => {}
        }
    }
    if moves.is_empty() {
        moves.push(Move::Resume);
    }
    moves
}

fn make(world: &mut World, blueprint: &Blueprint, chance: &mut Chance, mood: Mood, chosen: Move) {
    match chosen {
        Move::Lease(id) => {
            if mood == Mood::Wild && chance.once_in(8) {
                world.live.get_mut(&id).expect("it is live").spot = Spot::Parked(WaitReason::AggregateBusy, None);
            } else {
                world.lease(id);
            }
        }
        Move::Report(id) | Move::Late(id) => report(world, blueprint, chance, mood, id),
        Move::Lose(id) if mood == Mood::Wild && chance.once_in(2) => drop(world.time_out_lease(id)),
        Move::Lose(id) => drop(world.expire_lease(id)),
        Move::Release(id) => {
            let task = world.live[&id].task.clone();
            world.command(task.job, Command::Release(task)).expect("a release is taken");
        }
        Move::Due(id, reason) => {
            if let Spot::Parked(_, Some(due)) = world.live[&id].spot {
                world.now = world.now.max(due);
            }
            world.fire(id, reason);
        }
        Move::Unblock(id) => {
            let task = world.live[&id].task.clone();
            world.command(task.job, Command::Unblock(task)).expect("it is unblocked");
        }
        Move::Resume => act_on(world, world.root, JobAction::Resume),
    }
}

fn report(world: &mut World, blueprint: &Blueprint, chance: &mut Chance, mood: Mood, id: TaskId) {
    let task = world.live[&id].task.clone();
    if mood == Mood::Wild && chance.once_in(6) {
        let stopped = Failure { kind: esteira_model::FailureKind::Cancelled, ..broken() };
        let failure = [broken(), hiccup(), stopped][chance.below(3)].clone();
        world.fail_with(id, failure, chance.once_in(3).then_some("1"));
        return;
    }
    match answer(world, blueprint, &task) {
        Reply::Done(completion) => drop(world.complete(id, completion).expect("a success is taken")),
        Reply::Failed(failure) => drop(world.fail_with(id, failure, None)),
    }
}

enum Reply {
    Done(Completion),
    Failed(Failure),
}

/// What the function of a step always answers to this task.
fn answer(world: &World, blueprint: &Blueprint, task: &Task) -> Reply {
    if world.job(task.job).plan_version != version(1) {
        return match world.name(task).as_str() {
            "x3" => Reply::Failed(broken()),
            "x2" => Reply::Done(many(&["1", "2"])),
            name => Reply::Done(one(&format!("\"{name}\""))),
        };
    }
    let block = &blueprint.0[usize::from(task.step)];
    let odd = task.item_path.0.last().is_some_and(|index| index % 2 == 1);
    match block.trouble {
        Trouble::Breaks => return Reply::Failed(broken()),
        Trouble::BreaksOnOdd if odd => return Reply::Failed(broken()),
        Trouble::Hiccups if task.failures == 0 => return Reply::Failed(hiccup()),
        _ => {}
    }
    let name = world.name(task);
    Reply::Done(match block.kind {
        Kind::Multiple(items) => {
            let texts: Vec<String> = (0..items).map(|item| format!("\"{name} {item}\"")).collect();
            many(&texts.iter().map(String::as_str).collect::<Vec<_>>())
        }
        Kind::None => nothing(),
        _ => one(&format!("\"{name}\"")),
    })
}

/// An operator or the clock steps in, now and then. Whether something was done.
fn interfere(world: &mut World, chance: &mut Chance, mood: Mood) -> bool {
    if chance.once_in(24) {
        act_on(world, world.root, [JobAction::Pause, JobAction::Resume][chance.below(2)]);
        return true;
    }
    if mood == Mood::Calm {
        return false;
    }
    if chance.once_in(60) {
        let live: Vec<JobId> = world.jobs.values().filter(|job| !job.state.is_terminal()).map(|job| job.id).collect();
        let job = live[chance.below(live.len())];
        match chance.below(6) {
            0 => {
                let deadline = Command::Deadline(world.live_of(job));
                world.command(job, deadline).expect("it runs");
            }
            1 => act_on(world, job, JobAction::Terminate),
            2 | 3 => act_on(world, job, JobAction::Cancel),
            4 => act_on(world, job, JobAction::Pause),
            _ => act_on(world, job, JobAction::Resume),
        }
        return true;
    }
    if chance.once_in(12) {
        let failed: Vec<TaskId> = world.failed.iter().copied().collect();
        if failed.is_empty() {
            return false;
        }
        let ended = world.ended[&failed[chance.below(failed.len())]].clone();
        match world.command(ended.task.job, Command::Retry(Box::new(ended))) {
            Ok(_) | Err(Refusal::NotNow(_) | Refusal::JobTerminal) => return true,
            Err(refusal) => panic!("{refusal:?}"),
        }
    }
    false
}

fn act_on(world: &mut World, job: JobId, action: JobAction) {
    let live = world.live_of(job);
    match world.command(job, Command::Control(action, "chance".into(), live)) {
        Ok(_) | Err(Refusal::NotNow(_)) => {}
        Err(refusal) => panic!("{action}: {refusal:?}"),
    }
    // A child that was paused alone goes on when nothing else can: resume it with its parents.
    let paused: Vec<JobId> =
        world.jobs.values().filter(|job| job.state == JobState::Paused).map(|job| job.id).collect();
    if action == JobAction::Resume && job == world.root {
        for job in paused {
            let live = world.live_of(job);
            world.command(job, Command::Control(JobAction::Resume, "chance".into(), live)).expect("it is paused");
        }
    }
}
