//! An open loop: what arrives, arrives at its time, whatever became of what came before.
//!
//! Latencies count from the intended time, not from when the load got round to it: a stall of the server, or of the load
//! itself, shows in every arrival that it delayed ("coordinated omission" hides it).

use std::time::Duration;
use tokio::{sync::mpsc, time::Instant};

/// Arrivals are let go together when they are closer than this.
const GRAIN: Duration = Duration::from_micros(200);

/// When each of a number of arrivals is due.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    begin: Instant,
    per_second: f64,
    count: usize,
}

/// One arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Counts from 0.
    pub number: usize,
    /// When it was to come: its latency counts from here.
    pub due: Instant,
}

impl Schedule {
    /// From now on, evenly, at this rate for so long.
    pub fn new(per_second: f64, time: Duration) -> Self {
        Self { begin: Instant::now(), per_second, count: (per_second * time.as_secs_f64()).ceil() as usize }
    }

    fn arrival(&self, number: usize) -> Arrival {
        Arrival { number, due: self.begin + Duration::from_secs_f64(number as f64 / self.per_second) }
    }

    /// Those from `next` on that are due at this moment.
    fn due(&self, next: usize, now: Instant) -> impl Iterator<Item = Arrival> + use<> {
        let schedule = *self;
        (next..self.count).map(move |number| schedule.arrival(number)).take_while(move |arrival| arrival.due <= now)
    }

    /// Lets them come, each at its time, until there are no more or nobody listens. A thread of its own keeps the time: the
    /// runtime's timer counts whole milliseconds.
    pub fn play(self) -> Result<mpsc::UnboundedReceiver<Arrival>, String> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new().name("arrivals".into());
        let play = move || {
            let mut next = 0;
            while next < self.count {
                for arrival in self.due(next, Instant::now()) {
                    if sender.send(arrival).is_err() {
                        return;
                    }
                    next = arrival.number + 1;
                }
                let until = self.arrival(next).due.saturating_duration_since(Instant::now());
                std::thread::sleep(until.max(GRAIN));
            }
        };
        thread.spawn(play).map_err(|error| format!("no thread for arrivals: {error}"))?;
        Ok(receiver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(late: Duration, next: usize, expected: &[usize]) {
        let schedule = Schedule { begin: Instant::now(), per_second: 100.0, count: 10 };
        let found: Vec<Arrival> = schedule.due(next, schedule.begin + late).collect();
        assert_eq!(found.iter().map(|arrival| arrival.number).collect::<Vec<_>>(), expected, "{late:?}");
        for arrival in found {
            let expected = schedule.begin + Duration::from_millis(10) * arrival.number as u32;
            let off = arrival.due.max(expected) - arrival.due.min(expected);
            assert!(off < Duration::from_micros(1), "a late arrival keeps its intended time");
        }
    }

    #[test]
    fn arrivals_are_due_by_the_clock_alone() {
        check(Duration::ZERO, 0, &[0]);
        check(Duration::from_millis(9), 1, &[]);
        check(Duration::from_millis(35), 1, &[1, 2, 3]);
    }

    #[test]
    fn after_a_stall_all_that_was_missed_comes_at_once_and_no_more() {
        check(Duration::from_secs(5), 4, &[4, 5, 6, 7, 8, 9]);
        check(Duration::from_secs(5), 10, &[]);
    }

    #[tokio::test]
    async fn all_come_in_order_and_then_it_ends() {
        let schedule = Schedule::new(10_000.0, Duration::from_millis(10));
        let mut arrivals = schedule.play().expect("a thread");
        let mut numbers = Vec::new();
        while let Some(arrival) = arrivals.recv().await {
            assert!(Instant::now() >= arrival.due, "none comes before its time");
            numbers.push(arrival.number);
        }
        assert_eq!(numbers, (0..schedule.count).collect::<Vec<_>>());
    }
}
