//! ListPlanVersions.

use super::get_plan;
use crate::{
    convert::{
        at::At,
        plan::{self, Document, plan_key},
    },
    edge::Edge,
    filter::{self, Column, Kind},
    page_token::List,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;

const COLUMNS: &[Column] = &[Column { name: "version", kind: Kind::Int }];

pub async fn list_plan_versions(
    edge: &Edge,
    caller: &Caller,
    request: v1::ListPlanVersionsRequest,
) -> Answer<v1::ListPlanVersionsResponse> {
    let key = plan_key!(request.plan, v1::list_plan_versions_request::Plan, At::Root)?;
    let filter = filter::parse(&request.filter, COLUMNS)?;
    let plan = get_plan::read(edge, &caller.principal, &key).await?;
    let within = plan.id.to_string();
    let list = List { rpc: "ListPlanVersions", principal: &caller.principal, within: &within, filter: &request.filter };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let found =
        edge.coordinator.reader().list_plan_versions(&caller.principal.account, plan.id, &filter, &page).await?;
    Ok(v1::ListPlanVersionsResponse {
        next_page_token: edge.pages.next(&list, found.next.as_deref()),
        versions: found.rows.into_iter().map(|version| plan::version_out(version, Document::Omitted)).collect(),
    })
}
