//! The leases that the worker holds, and when each must be renewed (INV-FENCE: the clock only says when to stop, never
//! who may report). No I/O: the heartbeat thread asks and obeys.

use crate::model::{CancelReason, Cancellation, Payload};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// A checkpoint is sent at once, but not more often than this.
const CHECKPOINT_PAUSE: Duration = Duration::from_secs(1);

/// All leases, by token.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: BTreeMap<String, Held>,
}

#[derive(Debug)]
struct Held {
    ttl: Duration,
    /// Without a good beat until then, the lease counts as lost.
    expires: Instant,
    next_beat: Instant,
    last_beat: Instant,
    cancellation: Cancellation,
    /// Saved by the function and not sent yet.
    checkpoint: Option<Payload>,
    /// The function has ended; its report is on the way. The coordinator alone says now whether it comes too late.
    ended: bool,
}

/// One lease to renew.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Beat {
    pub(crate) token: String,
    pub(crate) checkpoint: Option<Payload>,
}

/// What the coordinator said about one lease.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// Renewed, for another time if it says so; and the function should stop if there is a reason.
    Held(Option<Duration>, Option<CancelReason>),
    /// Not held any more.
    Lost,
}

impl Leases {
    /// Begins to keep a lease that was granted in answer to a request sent at `sent`.
    pub(crate) fn hold(
        &mut self,
        token: String,
        ttl: Duration,
        sent: Instant,
        cancellation: Cancellation,
        jitter: f64,
    ) {
        let held = Held {
            ttl,
            expires: sent + ttl,
            next_beat: sent + interval(ttl, jitter),
            last_beat: sent,
            cancellation,
            checkpoint: None,
            ended: false,
        };
        self.held.insert(token, held);
    }

    /// The function has ended: true when the lease is still held and a report makes sense.
    pub(crate) fn end(&mut self, token: &str) -> bool {
        self.held.get_mut(token).map(|held| held.ended = true).is_some()
    }

    /// Whether the lease is held as far as is known.
    pub(crate) fn holds(&self, token: &str) -> bool {
        self.held.contains_key(token)
    }

    /// Stops keeping a lease.
    pub(crate) fn forget(&mut self, token: &str) {
        self.held.remove(token);
    }

    /// Saves a checkpoint for the next beat and brings that beat forward.
    pub(crate) fn checkpoint(&mut self, token: &str, checkpoint: Payload, now: Instant) {
        if let Some(held) = self.held.get_mut(token) {
            held.checkpoint = Some(checkpoint);
            held.next_beat = held.next_beat.min(now.max(held.last_beat + CHECKPOINT_PAUSE));
        }
    }

    /// Takes leases whose time passed without a good beat as lost.
    pub(crate) fn expire(&mut self, now: Instant) {
        self.held.retain(|_, held| {
            let lost = !held.ended && held.expires <= now;
            if lost {
                held.cancellation.cancel(CancelReason::LeaseLost);
            }
            !lost
        });
    }

    /// The leases to renew now, in one call; those that are almost due come along.
    pub(crate) fn due(&mut self, now: Instant, beats_max: usize, checkpoint_bytes_max: usize) -> Vec<Beat> {
        if !self.held.values().any(|held| held.next_beat <= now) {
            return Vec::new();
        }
        let mut bytes = 0;
        let mut beats = Vec::new();
        for (token, held) in
            self.held.iter_mut().filter(|(_, held)| held.next_beat <= now + held.ttl / 6).take(beats_max)
        {
            let size = held.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.bytes().len());
            let fits = bytes + size <= checkpoint_bytes_max;
            let checkpoint = if fits { held.checkpoint.take() } else { None };
            bytes += if fits { size } else { 0 };
            beats.push(Beat { token: token.clone(), checkpoint });
        }
        beats
    }

    /// A call sent at `sent` was answered: each beat by the verdict at its place.
    pub(crate) fn answered(&mut self, beats: &[Beat], verdicts: &[Option<Verdict>], sent: Instant, jitter: f64) {
        for (beat, verdict) in beats.iter().zip(verdicts) {
            let Some(held) = self.held.get_mut(&beat.token) else { continue };
            match verdict {
                Some(Verdict::Held(ttl, reason)) => {
                    held.ttl = ttl.unwrap_or(held.ttl);
                    held.expires = sent + held.ttl;
                    held.last_beat = sent;
                    held.next_beat = sent
                        + if held.checkpoint.is_some() {
                            CHECKPOINT_PAUSE.min(held.ttl / 3)
                        } else {
                            interval(held.ttl, jitter)
                        };
                    if let Some(reason) = reason {
                        held.cancellation.cancel(*reason);
                    }
                }
                Some(Verdict::Lost) => {
                    held.cancellation.cancel(CancelReason::LeaseLost);
                    self.held.remove(&beat.token);
                }
                None => held.next_beat = sent + interval(held.ttl, jitter),
            }
        }
    }

    /// A call was not answered well: try again soon. Checkpoints go with it unless they are to blame.
    pub(crate) fn unanswered(&mut self, beats: Vec<Beat>, now: Instant, jitter: f64, keep_checkpoints: bool) {
        for beat in beats {
            let Some(held) = self.held.get_mut(&beat.token) else { continue };
            held.next_beat = now + (held.ttl / 10).min(Duration::from_secs(1)).mul_f64(0.5 + jitter / 2.0);
            if keep_checkpoints && held.checkpoint.is_none() {
                held.checkpoint = beat.checkpoint;
            }
        }
    }

    /// When there is something to do next; none while nothing is held.
    pub(crate) fn wake(&self) -> Option<Instant> {
        self.held.values().map(|held| if held.ended { held.next_beat } else { held.next_beat.min(held.expires) }).min()
    }

    /// How long one call may take: a third of the shortest lease, and not past the moment when one is lost.
    pub(crate) fn patience(&self, now: Instant) -> Duration {
        let shortest = self.held.values().map(|held| held.ttl).min().unwrap_or(Duration::from_secs(30)) / 3;
        let lost =
            self.held.values().filter(|held| !held.ended).map(|held| held.expires.saturating_duration_since(now)).min();
        lost.map_or(shortest, |lost| shortest.min(lost)).clamp(Duration::from_millis(20), Duration::from_secs(10))
    }
}

/// A third of the lease time, less up to a fifth of that.
fn interval(ttl: Duration, jitter: f64) -> Duration {
    (ttl / 3).mul_f64(1.0 - jitter / 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(30);

    fn held() -> (Leases, Cancellation, Instant) {
        let (mut leases, cancellation, now) = (Leases::default(), Cancellation::new(), crate::model::clock::instant());
        leases.hold("a".into(), TTL, now, cancellation.clone(), 0.0);
        (leases, cancellation, now)
    }

    fn at(now: Instant, secs: u64) -> Instant {
        now + Duration::from_secs(secs)
    }

    #[test]
    fn a_lease_is_due_after_a_third_of_its_time() {
        let (mut leases, _, now) = held();
        assert_eq!(leases.due(at(now, 9), 100, 0), []);
        assert_eq!(leases.wake(), Some(at(now, 10)));
        assert_eq!(leases.due(at(now, 10), 100, 0), [Beat { token: "a".into(), checkpoint: None }]);
        assert_eq!(interval(TTL, 0.999_999).as_secs(), 8);
    }

    #[test]
    fn a_good_beat_counts_from_when_it_was_sent() {
        let (mut leases, cancellation, now) = held();
        let beats = leases.due(at(now, 10), 100, 0);
        leases.answered(&beats, &[Some(Verdict::Held(None, None))], at(now, 10), 0.0);
        leases.expire(at(now, 39));
        assert_eq!(cancellation.reason(), None);
        leases.expire(at(now, 40));
        assert_eq!((cancellation.reason(), leases.end("a")), (Some(CancelReason::LeaseLost), false));
    }

    #[test]
    fn a_lost_lease_reports_nothing() {
        let (mut leases, cancellation, now) = held();
        let beats = leases.due(at(now, 10), 100, 0);
        leases.answered(&beats, &[Some(Verdict::Lost)], at(now, 10), 0.0);
        assert_eq!(
            (cancellation.reason(), leases.end("a"), leases.wake()),
            (Some(CancelReason::LeaseLost), false, None)
        );
    }

    #[test]
    fn a_finished_function_is_not_lost_by_time() {
        let (mut leases, cancellation, now) = held();
        assert!(leases.end("a"));
        leases.expire(at(now, 100));
        assert!(leases.holds("a") && cancellation.reason().is_none());
    }

    #[test]
    fn a_cancel_request_renews_and_cancels() {
        let (mut leases, cancellation, now) = held();
        let beats = leases.due(at(now, 10), 100, 0);
        leases.answered(&beats, &[Some(Verdict::Held(Some(TTL * 2), Some(CancelReason::Job)))], at(now, 10), 0.0);
        assert_eq!((cancellation.reason(), leases.wake()), (Some(CancelReason::Job), Some(at(now, 30))));
    }

    #[test]
    fn a_checkpoint_brings_the_beat_forward_and_survives_a_failed_one() {
        let (mut leases, _, now) = held();
        let saved = Payload::json("1");
        leases.checkpoint("a", saved.clone(), now);
        assert_eq!(leases.wake(), Some(at(now, 1)));
        let beats = leases.due(at(now, 1), 100, 1);
        assert_eq!(beats[0].checkpoint, Some(saved.clone()));
        leases.unanswered(beats, at(now, 2), 0.0, true);
        assert_eq!(leases.due(at(now, 3), 100, 1)[0].checkpoint, Some(saved.clone()));
        leases.checkpoint("a", saved, at(now, 3));
        assert_eq!(leases.due(at(now, 4), 100, 0)[0].checkpoint, None);
    }

    #[test]
    fn a_call_never_outlasts_a_lease() {
        let (leases, _, now) = held();
        assert_eq!(leases.patience(now), Duration::from_secs(10));
        assert_eq!(leases.patience(at(now, 28)), Duration::from_secs(2));
        assert_eq!(leases.patience(at(now, 31)), Duration::from_millis(20));
    }
}
