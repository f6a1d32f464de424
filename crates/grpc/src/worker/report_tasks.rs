//! ReportTasks: each report has its own outcome.

use super::lease_tasks::answer;
use crate::{
    convert::{at::At, check, durability, lease, report, time},
    edge::Edge,
    principal::Caller,
    status::{Answer, Refusal, row},
};
use esteira_contract::v1;
use esteira_coordinator::{
    lease_tasks::LeaseTasks,
    work::{Report, ReportResult},
};
use esteira_model::limits;
use std::{collections::HashSet, time::Duration};

pub async fn report_tasks(
    edge: &Edge,
    caller: &Caller,
    request: v1::ReportTasksRequest,
) -> Answer<v1::ReportTasksResponse> {
    let v1::ReportTasksRequest { worker_id, mut reports, lease } = request;
    let worker_id = check::chosen_id(worker_id, At::Top("worker_id"))?;
    tracing::Span::current().record("worker_id", &worker_id);
    check::count(reports.len(), At::Top("reports"), 1, limits::BATCH_MAX)?;
    one_token_each(&reports)?;
    let ask = lease.map(|lease| ask(lease, &worker_id, caller)).transpose()?;
    let digests = report::digests(&mut reports);
    let mut outcomes = Vec::with_capacity(reports.len());
    let mut readable = Vec::with_capacity(reports.len());
    let at = At::Top("reports");
    for (index, (said, digest)) in reports.into_iter().zip(digests).enumerate() {
        let (lease_token, read) = report::report(edge.coordinator.tokens(), said, digest, at.index(index));
        outcomes.push(v1::ReportOutcome { lease_token, ..v1::ReportOutcome::default() });
        match read {
            Ok(report) => readable.push((index, report)),
            Err(refusal) => refuse(&mut outcomes[index], &refusal),
        }
    }
    let (indexes, reports): (Vec<usize>, Vec<Report>) = readable.into_iter().unzip();
    let (results, leased) = apply(edge, caller, reports, ask).await?;
    for (index, result) in indexes.into_iter().zip(results) {
        tell(&mut outcomes[index], result);
    }
    let lease = match leased {
        None => None,
        // The reports are applied: what goes wrong from here on must not fail the call.
        Some(leased) => Some(answer(edge, caller, &worker_id, leased).await.unwrap_or_default()),
    };
    Ok(v1::ReportTasksResponse { outcomes, lease })
}

type Applied = (Vec<ReportResult>, Option<esteira_coordinator::lease_tasks::Leased>);

async fn apply(edge: &Edge, caller: &Caller, reports: Vec<Report>, ask: Option<LeaseTasks>) -> Answer<Applied> {
    // A drained server leases no more.
    let ask = ask.filter(|_| !edge.drain.is_cancelled());
    if !reports.is_empty() {
        return Ok(edge.coordinator.report_tasks(&caller.principal, reports, ask).await?);
    }
    let leased = match ask {
        Some(ask) => Some(edge.coordinator.lease_tasks(&caller.principal, ask).await?),
        None => None,
    };
    Ok((Vec::new(), leased))
}

/// What to lease in the same call: outcomes must not wait.
fn ask(mut lease: v1::LeaseTasksRequest, worker_id: &str, caller: &Caller) -> Answer<LeaseTasks> {
    let at = At::Top("lease");
    if lease.worker_id.is_empty() {
        worker_id.clone_into(&mut lease.worker_id);
    } else if lease.worker_id != worker_id {
        return Err(Refusal::field(at.field("worker_id"), "is another worker's than the call's"));
    }
    if lease.wait.is_some_and(|wait| wait.seconds != 0 || wait.nanos != 0) {
        return Err(Refusal::field(at.field("wait"), "is not 0: outcomes must not wait"));
    }
    lease.wait = None;
    let ask = lease::ask(lease, caller, at)?;
    Ok(LeaseTasks { wait: Duration::ZERO, ..ask })
}

fn one_token_each(reports: &[v1::TaskReport]) -> Answer<()> {
    if reports.len() == 1 {
        return Ok(());
    }
    let mut seen = HashSet::with_capacity(reports.len());
    match reports.iter().position(|report| !report.lease_token.is_empty() && !seen.insert(report.lease_token.as_str()))
    {
        None => Ok(()),
        Some(index) => Err(Refusal::field(At::Top("reports").index(index).field("lease_token"), "stands there twice")),
    }
}

fn refuse(outcome: &mut v1::ReportOutcome, refusal: &Refusal) {
    outcome.error_reason = refusal.reason.to_owned();
    outcome.error_message = refusal.text();
}

fn tell(outcome: &mut v1::ReportOutcome, result: ReportResult) {
    if let Some((reason, message)) = result.refused {
        outcome.error_reason = row(reason).1.to_owned();
        outcome.error_message = message;
        outcome.capsule_wanted = result.capsule_wanted;
        return;
    }
    outcome.already_applied = result.already_applied;
    outcome.durability = durability::durability(result.held) as i32;
    outcome.will_retry = result.retry_in.is_some();
    outcome.retry_in = result.retry_in.map(time::duration_out);
}
