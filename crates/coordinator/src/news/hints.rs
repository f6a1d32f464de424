//! What there is to look at, and its text form.
//!
//! The first line of a message is the process that tells it; each further one begins with a letter that says what it names. A
//! line with another letter is of a newer version, and is passed over: looking finds what it was about.

use esteira_model::{JobId, Uuid};
use esteira_store::news::MESSAGE_BYTES_MAX;
use std::collections::BTreeSet;

/// Lanes that are named at most; more are "everything".
const LANES_MAX: usize = 1_000;
/// Jobs that are named at most; more are "everything".
const JOBS_MAX: usize = 10_000;

/// What there is to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    /// Lanes where tasks wait that nobody took at once, or that have room again.
    pub lanes: BTreeSet<String>,
    /// Jobs that changed, or whose tasks did.
    pub jobs: BTreeSet<JobId>,
    /// Messages of the outbox that can be leased.
    pub outbox: bool,
    /// Queues that were paused or opened.
    pub queues: bool,
    /// Coordinators that came, or workers that they serve.
    pub members: bool,
    /// Everything: there was too much to name it, or something was missed.
    pub everything: bool,
}

impl Hints {
    /// Everything.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether there is more than jobs.
    pub fn is_urgent(&self) -> bool {
        !self.lanes.is_empty() || self.outbox || self.queues || self.members || self.everything
    }

    /// Forgets the names when there are too many, so that what waits to be told is bounded.
    pub fn bound(&mut self) {
        if self.lanes.len() > LANES_MAX || self.jobs.len() > JOBS_MAX {
            *self = Self { members: self.members, ..Self::everything() };
        }
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let flags = [(self.everything, "*"), (self.members, "m"), (self.queues, "q"), (self.outbox, "o")];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, letter)| letter.to_owned());
        let lanes = self.lanes.iter().map(|lane| format!("l{lane}"));
        flags.chain(lanes).chain(self.jobs.iter().map(|job| format!("j{job}")))
    }

    /// The messages that say this, each as long as it may be.
    pub fn messages(&self, from: Uuid) -> Vec<String> {
        let mut messages = Vec::new();
        let mut message = from.to_string();
        for line in self.lines() {
            // A version is free text and part of its lane: one that cannot stand in a line is told without its name.
            let fits = !line.contains(['\n', '\0']) && line.len() + 40 < MESSAGE_BYTES_MAX;
            let line = if fits { line.as_str() } else { "*" };
            if message.len() + 1 + line.len() > MESSAGE_BYTES_MAX {
                messages.push(std::mem::replace(&mut message, from.to_string()));
            }
            message.push('\n');
            message.push_str(line);
        }
        messages.push(message);
        messages
    }

    /// Who told a message, and what it says; none when it is not one.
    pub fn read(message: &str) -> Option<(Uuid, Self)> {
        let mut lines = message.lines();
        let from = lines.next()?.parse().ok()?;
        let mut hints = Self::default();
        for line in lines {
            match line.split_at_checked(1) {
                Some(("*", _)) => hints.everything = true,
                Some(("m", _)) => hints.members = true,
                Some(("q", _)) => hints.queues = true,
                Some(("o", _)) => hints.outbox = true,
                Some(("l", lane)) => drop(hints.lanes.insert(lane.to_owned())),
                Some(("j", job)) => hints.jobs.extend(job.parse::<JobId>()),
                _ => {}
            }
        }
        Some((from, hints))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> Uuid {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        Uuid::from_bytes(bytes)
    }

    fn heard(messages: &[String]) -> Hints {
        let mut all = Hints::default();
        for message in messages {
            assert!(message.len() <= MESSAGE_BYTES_MAX, "{} bytes", message.len());
            let (from, hints) = Hints::read(message).expect("a message");
            assert_eq!(from, id(7));
            all.lanes.extend(hints.lanes);
            all.jobs.extend(hints.jobs);
            all.outbox |= hints.outbox;
            all.queues |= hints.queues;
            all.members |= hints.members;
            all.everything |= hints.everything;
        }
        all
    }

    #[test]
    fn what_is_told_is_heard_in_as_many_messages_as_it_takes() {
        let some = Hints {
            lanes: ["default|q|f||p/s|2".to_owned(), "default|é|f|1.0||0".into()].into(),
            jobs: (0..5_000).map(|n| JobId(id(n))).collect(),
            outbox: true,
            queues: true,
            members: true,
            everything: false,
        };
        let messages = some.messages(id(7));
        assert!(messages.len() > 20, "{}", messages.len());
        assert_eq!(heard(&messages), some);
        assert_eq!(heard(&Hints::everything().messages(id(7))), Hints::everything());
    }

    #[test]
    fn what_cannot_be_named_is_everything() {
        for lane in [format!("default|q|f|{}||0", "v".repeat(MESSAGE_BYTES_MAX)), "default|q|f|a\nb||0".into()] {
            let hints = Hints { lanes: [lane].into(), ..Hints::default() };
            assert_eq!(heard(&hints.messages(id(7))), Hints::everything());
        }
        let mut many = Hints { jobs: (0..20_000).map(|n| JobId(id(n))).collect(), members: true, ..Hints::default() };
        many.bound();
        assert_eq!(many, Hints { members: true, ..Hints::everything() });
    }

    #[test]
    fn what_is_not_understood_is_passed_over() {
        assert_eq!(Hints::read(""), None);
        assert_eq!(Hints::read("jx"), None);
        let message = format!("{}\nznew\n\né\njnot-an-id\no", id(7));
        assert_eq!(Hints::read(&message), Some((id(7), Hints { outbox: true, ..Hints::default() })));
    }
}
