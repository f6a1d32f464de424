//! VerifyRange.

use super::progress::{Progress, answer};
use crate::{
    convert::{at::At, check},
    edge::Edge,
    page_token::List,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    Reason,
    verify::{Report, STEP, Scope},
};
use std::time::Duration;
use tokio::time::Instant;

/// How long one call works: less than the patience of whoever waits for it.
const BUDGET: Duration = Duration::from_secs(2);

pub async fn verify_range(
    edge: &Edge,
    caller: &Caller,
    request: v1::VerifyRangeRequest,
) -> Answer<v1::VerifyRangeResponse> {
    let from = check::int::<u64>(request.from_index, At::Top("from_index"), 0, i64::MAX)?;
    let to = check::int::<u64>(request.to_index, At::Top("to_index"), 0, i64::MAX)?;
    let within = format!("{from} {to}");
    let list = List { rpc: "VerifyRange", principal: &caller.principal, within: &within, filter: "" };
    let against = edge.coordinator.stand().await?;
    let (size, root) = against.head();
    let progress = Progress::read(edge, &list, &request.page_token)?;
    let (mut at, end) = match &progress {
        Some(progress) => {
            cursor(&progress.cursor).ok_or_else(|| Refusal::new(Reason::PageTokenInvalid, "the token names no leaf"))?
        }
        None => (from, if to == 0 { size } else { to }),
    };
    if end > size || from > end {
        let message = format!("the log that is signed has {size} leaves");
        return Err(Refusal::field(At::Top("to_index"), message));
    }
    let (began, mut report) = (Instant::now(), Report::default());
    while at < end && began.elapsed() < BUDGET {
        report.append(edge.coordinator.check_range(at, end, &against).await?);
        at = end.min(at + STEP);
    }
    let next = (at < end).then(|| [at.to_be_bytes(), end.to_be_bytes()].concat());
    let progress = progress.unwrap_or_else(|| Progress::begin(edge));
    let found = (report, next, (size, root.0));
    let (shown, token) = answer(edge, caller, &list, Scope::Range(from, end), progress, found).await?;
    Ok(v1::VerifyRangeResponse { verification: Some(shown), next_page_token: token })
}

fn cursor(bytes: &[u8]) -> Option<(u64, u64)> {
    let (at, end) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*at), u64::from_be_bytes(end.try_into().ok()?)))
}
