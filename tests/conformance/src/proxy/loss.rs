//! Which answers get lost.

use bytes::Bytes;
use esteira_sdk::client::v1;
use prost::Message as _;

/// How the worker learns that no answer will come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Its connection is reset.
    Connection,
    /// The stream of this call is reset, and the connection stays.
    Stream,
}

/// An answer that the coordinator gave and the worker never gets.
#[derive(Debug, Clone)]
pub struct Loss {
    method: &'static str,
    only_leases: bool,
    by: By,
    skip: usize,
}

impl Loss {
    /// The next answer of this RPC.
    pub fn of(method: &'static str) -> Self {
        Self { method, only_leases: false, by: By::Connection, skip: 0 }
    }

    /// The next answer that brings leases, of whichever RPC.
    pub fn of_leases() -> Self {
        Self { only_leases: true, ..Self::of("") }
    }

    /// Not the next but the k-th one, counted from 1.
    pub fn kth(self, k: usize) -> Self {
        Self { skip: k - 1, ..self }
    }

    /// How it gets lost.
    pub fn by(self, by: By) -> Self {
        Self { by, ..self }
    }

    fn hits(&self, method: &str, answer: &Bytes) -> bool {
        match self.only_leases {
            true => leases(method, answer) > 0,
            false => method == self.method,
        }
    }
}

/// How many leases an answer brings.
pub(super) fn leases(method: &str, answer: &Bytes) -> usize {
    let lease = match method {
        "LeaseTasks" => v1::LeaseTasksResponse::decode(answer.clone()).ok(),
        "ReportTasks" => v1::ReportTasksResponse::decode(answer.clone()).ok().and_then(|answer| answer.lease),
        _ => None,
    };
    lease.map_or(0, |lease| lease.leases.len())
}

/// All losses that are planned.
#[derive(Debug, Default)]
pub(super) struct Losses {
    pub(super) planned: Vec<Loss>,
    /// Every n-th answer of any RPC, for ever.
    pub(super) every: Option<u64>,
    answers: u64,
}

impl Losses {
    /// Counts an answer, and says whether and how it gets lost.
    pub(super) fn judge(&mut self, method: &str, answer: &Bytes) -> Option<By> {
        self.answers += 1;
        if let Some(at) = self.planned.iter().position(|loss| loss.hits(method, answer)) {
            if self.planned[at].skip == 0 {
                return Some(self.planned.remove(at).by);
            }
            self.planned[at].skip -= 1;
        }
        self.every.filter(|every| self.answers.is_multiple_of(*every)).map(|_| By::Connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leased() -> Bytes {
        let answer = v1::LeaseTasksResponse { leases: vec![v1::TaskLease::default()], directive: 0 };
        answer.encode_to_vec().into()
    }

    #[test]
    fn the_kth_answer_of_an_rpc_is_lost_once() {
        let mut losses = Losses { planned: vec![Loss::of("ReportTasks").kth(2)], ..Default::default() };
        let lost: Vec<bool> = ["ReportTasks", "LeaseTasks", "ReportTasks", "ReportTasks"]
            .map(|method| losses.judge(method, &Bytes::new()).is_some())
            .into();
        assert_eq!(lost, [false, false, true, false]);
    }

    #[test]
    fn an_answer_with_leases_is_told_from_an_empty_one() {
        let mut losses = Losses { planned: vec![Loss::of_leases().by(By::Stream)], ..Default::default() };
        assert_eq!(losses.judge("LeaseTasks", &Bytes::new()), None);
        assert_eq!(losses.judge("LeaseTasks", &leased()), Some(By::Stream));
        assert_eq!(losses.judge("LeaseTasks", &leased()), None);
    }

    #[test]
    fn every_nth_answer_is_lost_for_ever() {
        let mut losses = Losses { every: Some(3), ..Default::default() };
        let lost: Vec<bool> = (0..6).map(|_| losses.judge("LeaseTasks", &Bytes::new()).is_some()).collect();
        assert_eq!(lost, [false, false, true, false, false, true]);
    }
}
