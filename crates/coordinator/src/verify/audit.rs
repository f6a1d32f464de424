//! The data audit: verifies the whole store over and over, a little at a time, so that what was changed is found without anybody
//! asking.

use super::{
    record::{Performed, Scope},
    report::Report,
};
use crate::{
    coordinator::Coordinator,
    error::Result,
    leader::{Lead, RENEW_PERIOD},
    work::Principal,
};
use esteira_ledger::Verdict;
use esteira_model::{AccountId, DataClass};
use std::time::Duration;
use tokio::time::Instant;

/// How long one turn works.
const TURN: Duration = Duration::from_millis(50);
/// A pause is so many times as long as the turn before it: the audit takes 2 % of a core at most.
const PAUSE_FACTOR: u32 = 49;

/// Runs until the coordinator stops: a pass, then nothing until `period` after its beginning.
pub(crate) async fn run(coordinator: Coordinator, period: Duration) {
    let shared = coordinator.shared.clone();
    let lead = shared.is_shared.then(|| Lead::new("audit", &mut shared.ids.clone()));
    let mut next = Instant::now();
    loop {
        let wait = RENEW_PERIOD.min(next.saturating_duration_since(Instant::now()));
        tokio::select! {
            () = tokio::time::sleep(wait.max(TURN)) => {}
            () = shared.stopping.cancelled() => break,
        }
        if !leads(&coordinator, lead).await || Instant::now() < next {
            continue;
        }
        next = Instant::now() + period;
        tokio::select! {
            passed = pass(&coordinator, lead) => if let Err(error) = passed {
                tracing::warn!(%error, "the data audit stopped; it comes again");
            },
            () = shared.stopping.cancelled() => break,
        }
    }
    // Whoever starts next need not wait for the lead to expire.
    if let Some(lead) = lead
        && let Err(error) = coordinator.log_unit(move |unit| Box::pin(async move { Ok(lead.leave(unit).await?) })).await
    {
        tracing::warn!(%error, "the lead of the data audit could not be left; it is free soon");
    }
}

async fn leads(coordinator: &Coordinator, lead: Option<Lead>) -> bool {
    let Some(lead) = lead else { return true };
    let now = coordinator.shared.clock.now();
    coordinator.log_unit(move |unit| Box::pin(async move { Ok(lead.take(unit, now).await?) })).await.unwrap_or(false)
}

async fn pass(coordinator: &Coordinator, lead: Option<Lead>) -> Result<()> {
    let start_time = coordinator.shared.clock.now();
    let (mut all, mut cursor) = (Report::default(), None);
    let head = loop {
        let began = Instant::now();
        let turn = coordinator.check_store(cursor, TURN).await?;
        for flaw in &turn.report.flaws {
            let job = flaw.job.map(|job| job.to_string()).unwrap_or_default();
            tracing::error!(verdict = %flaw.verdict, failing = %flaw.failing, about = flaw.about, index = ?flaw.index, job, "the data audit found a flaw");
        }
        all.append(turn.report);
        if turn.next.is_none() {
            break turn.head;
        }
        cursor = turn.next;
        tokio::time::sleep(began.elapsed() * PAUSE_FACTOR).await;
        if !leads(coordinator, lead).await {
            return Ok(());
        }
    };
    let verdict = all.verdict();
    if all.failed == 0 || verdict == Verdict::Unknown {
        tracing::info!(checked = all.checked, %verdict, "the data audit has passed");
    }
    let auditor = Principal {
        account: AccountId::new("default"),
        user_id: "data-audit".into(),
        credential_id: String::new(),
        data_class: DataClass::Production,
    };
    let performed = Performed::of(Scope::All, &all, head, start_time);
    coordinator.record_verification(&auditor, &performed).await
}
