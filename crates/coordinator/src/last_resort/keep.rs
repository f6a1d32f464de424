//! Work that the store does not take: results and starts are kept, the rest is refused as it always was.

use crate::{
    committer::{Committer, reply},
    error::{Error, Reason, Result},
    last_resort::{
        capsule::LeaseRecord,
        held::{Known, KnownStart},
        record,
        reserve::{LastResort, store_name},
    },
    work::{Report, ReportResult, Start, Started, Work},
};
use std::time::Duration;

/// When a start that found the reserve used up may be worth another try.
const RETRY_AFTER: Duration = Duration::from_secs(2);

impl Committer {
    /// Answers work whose transaction cannot be made durable (INV-RESORT).
    pub(crate) async fn keep(&mut self, works: Vec<Work>, error: &Error) {
        let Some(resort) = self.shared.last_resort.clone() else {
            works.into_iter().for_each(|work| reply(work, Err(error.clone())));
            return;
        };
        for work in works {
            // A caller that has gone needs no answer: what is kept is kept.
            match work {
                Work::Report(reports, to) => {
                    let mut results = Vec::with_capacity(reports.len());
                    for report in &reports {
                        results.push(self.keep_report(&resort, report).await);
                    }
                    _ = to.send(Ok(results));
                }
                // What a reprocess takes over is read from the store: without it there is nothing to go on from.
                Work::Start(start, to) if start.reprocess.is_none() => {
                    _ = to.send(self.keep_start(&resort, &start, error).await)
                }
                other => reply(other, Err(error.clone())),
            }
        }
    }

    /// Results are never refused for want of room, as long as a level takes them.
    async fn keep_report(&mut self, resort: &LastResort, report: &Report) -> ReportResult {
        if report.digest == [0; 16] {
            // Made here, not by a worker: whoever asked for it asks again.
            return ReportResult::refused(Reason::StoreUnavailable, "the store does not accept work now");
        }
        let known = resort.held().known_report(report);
        match known {
            Known::Same(level) => return ReportResult { already_applied: true, ..held(level) },
            Known::Another => {
                return ReportResult::refused(Reason::ResultConflict, "another result was reported under this lease");
            }
            Known::New => {}
        }
        let not_now = |text| ReportResult::refused(Reason::StoreUnavailable, text);
        let Some(lease) = self.lease_record(report) else {
            let result = not_now("the store is not there, and nothing is known of the lease here");
            return ReportResult { capsule_wanted: true, ..result };
        };
        if let Some((reason, message)) = lease.objection(report) {
            return ReportResult::refused(reason, message);
        }
        let shared = &self.shared;
        let record = record::of_report(report, &lease, &store_name(&shared.tokens.key()), shared.clock.now());
        match resort.write(record).await {
            Some(level) => {
                resort.held().report(report, level);
                held(level)
            }
            None => not_now("neither the store nor the last resort takes the report"),
        }
    }

    /// The lease of a report, from memory or from its capsule.
    fn lease_record(&mut self, report: &Report) -> Option<LeaseRecord> {
        let shared = &self.shared;
        let of_grant =
            |grant: &crate::Grant| LeaseRecord::of(grant, shared.catalog.cached(grant.plan_version).as_deref());
        let known = shared.dispatcher.grant_of(&report.token).as_ref().map(of_grant);
        known.or_else(|| LeaseRecord::open(&report.capsule, &report.token, &shared.tokens))
    }

    /// A job is taken while the reserve leaves room for results.
    async fn keep_start(&mut self, resort: &LastResort, start: &Start, error: &Error) -> Result<Started> {
        let known = resort.held().known_start(start.job.id, start.request.as_ref());
        match known {
            KnownStart::Same(job, level) => {
                return Ok(Started { job: *job, deduplicated: true, held: Some(level) });
            }
            KnownStart::AnotherRequest => {
                let message = "this request_id was used for another request";
                return Err(Error { field: "request_id".into(), ..Error::new(Reason::RequestIdReused, message) });
            }
            KnownStart::Taken => {
                let message = format!("there is a job {} already", start.job.id);
                return Err(Error { field: "job_id".into(), ..Error::new(Reason::JobIdTaken, message) });
            }
            KnownStart::New => {}
        }
        let shared = &self.shared;
        let record = record::of_start(start, &store_name(&shared.tokens.key()), shared.clock.now());
        if !resort.has_room_for_start(record.payload.len()) {
            let message = "the store is not there, and what is left of the last resort is kept for results";
            let error = Error::new(Reason::ReserveExhausted, message);
            return Err(Error { retry_after: Some(RETRY_AFTER), ..error });
        }
        let level = resort.write(record).await.ok_or_else(|| error.clone())?;
        resort.held().start(&start.job, start.request.as_ref(), level);
        Ok(Started { job: start.job.clone(), deduplicated: false, held: Some(level) })
    }
}

fn held(level: esteira_lastresort::Level) -> ReportResult {
    ReportResult { held: Some(level), ..ReportResult::default() }
}
