//! What reports look at: the newest of a time, within bounds, on read connections; never the committer.

use crate::{catalog::Compiled, coordinator::Coordinator, error::Result, work::Principal};
use esteira_model::{DataClass, Job, JobId, LineageKind, Time, Uuid};
use esteira_store::{AttemptSample, Filter, Op, Page, Value};
use std::{sync::Arc, time::Duration};

/// Audit records that one report looks at.
const RECORDS_MAX: u64 = 100_000;
/// Jobs that one report looks at.
const JOBS_MAX: u64 = 10_000;
/// Attempts that one report looks at.
const ATTEMPTS_MAX: usize = 100_000;
/// Rows that are read at once.
const PAGE: usize = 500;
/// Jobs whose attempts are read at once.
const JOBS_AT_ONCE: usize = 64;
/// A record is made at most this long after its call arrived: long-polls are shorter, clocks of coordinators differ less.
const CALL_MAX: Duration = Duration::from_secs(3600);

/// Which time and data a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// From here on.
    pub start: Time,
    /// Up to here, exclusively.
    pub end: Time,
    /// Jobs of these classes.
    pub classes: Vec<DataClass>,
}

/// What a report looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// From here on: later than was asked for when a bound was reached.
    pub start: Time,
    /// Up to here, exclusively.
    pub end: Time,
    /// Audit records.
    pub records: u64,
    /// Jobs, of whatever class.
    pub jobs: u64,
    /// Attempts.
    pub attempts: u64,
    /// Jobs that were left out for their class.
    pub other_class_jobs: u64,
    /// Whether all that was asked for was looked at.
    pub complete: bool,
}

impl Scope {
    pub(super) fn of(range: &Range) -> Self {
        let Range { start, end, .. } = *range;
        Self { start, end, records: 0, jobs: 0, attempts: 0, other_class_jobs: 0, complete: true }
    }

    /// A bound is reached: nothing older than this was looked at.
    fn stop_at(&mut self, time: Time) {
        self.complete = false;
        self.start = self.start.max(time);
    }
}

/// An attempt with the names of what it tried.
pub(super) struct Sample {
    pub compiled: Arc<Compiled>,
    pub sample: AttemptSample,
}

impl Sample {
    pub fn plan_name(&self) -> &str {
        &self.compiled.record.plan_name
    }

    pub fn step_key(&self) -> &str {
        &self.compiled.graph.node(self.sample.step).step.step_key
    }
}

/// Whether a row holds what a filter asks for; columns are text.
pub(super) fn holds<'r>(filter: &Filter, column: impl Fn(&str) -> Option<&'r str>) -> bool {
    filter.0.iter().all(|term| {
        let same = match &term.value {
            Value::Text(text) => column(&term.field) == Some(text),
            Value::Int(_) => false,
        };
        if term.op == Op::Ne { !same } else { same }
    })
}

/// The least id of a job that was made at this time.
fn first_id(time: Time) -> [u8; 16] {
    let millis = time.0.max(0) / 1_000;
    let mut id = [0; 16];
    id[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    id
}

impl Coordinator {
    /// The jobs of a range, newest first, page by page.
    pub(super) async fn jobs_of(
        &self,
        principal: &Principal,
        range: &Range,
        scope: &mut Scope,
        after: &mut Option<Vec<u8>>,
    ) -> Result<Option<Vec<Job>>> {
        if scope.jobs >= JOBS_MAX || !scope.complete {
            return Ok(None);
        }
        let cursor = after.take().unwrap_or_else(|| first_id(range.end).to_vec());
        let page = Page { size: PAGE, after: Some(cursor) };
        let found = self.shared.reader.list_jobs(&principal.account, &Filter::default(), &page).await?;
        let oldest = JobId(Uuid::from_bytes(first_id(range.start)));
        let all = found.rows.len();
        let mut jobs: Vec<Job> = found.rows.into_iter().take_while(|job| job.id >= oldest).collect();
        let ended = jobs.len() < all || found.next.is_none();
        scope.jobs += jobs.len() as u64;
        if let Some(last) = jobs.last().filter(|_| !ended && scope.jobs >= JOBS_MAX) {
            scope.stop_at(last.create_time);
        }
        if !ended {
            *after = found.next;
        }
        jobs.retain(|job| {
            let asked = range.classes.contains(&job.data_class);
            scope.other_class_jobs += u64::from(!asked);
            asked
        });
        // None of this page may be asked for although older ones are.
        Ok((!jobs.is_empty() || after.is_some()).then_some(jobs))
    }

    /// The attempts of a range, of tasks that ended.
    pub(super) async fn samples(&self, principal: &Principal, range: &Range) -> Result<(Vec<Sample>, Scope)> {
        let (mut scope, mut samples, mut after) = (Scope::of(range), Vec::new(), None);
        'pages: while let Some(jobs) = self.jobs_of(principal, range, &mut scope, &mut after).await? {
            for some in jobs.chunks(JOBS_AT_ONCE) {
                let ids: Vec<JobId> = some.iter().map(|job| job.id).collect();
                let room = ATTEMPTS_MAX - samples.len();
                let found = self.shared.reader.attempt_samples(&ids, room + 1).await?;
                if found.len() > room {
                    scope.stop_at(some.first().map_or(range.end, |job| job.create_time));
                }
                for sample in found.into_iter().take(room) {
                    let Some(job) = some.iter().find(|job| job.id == sample.attempt.job) else { continue };
                    let (reader, account) = (&*self.shared.reader, &principal.account);
                    let compiled = self.shared.catalog.version(reader, account, job.plan_version).await?;
                    samples.push(Sample { compiled, sample });
                }
                if !scope.complete && samples.len() >= ATTEMPTS_MAX {
                    break 'pages;
                }
            }
            if after.is_none() {
                break;
            }
        }
        scope.attempts = samples.len() as u64;
        Ok((samples, scope))
    }

    /// Calls `each` with (user, action, result, time) of the records of a range, newest first.
    pub(super) async fn each_record(
        &self,
        principal: &Principal,
        range: &Range,
        scope: &mut Scope,
        mut each: impl FnMut(&str, &str, &str, Time),
    ) -> Result<()> {
        let mut after = Some(self.shared.ids.sequence_at(range.end.after(CALL_MAX)).to_be_bytes().to_vec());
        while let Some(cursor) = after {
            let page = Page { size: PAGE, after: Some(cursor) };
            let found = self.shared.reader.list_audit_records(&principal.account, &Filter::default(), &page).await?;
            for record in &found.rows {
                if record.start_time.after(CALL_MAX) < range.start {
                    return Ok(());
                }
                scope.records += 1;
                let of_class = record.data_class.is_none_or(|class| range.classes.contains(&class));
                if of_class && record.start_time >= range.start && record.start_time < range.end {
                    each(&record.user_id, &record.action, &record.result, record.start_time);
                }
            }
            after = found.next;
            if after.is_some() && scope.records >= RECORDS_MAX {
                scope.stop_at(found.rows.last().map_or(range.end, |record| record.start_time));
                return Ok(());
            }
        }
        Ok(())
    }

    /// Calls `each` with (user, time) of the jobs of a range that callers started.
    pub(super) async fn each_start(
        &self,
        principal: &Principal,
        range: &Range,
        scope: &mut Scope,
        mut each: impl FnMut(&str, Time),
    ) -> Result<()> {
        let mut after = None;
        // Records may have reached their bound before.
        let complete = std::mem::replace(&mut scope.complete, true);
        while let Some(jobs) = self.jobs_of(principal, range, scope, &mut after).await? {
            for job in jobs.iter().filter(|job| job.lineage.kind == LineageKind::Direct) {
                each(&job.actor.user_id, job.create_time);
            }
            if after.is_none() {
                break;
            }
        }
        scope.complete &= complete;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_store::Term;

    #[test]
    fn ids_bound_a_time() {
        let id = |text: &str| text.parse::<Uuid>().expect("an id");
        let at = Time(id("01932c07-209b-7e9a-8b2c-ffeeddccbbaa").millis() * 1_000);
        assert_eq!(Uuid::from_bytes(first_id(at)), id("01932c07-209b-0000-0000-000000000000"));
        assert_eq!(first_id(Time(i64::MIN)), [0; 16]);
    }

    #[test]
    fn filters_compare_text() {
        let term = |field: &str, op, value: &str| Term { field: field.into(), op, value: Value::Text(value.into()) };
        let column = |name: &str| (name == "code").then_some("X");
        for (terms, expected) in [
            (vec![], true),
            (vec![term("code", Op::Eq, "X")], true),
            (vec![term("code", Op::Ne, "X")], false),
            (vec![term("code", Op::Ne, "Y")], true),
            (vec![term("code", Op::Eq, "X"), term("code", Op::Eq, "Y")], false),
        ] {
            assert_eq!(holds(&Filter(terms.clone()), column), expected, "{terms:?}");
        }
    }
}
