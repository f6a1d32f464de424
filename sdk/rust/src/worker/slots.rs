//! How many tasks may still start: the count that keeps a worker from leasing what it cannot run.

/// Each slot is free, runs a function, or is promised to a request that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slots {
    total: usize,
    running: usize,
    polled: usize,
    reported: usize,
}

impl Slots {
    pub(crate) fn new(total: usize) -> Self {
        Self { total, running: 0, polled: 0, reported: 0 }
    }

    /// Slots that are neither used nor promised.
    pub(crate) fn free(&self) -> usize {
        self.total.saturating_sub(self.running + self.polled + self.reported)
    }

    /// Promises up to `most` free slots to the poll; says how many.
    pub(crate) fn promise_to_poll(&mut self, most: usize) -> usize {
        self.polled = self.free().min(most);
        self.polled
    }

    /// Promises up to `most` free slots to the report; says how many.
    pub(crate) fn promise_to_report(&mut self, most: usize) -> usize {
        self.reported = self.free().min(most);
        self.reported
    }

    /// The poll was answered: what it did not use is free.
    pub(crate) fn poll_answered(&mut self) {
        self.polled = 0;
    }

    /// The report was answered: what it did not use is free.
    pub(crate) fn report_answered(&mut self) {
        self.reported = 0;
    }

    /// Uses a free slot; false when there is none.
    pub(crate) fn start(&mut self) -> bool {
        let free = self.free() > 0;
        self.running += usize::from(free);
        free
    }

    /// A function ended.
    pub(crate) fn end(&mut self) {
        self.running = self.running.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_promised_once() {
        let mut slots = Slots::new(4);
        assert_eq!(slots.promise_to_poll(100), 4);
        assert_eq!((slots.promise_to_report(100), slots.free(), slots.start()), (0, 0, false));
        slots.poll_answered();
        assert!(slots.start() && slots.start());
        assert_eq!(slots.promise_to_report(1), 1);
        assert_eq!(slots.promise_to_poll(100), 1);
        slots.end();
        assert_eq!(slots.free(), 1);
        slots.report_answered();
        assert_eq!(slots.free(), 2);
    }
}
