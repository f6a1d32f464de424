//! ListJobs.

use super::view::view_job;
use crate::{
    convert::payload::Bodies,
    edge::Edge,
    filter::{self, Column, Kind},
    fit::Room,
    page_token::List,
    principal::Caller,
    reveals::Reveals,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use esteira_model::{DataClass, JobState, Uuid};
use esteira_store::{Filter, Page, Term, Value};
use futures::{StreamExt, stream};
use prost::Message;
use std::sync::Arc;

const COLUMNS: &[Column] = &[
    Column { name: "state", kind: Kind::Enum { prefix: "JOB_STATE_", knows: |word| word.parse::<JobState>().is_ok() } },
    Column { name: "plan_id", kind: Kind::Id },
    Column { name: "plan_name", kind: Kind::Text },
    Column { name: "plan_version_id", kind: Kind::Id },
    Column {
        name: "data_class",
        kind: Kind::Enum { prefix: "DATA_CLASS_", knows: |word| word.parse::<DataClass>().is_ok() },
    },
    Column { name: "root_job_id", kind: Kind::Id },
    Column { name: "parent_job_id", kind: Kind::Id },
    Column { name: "create_time", kind: Kind::Instant },
    Column { name: "end_time", kind: Kind::Instant },
    Column { name: "labels", kind: Kind::Labels },
];

/// Jobs that are read at the same time.
const AT_ONCE: usize = 4;

pub async fn list_jobs(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::ListJobsRequest,
) -> Answer<v1::ListJobsResponse> {
    let list = List { rpc: "ListJobs", principal: &caller.principal, within: "", filter: &request.filter };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let filter = jobs_filter(edge, caller, &request.filter, caller.principal.data_class).await?;
    let (reader, account) = (edge.coordinator.reader(), &caller.principal.account);
    let mut found = reader.list_jobs(account, &filter, &page).await?;
    let (mut jobs, mut room) = (Vec::with_capacity(found.rows.len()), Room::message());
    let views: Vec<_> = found.rows.iter().map(|job| view_job(edge, caller, job, Bodies::Omitted)).collect();
    let mut views = stream::iter(views).buffered(AT_ONCE);
    while let Some(job) = views.next().await {
        let job = job?;
        if !room.take(job.encoded_len()) {
            break;
        }
        jobs.push(job);
    }
    drop(views);
    if jobs.len() < found.rows.len() && !jobs.is_empty() {
        // A shorter page, with its own cursor.
        found = reader.list_jobs(account, &filter, &Page { size: jobs.len(), ..page }).await?;
    }
    if jobs.reveals() {
        edge.reveal(deed).await?;
    }
    Ok(v1::ListJobsResponse { jobs, next_page_token: edge.pages.next(&list, found.next.as_deref()) })
}

/// Which jobs a filter is about. One that neither says a class nor asks for relatives of a job is about this class.
pub async fn jobs_filter(edge: &Edge, caller: &Caller, text: &str, class: DataClass) -> Answer<Filter> {
    let mut filter = filter::parse(text, COLUMNS)?;
    // INV-LABEL: relatives of a job have its class, whatever the caller's is.
    let says_which = |term: &Term| matches!(term.field.as_str(), "data_class" | "root_job_id" | "parent_job_id");
    if !filter.0.iter().any(says_which) {
        filter.0.push(Term::eq("data_class", class.as_str()));
    }
    by_plan_id(edge, caller, filter).await
}

/// The store knows plans by id.
async fn by_plan_id(edge: &Edge, caller: &Caller, mut filter: Filter) -> Answer<Filter> {
    for term in &mut filter.0 {
        let Term { field, value: Value::Text(name), .. } = term else { continue };
        if field == "plan_name" {
            let plan = edge.coordinator.reader().plan_by_name(&caller.principal.account, name).await?;
            // No plan has the id zero.
            let id = plan.map_or_else(Uuid::default, |plan| plan.id.0);
            *term = Term { field: "plan_id".into(), op: term.op, value: Value::Text(id.to_string()) };
        }
    }
    Ok(filter)
}
