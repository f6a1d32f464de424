//! What a coordinator said that it accepted, and whether all of it is there in the end.

use crate::{HEALED_MAX, stubs, stubs::Stubs};
use esteira_contract::v1::{self, Durability, payload::Body};
use esteira_e2e::{Server, jobs, until};
use esteira_sdk::client::Client;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::sleep;

const AGAIN_AFTER: Duration = Duration::from_millis(50);

pub struct Accepted {
    name: String,
    stubs: Stubs,
    client: Client,
    /// Jobs that were there before.
    before: usize,
    /// Not reported yet.
    leases: Vec<v1::TaskLease>,
    /// Job by job, what was reported.
    reported: BTreeMap<String, String>,
    /// Request id and number by job.
    started: BTreeMap<String, (String, usize)>,
}

impl Accepted {
    /// Starts jobs and leases their tasks.
    pub async fn begin(server: &Server, name: &str, count: usize) -> Self {
        let stubs = Stubs::of(server);
        let mut begun = Self {
            name: name.replace(' ', "-"),
            stubs,
            client: server.client(),
            before: 0,
            leases: Vec::new(),
            reported: BTreeMap::new(),
            started: BTreeMap::new(),
        };
        begun.before = begun.listed().await.len();
        begun.start(count, Durability::Committed).await;
        begun.leases = begun.lease_all(count).await;
        begun
    }

    async fn lease_all(&self, count: usize) -> Vec<v1::TaskLease> {
        let mut leases: Vec<v1::TaskLease> = Vec::new();
        let mut polls = 0;
        until(HEALED_MAX, "all tasks are leased", async || {
            polls += 1;
            let poll = format!("{}-{}-{polls}", self.name, leases.len());
            leases.extend(self.stubs.lease(&poll, true).await.unwrap_or_default());
            (leases.len() >= count).then_some(())
        })
        .await;
        leases
    }

    /// Starts jobs, each request twice: both answers must be of one job.
    pub async fn start(&mut self, count: usize, durability: Durability) {
        for _ in 0..count {
            let n = self.started.len();
            let request = format!("{}-{n}", self.name);
            let first = self.until_answered(|| self.stubs.start(&request, n)).await;
            assert_eq!(first.durability(), durability, "{}: start {n}", self.name);
            let second = self.until_answered(|| self.stubs.start(&request, n)).await;
            let id = |answer: v1::StartJobResponse| answer.job.expect("a job is answered").job_id;
            assert!(second.deduplicated, "{}: start {n}", self.name);
            let job = id(first);
            assert_eq!(job, id(second));
            assert!(self.started.insert(job, (request, n)).is_none(), "another job each time");
        }
    }

    pub async fn start_is_refused(&self, reason: &str) {
        let refused = self.stubs.start(&format!("{}-refused", self.name), 0).await.expect_err("not started");
        let details = String::from_utf8_lossy(refused.details()).into_owned();
        assert!(details.contains(reason), "{refused:?}");
    }

    async fn until_answered<T, F: Future<Output = Result<T, tonic::Status>>>(&self, call: impl Fn() -> F) -> T {
        let mut last = None;
        let end = tokio::time::Instant::now() + HEALED_MAX;
        while tokio::time::Instant::now() < end {
            match call().await {
                Ok(answer) => return answer,
                Err(status) => last = Some(status),
            }
            sleep(AGAIN_AFTER).await;
        }
        panic!("{}: no answer: {last:?}", self.name);
    }

    /// Reports all that is leased.
    pub async fn report_all(&mut self, durability: Durability) {
        while let Some(lease) = self.leases.pop() {
            let outcome = self.report(&lease).await;
            assert_eq!(outcome.durability(), durability, "{}: {outcome:?}", self.name);
        }
    }

    /// Reports some of what is leased, whatever becomes of the coordinator meanwhile.
    pub async fn report_some(&mut self, count: usize) {
        for _ in 0..count {
            let Some(lease) = self.leases.last().cloned() else { return };
            self.report(&lease).await;
            self.leases.pop();
        }
    }

    /// Sends one report until it is accepted.
    async fn report(&mut self, lease: &v1::TaskLease) -> v1::ReportOutcome {
        let mut last = None;
        let stubs = self.stubs.clone();
        let outcome = until(HEALED_MAX, "a report is accepted", async || match stubs.report(lease).await {
            Ok(outcome) if outcome.error_reason.is_empty() => Some(outcome),
            Ok(outcome) => {
                assert_eq!(outcome.error_reason, "STORE_UNAVAILABLE", "a result is never refused: {outcome:?}");
                last = Some(outcome);
                None
            }
            Err(_) => None,
        })
        .await;
        self.reported.insert(lease.job_id.clone(), stubs::output(lease));
        outcome
    }

    /// Serves what is not reported, and looks at each job.
    pub async fn all_ended(&mut self) {
        // Those that were held are granted when the store is back, and those of which the lease was never reported.
        let mut polls = 0;
        until(HEALED_MAX, "all jobs are reported", async || {
            for lease in std::mem::take(&mut self.leases) {
                self.report(&lease).await;
            }
            polls += 1;
            self.leases = self.stubs.lease(&format!("{}-end-{polls}", self.name), true).await.unwrap_or_default();
            (self.reported.len() >= self.started.len() && self.leases.is_empty()).then_some(())
        })
        .await;
        let listed = self.listed().await;
        for (job_id, (request, n)) in &self.started {
            assert!(listed.contains(job_id), "{}: job {job_id} is not in the store", self.name);
            let job = jobs::succeeded(&self.client, job_id).await;
            let bodies: Vec<_> = job.results.iter().map(|result| result.body.clone()).collect();
            let expected = &self.reported[job_id];
            assert_eq!(bodies, [Some(Body::Json(expected.clone()))], "{}: job {job_id}", self.name);
            let tasks = jobs::tasks(&self.client, job_id).await;
            assert_eq!(tasks.len(), 1, "{}: job {job_id} has one task", self.name);
            let again = self.until_answered(|| self.stubs.start(request, *n)).await;
            let same = again.job.as_ref().map(|job| &job.job_id);
            assert_eq!((again.deduplicated, again.durability(), same), (true, Durability::Committed, Some(job_id)));
        }
        assert_eq!(listed.len(), self.before + self.started.len(), "{}: nothing is started twice", self.name);
    }

    /// All jobs in the store.
    async fn listed(&self) -> Vec<String> {
        let mut request = v1::ListJobsRequest { page_size: 500, ..Default::default() };
        let mut all = Vec::new();
        loop {
            let page = self.until_answered(|| self.stubs.list(request.clone())).await;
            all.extend(page.jobs.into_iter().map(|job| job.job_id));
            if page.next_page_token.is_empty() {
                return all;
            }
            request.page_token = page.next_page_token;
        }
    }
}
