//! PurgeJobs.

use crate::{
    convert::{at::At, check, enums, removal::certificate_out, verification::count},
    edge::Edge,
    job::list_jobs::jobs_filter,
    page_token::List,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    audit::Deed,
    purge::Applied,
    removal::{PurgeJobs, refuse_production},
};
use esteira_model::{JobId, Uuid, limits};
use esteira_store::Term;
use std::sync::Arc;

pub async fn purge_jobs(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::PurgeJobsRequest,
) -> Answer<v1::PurgeJobsResponse> {
    let class_at = At::Top("data_class");
    let data_class = check::required(enums::data_class(request.data_class, class_at)?, class_at)?;
    refuse_production(data_class)?;
    let reason = check::required_reason(request.reason, At::Top("reason"))?;
    deed.because(&reason);
    deed.of_class(data_class);
    if request.filter.trim().is_empty() {
        return Err(Refusal::field(At::Top("filter"), "is required: say which jobs"));
    }
    // A confirmation is good for the class and the filter that it was given for, and for this account.
    let confirmed = List {
        rpc: "PurgeJobs/confirmation",
        principal: &caller.principal,
        within: data_class.as_str(),
        filter: &request.filter,
    };
    if request.dry_run {
        deed.choose("DRY_RUN");
        let list = List { rpc: "PurgeJobs", ..confirmed };
        let mut page = edge.pages.page(&list, request.page_size, &request.page_token)?;
        page.size = page.size.min(limits::BATCH_MAX);
        let mut filter = jobs_filter(edge, caller, &request.filter, data_class).await?;
        // Whatever class the filter names.
        filter.0.push(Term::eq("data_class", data_class.as_str()));
        edge.coordinator.record_begin(deed).await?;
        let would = edge.coordinator.would_purge(&caller.principal, data_class, &filter, &page).await?;
        let ids: Vec<u8> = would.roots.iter().flat_map(|root| *root.0.as_bytes()).collect();
        let confirmation = edge.pages.next(&confirmed, (!ids.is_empty()).then_some(ids.as_slice()));
        let next_page_token = edge.pages.next(&list, would.next.as_deref());
        return Ok(v1::PurgeJobsResponse { confirmation, next_page_token, ..applied_out(&would.applied) });
    }
    let ids = edge.pages.read(&confirmed, &request.confirmation).ok_or_else(|| {
        let message = "is not of a dry run of this class and filter: make one, and look at what it counts";
        Refusal::field(At::Top("confirmation"), message)
    })?;
    let roots = ids.as_chunks::<16>().0.iter().map(|id| JobId(Uuid::from_bytes(*id))).collect();
    edge.coordinator.record_begin(deed).await?;
    let ask = PurgeJobs { data_class, roots, reason };
    let purged = edge.coordinator.recording(deed).purge_jobs(&caller.principal, ask).await?;
    tracing::info!(jobs = purged.applied.removed.jobs, user = caller.principal.user_id, "jobs are purged");
    Ok(v1::PurgeJobsResponse {
        certificates: purged.certificates.iter().map(certificate_out).collect(),
        ..applied_out(&purged.applied)
    })
}

fn applied_out(applied: &Applied) -> v1::PurgeJobsResponse {
    v1::PurgeJobsResponse {
        jobs: count(applied.removed.jobs),
        tasks: count(applied.removed.tasks),
        artifacts: count(applied.removed.artifacts),
        bytes: count(applied.removed.bytes),
        held_open: count(applied.open),
        held_undelivered: count(applied.undelivered),
        held_referred: count(applied.referred),
        ..Default::default()
    }
}
