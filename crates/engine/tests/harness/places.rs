//! Which commands met which places: the coverage of transitions.

use super::world::World;
use esteira_engine::{At, Command};
use esteira_model::{JobAction, Task};
use std::collections::BTreeSet;

/// Pairs of a command and the place of a task that it met.
pub type Seen = BTreeSet<(&'static str, &'static str)>;

impl World {
    pub fn pairs(&self, command: &Command) -> Seen {
        let of = |name, task: &Task| Seen::from([(name, self.place_of(task))]);
        match command {
            Command::Start => Seen::from([("Start", "-")]),
            Command::Reprocess(_) => Seen::from([("Reprocess", "-")]),
            Command::Complete(task, ..) => of("Complete", task),
            Command::Fail(task, ..) => of("Fail", task),
            Command::Release(task) => of("Release", task),
            Command::Expire(task, _) => of("Expire", task),
            Command::TimeOut(task, _) => of("TimeOut", task),
            Command::Due(task, _) => of("Due", task),
            Command::Unblock(task) => of("Unblock", task),
            Command::Gather(task, _) => of("Gather", task),
            Command::ChildEnded(task, _) => of("ChildEnded", task),
            Command::Retry(failed) => Seen::from([("Retry", failed.state.as_str())]),
            Command::Deadline(live) => all("Deadline", live),
            Command::Control(JobAction::Pause, _, live) => all("Pause", live),
            Command::Control(JobAction::Resume, _, live) => all("Resume", live),
            Command::Control(JobAction::Cancel, _, live) => all("Cancel", live),
            Command::Control(JobAction::Terminate, _, live) => all("Terminate", live),
        }
    }

    fn place_of(&self, task: &Task) -> &'static str {
        self.live.get(&task.id).map_or("ended", |live| name(&live.spot.at()))
    }
}

fn all(command: &'static str, live: &[(Task, At)]) -> Seen {
    live.iter().map(|(_, at)| (command, name(at))).collect()
}

fn name(at: &At) -> &'static str {
    match at {
        At::Queued => "Queue",
        At::Leased(_) => "Lease",
        At::Parked(reason) => reason.as_str(),
    }
}
