//! ListPlans.

use crate::{
    convert::plan,
    edge::Edge,
    filter::{self, Column, Kind},
    page_token::List,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;

const COLUMNS: &[Column] = &[
    Column { name: "name", kind: Kind::Text },
    Column { name: "project", kind: Kind::Text },
    Column { name: "aggregate_type", kind: Kind::Text },
    Column { name: "labels", kind: Kind::Labels },
];

pub async fn list_plans(edge: &Edge, caller: &Caller, request: v1::ListPlansRequest) -> Answer<v1::ListPlansResponse> {
    let list = List { rpc: "ListPlans", principal: &caller.principal, within: "", filter: &request.filter };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let filter = filter::parse(&request.filter, COLUMNS)?;
    let found = edge.coordinator.reader().list_plans(&caller.principal.account, &filter, &page).await?;
    Ok(v1::ListPlansResponse {
        next_page_token: edge.pages.next(&list, found.next.as_deref()),
        plans: found.rows.into_iter().map(plan::plan_out).collect(),
    })
}
